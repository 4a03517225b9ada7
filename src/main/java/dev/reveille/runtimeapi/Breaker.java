package dev.reveille.runtimeapi;

import dev.reveille.config.BreakerSettings;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.circuitbreaker.CircuitBreakerState;
import io.vertx.circuitbreaker.OpenCircuitException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives an ailing upstream a rest. Closed: calls pass. After so many failures within the window it opens: no call is made
 * until the reset time is over. Then it is half open: one call passes, and its outcome closes or opens it again.
 */
final class Breaker {
    private static final Logger LOG = LoggerFactory.getLogger(Breaker.class);

    /** Vert.x counts failures in buckets of whole seconds. */
    private static final long SHORTEST_WINDOW_MILLIS = 1000;

    private final CircuitBreaker circuit;
    private final BreakerSettings settings;
    private final AtomicBoolean reportedOpen = new AtomicBoolean();
    private volatile long openedAt;
    private volatile long changedAt = System.nanoTime();

    Breaker(Vertx vertx, BreakerSettings settings) {
        this.settings = settings;
        CircuitBreakerOptions options = new CircuitBreakerOptions()
                .setMaxFailures(settings.failures())
                .setFailuresRollingWindow(
                        Math.max(SHORTEST_WINDOW_MILLIS, settings.window().toMillis()))
                .setResetTimeout(settings.reset().toMillis())
                // The calls have a timeout of their own, which also cuts the connection.
                .setTimeout(-1);
        this.circuit = CircuitBreaker.create("runtime-api", vertx, options)
                .openHandler(v -> opened())
                .halfOpenHandler(v -> changedAt = System.nanoTime())
                .closeHandler(v -> closed());
    }

    /** Fails as the call does, or as {@code UNREACHABLE} without making it. */
    <T> Future<T> around(Supplier<Future<T>> call) {
        return circuit.<AsyncResult<T>>execute(() -> call.get().transform(Breaker::judge))
                .recover(cause -> Future.failedFuture(cause instanceof OpenCircuitException ? rest() : cause))
                .compose(result -> result.succeeded()
                        ? Future.succeededFuture(result.result())
                        : Future.failedFuture(result.cause()));
    }

    /** Makes a call that is not counted, since it says little of upstream, unless upstream is given a rest. */
    <T> Future<T> unlessOpen(Supplier<Future<T>> call) {
        return state() == CircuitBreakerState.OPEN ? Future.failedFuture(rest()) : call.get();
    }

    /** What the circuit is to see: whatever upstream answered counts as a success. */
    private static <T> Future<AsyncResult<T>> judge(AsyncResult<T> result) {
        boolean innocent = result.cause() instanceof RuntimeApiException failure && !failure.isUpstreamDown();
        return result.succeeded() || innocent ? Future.succeededFuture(result) : Future.failedFuture(result.cause());
    }

    /** How it stands, for people. */
    BreakerReport report() {
        String word = switch (state()) {
            case CLOSED -> "closed";
            case OPEN -> "open";
            case HALF_OPEN -> "half-open";
        };
        return new BreakerReport(word, Duration.ofNanos(System.nanoTime() - changedAt));
    }

    CircuitBreakerState state() {
        return circuit.state();
    }

    void close() {
        circuit.close();
    }

    private RuntimeApiException rest() {
        Duration left = settings.reset().minusNanos(System.nanoTime() - openedAt);
        return RuntimeApiException.breakerOpen(
                left.isNegative() || state() == CircuitBreakerState.HALF_OPEN
                        ? "it is being tried again now"
                        : "it will be tried again in " + Math.max(1, left.toMillis()) + " ms");
    }

    /** A trial that failed opens it again; only the first time is news. */
    private void opened() {
        openedAt = System.nanoTime();
        changedAt = openedAt;
        if (reportedOpen.compareAndSet(false, true)) {
            LOG.warn(
                    "upstream breaker=closed→open failures={} retry={}ms",
                    settings.failures(),
                    settings.reset().toMillis());
        } else {
            LOG.debug("upstream breaker=half-open→open");
        }
    }

    private void closed() {
        changedAt = System.nanoTime();
        if (reportedOpen.compareAndSet(true, false)) {
            LOG.warn("upstream breaker=open→closed");
        }
    }
}
