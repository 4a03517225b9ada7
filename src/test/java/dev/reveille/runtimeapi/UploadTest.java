package dev.reveille.runtimeapi;

import static dev.reveille.runtimeapi.Upstream.KEY;
import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.TestSettings;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Either side may stop moving. */
@ExtendWith(VertxExtension.class)
class UploadTest {
    private static final int MIB = 1 << 20;
    private static final int WHOLE = 64 * MIB;

    private final Promise<HttpServerRequest> asked = Promise.promise();
    private final Promise<Object> outcome = Promise.promise();
    private Vertx vertx;
    private HttpServer upstream;
    private HttpServer front;
    private Caller caller;
    private NetSocket client;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
    }

    @AfterEach
    void stop() {
        await(upstream.close());
        await(front.close());
        await(caller.close());
    }

    /** A client that is connected, in front of an upstream that does {@code script}. */
    private void between(Handler<HttpServerRequest> script, Duration silence) {
        upstream = await(vertx.createHttpServer()
                .requestHandler(request -> {
                    script.handle(request);
                    asked.complete(request);
                })
                .listen(0, "127.0.0.1"));
        URI base = URI.create("http://127.0.0.1:" + upstream.actualPort());
        Discretion discretion = new Discretion(base);
        caller = new Caller(
                vertx,
                base,
                TestSettings.of().upstream(),
                new SimpleMeterRegistry(),
                RandomGenerator.getDefault(),
                discretion);
        PassThrough passThrough = new PassThrough(vertx, caller, discretion, silence);
        front = await(vertx.createHttpServer()
                .requestHandler(request -> passThrough
                        .build(KEY, request, Promise.promise().future())
                        .onComplete(done -> outcome.tryComplete(done.succeeded() ? done.result() : done.cause())))
                .listen(0, "127.0.0.1"));
        NetClient net = vertx.createNetClient();
        client = await(net.connect(front.actualPort(), "127.0.0.1"));
    }

    private Future<Void> announce(int bytes) {
        return client.write("POST /build HTTP/1.1\r\nHost: x\r\nContent-Length: " + bytes + "\r\n\r\n");
    }

    private GatewayFailure failure() {
        return ((FailureException) await(outcome.future())).failure();
    }

    @Test
    void aClientThatFallsSilentIsNotWaitedForWithoutEnd() {
        Promise<Void> cut = Promise.promise();
        between(request -> request.exceptionHandler(e -> cut.tryComplete()), ofMillis(200));

        await(announce(10));

        assertThat(failure().status()).isEqualTo(400);
        assertThat(failure().detail()).startsWith("body: nothing of it came");
        await(cut.future());
    }

    /** What a request that is paused still has is let go of when its connection closes, and its end is nobody's then. */
    @Test
    void aClientThatLeftBeforeUpstreamWasReachedIsToldSo() {
        between(request -> {}, ofMinutes(1));
        await(front.close());
        front = await(vertx.createHttpServer()
                .requestHandler(request -> {
                    request.pause();
                    Future<Void> gone =
                            Future.future(left -> request.connection().closeHandler(v -> left.complete()));
                    gone.compose(v -> {
                                request.handler(null).endHandler(null).resume();
                                return caller.begin("/build", KEY, Upload.headers(request.headers()));
                            })
                            .compose(out -> new Upload(vertx, request, out, ofMinutes(1)).send(caller::read, gone))
                            .onComplete(done -> outcome.tryComplete(done.cause()));
                })
                .listen(0, "127.0.0.1"));
        client = await(vertx.createNetClient().connect(front.actualPort(), "127.0.0.1"));

        await(announce(0));
        await(client.close());

        assertThat(failure().detail()).startsWith("body: broken off");
    }

    @Test
    void anUpstreamThatDoesNotAnswerIsNotWaitedForWithoutEnd() {
        Promise<Void> cut = Promise.promise();
        between(request -> request.response().closeHandler(v -> cut.tryComplete()), ofMillis(200));

        await(announce(1));
        await(client.write("x"));

        assertThat(failure().code()).isEqualTo("build_timeout");
        assertThat(failure().status()).isEqualTo(504);
        assertThat(failure().detail()).contains("has it all");
        await(cut.future());
    }

    @Test
    void anUpstreamThatTakesNothingIsNotWaitedForWithoutEnd() {
        between(HttpServerRequest::pause, ofSeconds(2));

        await(announce(WHOLE));
        client.write(Buffer.buffer(new byte[WHOLE])).onFailure(cut -> {});

        assertThat(failure().code()).isEqualTo("build_timeout");
        assertThat(failure().detail()).contains("took nothing");
    }

    @Test
    void anUpstreamThatReadsSlowlySlowsTheClientDownAndGetsEverything() {
        AtomicLong taken = new AtomicLong();
        between(HttpServerRequest::pause, ofMinutes(1));
        HttpServerRequest stalled = begun();
        AtomicLong sent = new AtomicLong();
        Promise<Void> full = Promise.promise();
        feed(sent, full);
        await(full.future());

        assertThat(sent.get()).isLessThan(24L * MIB);
        stalled.handler(chunk -> taken.addAndGet(chunk.length()));
        stalled.endHandler(v -> stalled.response().end("{\"build_id\":\"b\"}"));
        stalled.resume();
        assertThat(((PassedAnswer) await(outcome.future())).status()).isEqualTo(200);
        assertThat(taken).hasValue(WHOLE);
    }

    private HttpServerRequest begun() {
        await(announce(WHOLE));
        return await(asked.future());
    }

    /** Writes until the socket takes no more for a while, or all is written. */
    private void feed(AtomicLong sent, Promise<Void> full) {
        Buffer piece = Buffer.buffer(new byte[64 * 1024]);
        if (sent.get() >= WHOLE) {
            return;
        }
        sent.addAndGet(piece.length());
        Future<Void> written = client.write(piece);
        long late = vertx.setTimer(1000, t -> full.tryComplete());
        written.onSuccess(v -> {
            vertx.cancelTimer(late);
            feed(sent, full);
        });
        written.onFailure(cut -> vertx.cancelTimer(late));
    }
}
