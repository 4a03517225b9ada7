package dev.reveille.http;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.HttpSettings;
import dev.reveille.config.TestSettings;
import dev.reveille.testing.Line;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener that speaks HTTP/2 without TLS is as strict with HTTP/1 as others, from the first request on. */
class BothVersionsTest {
    private static final Vertx VERTX = Vertx.vertx();

    private static HttpServer server;
    private static HttpServer hasty;

    @BeforeAll
    static void start() {
        server = listening("http.head-timeout=1m");
        hasty = listening("http.head-timeout=1s");
    }

    private static HttpServer listening(String setting) {
        HttpSettings http = TestSettings.of(setting).http();
        StrictHttp1 strict = new StrictHttp1(http, 64 * 1024);
        return await(BothVersions.of(VERTX, new HttpServerOptions(), Patience.of(http), Long.MAX_VALUE)
                .connectionHandler(strict::guard)
                .invalidRequestHandler(InvalidRequest::refuse)
                .requestHandler(BothVersionsTest::echo)
                .listen(0, "127.0.0.1"));
    }

    @AfterAll
    static void stop() {
        await(VERTX.close());
    }

    private static void echo(HttpServerRequest request) {
        StrictHttp1.serving(request);
        request.body()
                .onSuccess(body -> request.response()
                        .end(Buffer.buffer(request.version() + " " + request.method() + " ")
                                .appendBuffer(body)));
    }

    @Test
    void http2IsSpokenToWhoBeginsWithIt() {
        HttpClient client = VERTX.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));

        Buffer answer = await(client.request(HttpMethod.PUT, server.actualPort(), "127.0.0.1", "/")
                .compose(request -> request.send("hello").compose(response -> response.body())));

        assertThat(answer.toString()).isEqualTo("HTTP_2 PUT hello");
        await(client.close());
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PRI", "PRIME", "GET", "get"})
    void http1IsSpokenToAllOthers(String method) throws IOException {
        try (Line client = Line.to(server.actualPort())) {
            for (int i = 0; i < 2; i++) {
                client.send(method + " /x HTTP/1.1\r\nHost: gw\r\nContent-Length: 5\r\n\r\nhel");
                client.send("lo");
                Line.Head answer = client.head();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(client.body(answer)).isEqualTo("HTTP_1_1 " + method + " hello");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"G, ET / HTTP/1.1, 200", "P, OST / HTTP/1.1, 200", "PRI, ME / HTTP/1.1, 200", "PRI * HTTP, /1.1, 400"})
    void whatComesInPiecesIsPutTogether(String first, String rest, int status) throws IOException {
        try (Line client = Line.to(server.actualPort())) {
            client.send(first).send(rest + "\r\nHost: gw\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'\0GET / HTTP/1.1~Host: gw~~', 400",
        "GET / HTTP/1.1~~, 400",
        "PRI * HTTP/2.0~~XX~~, 505",
        "POST / HTTP/1.1~Host: gw~Content-Length: 5~Transfer-Encoding: chunked~~0~~, 400"
    })
    void theFirstRequestIsRefusedToo(String request, int status) throws IOException {
        try (Line client = Line.to(server.actualPort())) {
            client.send(request.replace("~", "\r\n"));
            Line.Head refused = client.head();
            assertThat(refused.status()).isEqualTo(status);
            client.body(refused);
            assertThat(client.rest()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "P", "PRI * HTTP/2.0\r\n\r\n"})
    void whoDoesNotSayWhatIsSpokenIsClosed(String said) throws IOException {
        try (Line client = Line.to(hasty.actualPort())) {
            client.send(said);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void halfAHeadIsAnswered() throws IOException {
        try (Line client = Line.to(hasty.actualPort())) {
            client.send("GET / HTTP/1.1\r\n");
            assertThat(client.head().status()).isEqualTo(408);
            client.awaitEnd();
        }
    }
}
