package dev.reveille.api;

import static dev.reveille.api.Front.ACME;
import static dev.reveille.api.RawConnection.head;
import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.RawConnection.Answer;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A build goes through as a stream. */
@ExtendWith(VertxExtension.class)
class BuildsTest {
    private static final String FORM = "Content-Type: multipart/form-data; boundary=\"a b\"";
    private static final String YES = "{\"build_id\": \"b-1\"}";
    private static final int MIB = 1 << 20;

    private volatile Handler<HttpServerRequest> script;
    private HttpServer upstream;
    private Front front;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = await(
                vertx.createHttpServer().requestHandler(r -> script.handle(r)).listen(0, "127.0.0.1"));
        front = Front.before(URI.create("http://127.0.0.1:" + upstream.actualPort()));
    }

    @AfterEach
    void stop() {
        front.close();
        await(upstream.close());
    }

    @Test
    void aBodyOfAnnouncedLengthGoesThroughAsItIs() {
        Promise<HttpServerRequest> asked = Promise.promise();
        Promise<Buffer> body = Promise.promise();
        script = request -> {
            asked.complete(request);
            request.body().onComplete(body);
            request.endHandler(v -> answer(request, 200, YES));
        };

        Answer built = front.post(
                "//build",
                new byte[3 * MIB],
                FORM,
                "Cookie: a=b",
                "Connection: X-Hop",
                "X-Hop: 1",
                "Authorization: Bearer acme-key",
                "Proxy-Authorization: x",
                "TE: trailers",
                "X-Request-Id: r7",
                "User-Agent: python-httpx/0.28.1");

        assertThat(built.status()).isEqualTo(200);
        assertThat(built.body()).isEqualTo(YES);
        HttpServerRequest request = await(asked.future());
        assertThat(request.method() + " " + request.uri()).isEqualTo("POST /build");
        assertThat(request.getHeader("Content-Type")).isEqualTo("multipart/form-data; boundary=\"a b\"");
        assertThat(request.getHeader("Content-Length")).isEqualTo("" + 3 * MIB);
        assertThat(request.getHeader("X-API-Key")).isEqualTo("up-acme");
        assertThat(request.getHeader("X-Request-Id")).isEqualTo("r7");
        assertThat(request.getHeader("User-Agent")).isEqualTo("python-httpx/0.28.1");
        assertThat(request.headers().names())
                .doesNotContain("Cookie", "X-Hop", "Authorization", "Proxy-Authorization", "TE", "Transfer-Encoding");
        assertThat(await(body.future()).length()).isEqualTo(3 * MIB);
    }

    @Test
    void aChunkedBodyGoesThroughChunked() {
        Promise<HttpServerRequest> asked = Promise.promise();
        script = request -> request.body().onSuccess(body -> {
            asked.complete(request);
            answer(request, 200, "{\"build_id\":\"" + body + "\"}");
        });
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Transfer-Encoding: chunked"))
                    .send("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
            assertThat(client.answer().json().getString("build_id")).isEqualTo("abcde");
            assertThat(await(asked.future()).getHeader("Transfer-Encoding")).isEqualTo("chunked");
            assertThat(await(asked.future()).getHeader("Content-Length")).isNull();
            assertGoesOn(client);
        }
    }

    @Test
    void noBodyAtAllIsUpstreamsAffair() {
        script = request -> request.body().onSuccess(b -> answer(request, 422, "{\"detail\":\"context is missing\"}"));
        Answer refused = front.ask("POST /build");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().getString("detail")).isEqualTo("context is missing");
    }

    @Test
    void aClientThatAsksFirstIsToldToGoOn() {
        script = request -> request.body().onSuccess(b -> answer(request, 200, YES));
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Content-Length: 3", "Expect: 100-continue"));
            assertThat(client.answer().status()).isEqualTo(100);
            assertThat(client.send("abc").answer().body()).isEqualTo(YES);
        }
    }

    @Test
    void aClientThatAsksFirstIsToldAtOnceThatUpstreamIsNotThere() {
        await(upstream.close());
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Content-Length: 3", "Expect: 100-continue"));
            Answer refused = client.answer();
            assertThat(refused.status()).isEqualTo(502);
            assertThat(refused.json().getString("code")).isEqualTo("runtime_api_unavailable");
            assertThat(refused.json().getString("detail")).doesNotContain("127.0.0.1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 413, 429})
    void anEarlyAnswerPassesAtOnceAndTheRestIsNotReadForEver(int status) {
        script = request -> answer(request, status, "{\"detail\":\"too much\"}");
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Content-Length: " + 64L * MIB))
                    .send(new byte[1000]);
            Answer early = client.answer();
            assertThat(early.status()).isEqualTo(status);
            assertThat(early.json().getString("detail")).isEqualTo("too much");
            assertThat(early.headers()).containsEntry("connection", "close");
            assertThat(client.ends()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"500, text/plain, broken", "302, text/plain, ''", "200, text/plain, fine", "200, application/json, [1]"
    })
    void whatIsNoAnswerIsUpstreamsFault(int status, String type, String body) {
        script = request -> request.body()
                .onSuccess(b -> request.response()
                        .setStatusCode(status)
                        .putHeader("Content-Type", type)
                        .end(body));
        Answer refused = front.post("/build", new byte[10], FORM);
        assertThat(refused.status()).isEqualTo(502);
        assertThat(refused.json().getString("code")).isEqualTo("runtime_api_unavailable");
    }

    @Test
    void anUpstreamThatDiesHalfWayIsSaidSo() {
        script = request -> request.handler(first -> request.connection().close());
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Content-Length: " + MIB))
                    .send(new byte[1000]);
            Answer lost = client.answer();
            assertThat(lost.status()).isEqualTo(502);
            assertThat(lost.json().getString("detail")).contains("broke before its answer");
        }
    }

    @Test
    void aClientThatLeavesHalfWayCancelsTheBuild() {
        Promise<Void> begun = Promise.promise();
        Promise<Void> cut = Promise.promise();
        script = request -> {
            request.exceptionHandler(e -> cut.tryComplete());
            request.handler(first -> begun.tryComplete());
        };
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Content-Length: " + MIB))
                    .send(new byte[1000]);
            await(begun.future());
        }
        await(cut.future());
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerCancelsTheBuild() {
        Promise<Void> begun = Promise.promise();
        Promise<Void> cut = Promise.promise();
        script = request -> {
            request.response().closeHandler(v -> cut.tryComplete());
            request.endHandler(v -> begun.tryComplete());
        };
        try (RawConnection client = front.connect()) {
            client.send(head("POST /build", ACME, FORM, "Content-Length: 3")).send("abc");
            await(begun.future());
        }
        await(cut.future());
    }

    private static void answer(HttpServerRequest request, int status, String json) {
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(json)
                .onFailure(gone -> {});
    }

    private static void assertGoesOn(RawConnection client) {
        assertThat(client.send(head("GET /health")).answer().status()).isEqualTo(200);
    }
}
