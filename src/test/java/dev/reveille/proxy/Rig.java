package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Line;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.LoggerFactory;

/** A gateway in front of a scripted runtime API, one sandbox that is played by hand, and an ear for what is logged. */
final class Rig implements AutoCloseable {
    private static final long PATIENCE_NANOS = SECONDS.toNanos(15);
    private static final long BETWEEN_LOOKS_NANOS = MILLISECONDS.toNanos(1);

    final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    final FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
    final HandSandbox hand = new HandSandbox();
    final TestGateway gateway;
    private final AtomicInteger sessions = new AtomicInteger();
    private final ListAppender<ILoggingEvent> heard = new ListAppender<>();
    private boolean handOpen;

    private Rig(String... settings) {
        gateway = TestGateway.before(upstream, vertx, settings);
        heard.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(heard);
    }

    static Rig with(String... settings) {
        return new Rig(settings);
    }

    int port() {
        return gateway.port();
    }

    /** The path of something in the sandbox that is played by hand. */
    String hand(String path) {
        if (!handOpen) {
            handOpen = true;
            served("hand", hand.url());
        }
        return "/hand/runtime" + path;
    }

    /** A running sandbox of that name at {@code url}. @return the path to it */
    String served(String runtime, String url) {
        served(runtime, url, new JsonObject());
        return "/" + runtime + "/runtime";
    }

    /** The same for one that lives, with an app at {@code app}. @return the path to the app */
    String servedWithApp(String runtime, String app) {
        served(runtime, hand.url(), new JsonObject().put(app, 12000));
        return "/" + runtime + "/work-1";
    }

    private void served(String runtime, String url, JsonObject workHosts) {
        JsonObject record = new JsonObject()
                .put("runtime_id", runtime)
                .put("url", url)
                .put("work_hosts", workHosts)
                .put("status", "running")
                .put("pod_status", "ready");
        upstream.on("POST", "/start").answersJson(record).then(200);
        gateway.open("s-" + runtime, new JsonObject());
        upstream.on("GET", "/sessions/s-" + runtime).answersJson(record);
    }

    /** The session of a running sandbox of its own. */
    String running() {
        return running(new JsonObject());
    }

    String running(JsonObject spec) {
        hand("");
        String session = "s-" + sessions.incrementAndGet();
        int status = gateway.open(session, spec).statusCode();
        if (status != 201) {
            throw new AssertionError("opening " + session + " answered " + status);
        }
        return session;
    }

    /** The same for one that is played by hand, which the runtime API can pause and resume. */
    String runningByHand() {
        hand("");
        String session = "s-" + sessions.incrementAndGet();
        upstream.session(session).tells("url", hand.url());
        gateway.open(session, new JsonObject());
        return session;
    }

    /** The session of a sandbox of its own that sleeps, and of which the gateway knows it. */
    String paused() {
        String session = running();
        gateway.post(session, "pause");
        return session;
    }

    String runtime(String session) {
        return upstream.session(session).runtimeId();
    }

    /** The path of something in that session's sandbox. */
    String path(String session, String rest) {
        return "/" + runtime(session) + "/runtime" + rest;
    }

    Line client() {
        return Line.to(port());
    }

    /** The value of that series of the node's metrics; 0 if there is none. */
    double metric(String series) {
        return await(gateway.admin("/metrics").send())
                .bodyAsString()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElse(0);
    }

    double requests(String outcome) {
        return metric("reveille_requests_seconds_count{outcome=\"" + outcome + "\",service=\"runtime\"}");
    }

    /** Returns once {@code condition} holds, which each look may bring about. */
    static void eventually(String what, BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > PATIENCE_NANOS) {
                throw new AssertionError("never came true: " + what);
            }
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
        }
    }

    /** The value once it has stayed the same for a while: whoever counts is stuck. */
    static long settled(AtomicLong counter) {
        long[] seen = {-1, System.nanoTime()};
        eventually("stuck", () -> {
            if (counter.get() != seen[0]) {
                seen[0] = counter.get();
                seen[1] = System.nanoTime();
            }
            return seen[0] > 0 && System.nanoTime() - seen[1] > 400_000_000L;
        });
        return seen[0];
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(15, SECONDS);
        } catch (Exception e) {
            throw new AssertionError("did not happen", e);
        }
    }

    /** Warnings and errors since the last call. */
    List<String> complaints() {
        List<ILoggingEvent> all;
        synchronized (heard) {
            all = List.copyOf(heard.list);
            heard.list.clear();
        }
        return all.stream()
                .filter(e -> e.getLevel().isGreaterOrEqual(Level.WARN))
                .map(e -> e.getLoggerName() + ": " + e.getFormattedMessage()
                        + (e.getThrowableProxy() == null
                                ? ""
                                : " " + e.getThrowableProxy().getClassName()))
                .toList();
    }

    @Override
    public void close() throws IOException {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(heard);
        hand.close();
        gateway.close();
        upstream.close();
        await(vertx.close());
    }
}
