package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.ext.web.client.HttpRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tabs and monitors that nobody looks at, at a sandbox that sleeps. */
class ReconnectingTest {
    private static final int EACH = 100;

    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger odd = new AtomicInteger();
    private final AtomicInteger under = new AtomicInteger();
    private final AtomicBoolean enough = new AtomicBoolean();
    private Rig rig;
    private WebSocketClient sockets;
    private String session;

    @BeforeEach
    void start() {
        rig = Rig.with();
        sockets = rig.vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(EACH));
        session = rig.paused();
    }

    @AfterEach
    void stop() throws IOException {
        enough.set(true);
        Rig.eventually("all have ended", () -> under.get() == 0);
        await(sockets.close());
        rig.close();
    }

    @Test
    void twoHundredReconnectingSocketsAndPollersWakeNothingAndOnePostWakesOnce() {
        nobodyWakes(() -> refused.get() >= 5 * 2 * EACH);
    }

    @Tag("slow")
    @Test
    void forAMinuteTwoHundredReconnectingSocketsAndPollersWakeNothingAndOnePostWakesOnce() {
        AtomicBoolean over = new AtomicBoolean();
        rig.vertx.setTimer(Duration.ofSeconds(60).toMillis(), t -> over.set(true));
        // Rig's own patience ends before.
        nobodyWakes(() -> {
            while (!over.get()) {
                LockSupport.parkNanos(1_000_000);
            }
            return true;
        });
    }

    private void nobodyWakes(BooleanSupplier longEnough) {
        for (int i = 0; i < EACH; i++) {
            reconnect();
            poll(i);
        }
        Rig.eventually("it went on for long", longEnough);

        assertThat(odd).hasValue(0);
        assertThat(rig.upstream.calls("POST /resume")).isZero();
        assertThat(await(rig.gateway.act(rig.runtime(session), "wake")).statusCode())
                .isEqualTo(200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(rig.upstream.session(session).commands()).containsExactly("wake");
    }

    private void reconnect() {
        under.incrementAndGet();
        sockets.connect(new WebSocketConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(rig.port())
                        .setURI(rig.path(session, "/sockets/events/x")))
                .onComplete(done -> {
                    if (done.succeeded()) {
                        done.result().close().onFailure(gone -> {});
                    }
                    again(
                            done.cause() instanceof UpgradeRejectedException rejected ? rejected.getStatus() : 0,
                            this::reconnect);
                });
    }

    private void poll(int kind) {
        under.incrementAndGet();
        HttpRequest<Buffer> request = switch (kind % 4) {
            case 0 -> rig.gateway.request(HttpMethod.GET, rig.path(session, "/alive"));
            case 1 ->
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/state")).putHeader("Sec-Fetch-Mode", "cors");
            case 2 ->
                rig.gateway
                        .request(HttpMethod.OPTIONS, rig.path(session, "/state"))
                        .putHeader("Access-Control-Request-Method", "POST");
            default ->
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/state")).putHeader("X-Reveille-Wake", "no");
        };
        request.send().onComplete(done -> again(done.succeeded() ? done.result().statusCode() : -1, () -> poll(kind)));
    }

    /** After a while, as those do. While nothing has woken the sandbox they are told 503. */
    private void again(int status, Runnable next) {
        if (status == 503) {
            refused.incrementAndGet();
        } else if (rig.upstream.calls("POST /resume") == 0) {
            odd.incrementAndGet();
        }
        Future<?> pause = enough.get() || status != 503
                ? Future.failedFuture("enough")
                : rig.vertx.timer(20, java.util.concurrent.TimeUnit.MILLISECONDS);
        pause.onComplete(v -> {
            under.decrementAndGet();
            if (v.succeeded()) {
                next.run();
            }
        });
    }
}
