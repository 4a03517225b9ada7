package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.TestSettings;
import dev.reveille.http.ClientStream;
import dev.reveille.http.HttpListeners;
import dev.reveille.http.Transport;
import dev.reveille.testing.Line;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory of the pool that a connection has read into is given back when it ends, whatever of it nobody has taken. */
class LetGoTest {
    /** More than a request that is paused takes itself. */
    private static final String CHUNKS = ("5dc\r\n" + "x".repeat(1500) + "\r\n").repeat(60);

    private static final String FIRST = "GET /first HTTP/1.1\r\nHost: gw\r\n\r\n";

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    private final PooledByteBufAllocator pool = new PooledByteBufAllocator(true);
    private final CompletableFuture<HttpServerRequest> first = new CompletableFuture<>();
    private final CompletableFuture<HttpServerRequest> second = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    @AfterEach
    void stop() {
        await(vertx.close());
    }

    /** All that is read behind the first request comes from {@link #pool}. */
    private Line client(Consumer<HttpServerRequest> served) {
        HttpServer server = new HttpListeners(
                        vertx, TestSettings.of().http(), Duration.ofMinutes(1), 64 * 1024, Optional.empty())
                .create(request -> {
                    if (!first.isDone()) {
                        Transport.handler(request.connection())
                                .channel()
                                .config()
                                .setAllocator(pool);
                        request.connection().closeHandler(v -> closed.complete(null));
                        first.complete(request);
                    } else {
                        second.complete(request);
                    }
                    served.accept(request);
                });
        return Line.to(await(server.listen(0, "127.0.0.1")).actualPort());
    }

    private boolean isInUse() {
        return pool.pinnedDirectMemory() > 0;
    }

    @Test
    void whatCameBehindARequestThatWasNeverAnswered() throws IOException {
        try (Line client = client(request -> {})) {
            client.send(FIRST);
            Rig.get(first);
            client.send("POST /second HTTP/1.1\r\nHost: gw\r\nContent-Length: 400000\r\n\r\n");
            client.send(new byte[60_000]);
            Rig.eventually("it is read", this::isInUse);
        }
        Rig.get(closed);
        Rig.eventually("all is given back", () -> !isInUse());
        assertThat(second).isNotDone();
    }

    @Test
    void whatCameOfABodyThatNobodyHasBegunToTake() throws IOException {
        try (Line client = client(request -> {
            if (request.path().equals("/first")) {
                request.response().end();
            } else {
                request.pause();
            }
        })) {
            client.send(FIRST);
            assertThat(client.head().status()).isEqualTo(200);
            client.send("POST /second HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS);
            Rig.get(second);
            Rig.eventually("it is read", this::isInUse);
        }
        Rig.get(closed);
        Rig.eventually("all is given back", () -> !isInUse());
    }

    @Test
    void whatCameOfABodyThatWasWithheldAndNobodyWants() throws IOException {
        CompletableFuture<InboundBody> body = new CompletableFuture<>();
        try (Line client = client(request -> {
            if (request.path().equals("/first")) {
                request.response().end();
            } else {
                body.complete(new InboundBody(request, ClientStream.of(request), 1024));
            }
        })) {
            client.send(FIRST);
            assertThat(client.head().status()).isEqualTo(200);
            client.send(
                    "POST /second HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + CHUNKS);
            InboundBody unwanted = Rig.get(body);
            Rig.eventually("it is read", this::isInUse);
            Transport.handler(Rig.get(second).connection()).executor().execute(() -> {
                Rig.get(second)
                        .response()
                        .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
                        .setStatusCode(404)
                        .end();
                unwanted.discard(vertx);
            });
            assertThat(client.head().status()).isEqualTo(404);
            Rig.eventually("all is given back", () -> !isInUse());
            assertThat(closed).isNotDone();
        }
    }
}
