package dev.reveille.proxy;

import dev.reveille.config.Settings;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bounds of how many requests may wait for sandboxes, on this node: in all, per tenant and per session. Shared by all
 * event loops.
 */
public final class Holds {
    private final Settings.Hold limits;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<String, Integer> perTenant = new ConcurrentHashMap<>();
    private final Map<String, Integer> perSession = new ConcurrentHashMap<>();
    private final WakeTimes wakeTimes = new WakeTimes();
    private volatile boolean closed;

    public Holds(Settings.Hold limits, MeterRegistry meters) {
        this.limits = limits;
        Gauge.builder("reveille.holds", all, AtomicInteger::get)
                .description("Requests that wait for their sandbox")
                .register(meters);
    }

    /** From now on nobody may begin to wait: this node is about to leave. */
    public void close() {
        closed = true;
    }

    /** How long wakes take, as far as this node has seen. */
    WakeTimes wakeTimes() {
        return wakeTimes;
    }

    /** @return why the request may not wait; empty if it now does, and {@link #leave} has to follow */
    Optional<GatewayFailure> enter(Route route) {
        if (closed) {
            return Optional.of(
                    new GatewayFailure.ShuttingDown("this node is about to leave; try again", Duration.ofSeconds(1)));
        }
        if (all.incrementAndGet() > limits.perNode()) {
            all.decrementAndGet();
            return Optional.of(full("this node"));
        }
        if (!grown(perTenant, tenant(route), limits.perTenant())) {
            all.decrementAndGet();
            return Optional.of(full("this tenant"));
        }
        if (!grown(perSession, session(route), limits.perSession())) {
            all.decrementAndGet();
            shrunk(perTenant, tenant(route));
            return Optional.of(full("this session"));
        }
        return Optional.empty();
    }

    void leave(Route route) {
        all.decrementAndGet();
        shrunk(perTenant, tenant(route));
        shrunk(perSession, session(route));
    }

    private GatewayFailure full(String whose) {
        return new GatewayFailure.TooManyWaiting(
                "too many requests of " + whose + " wait for sandboxes", wakeTimes.expected());
    }

    private static boolean grown(Map<String, Integer> counts, String name, int limit) {
        boolean[] room = {true};
        counts.compute(name, (n, now) -> {
            int before = now == null ? 0 : now;
            room[0] = before < limit;
            return room[0] ? Integer.valueOf(before + 1) : now;
        });
        return room[0];
    }

    private static void shrunk(Map<String, Integer> counts, String name) {
        counts.computeIfPresent(name, (n, now) -> now <= 1 ? null : now - 1);
    }

    private static String tenant(Route route) {
        return route.session().tenant();
    }

    private static String session(Route route) {
        return route.session().id().value();
    }
}
