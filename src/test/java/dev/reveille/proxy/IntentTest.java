package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(VertxExtension.class)
class IntentTest {
    private static int port;

    @BeforeAll
    static void start(Vertx vertx) {
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
                .requestHandler(request -> request.response()
                        .putHeader(
                                "X-Intent",
                                Intent.of(request, SandboxPath.of(request.uri()).orElseThrow())
                                        .name())
                        .end());
        port = await(server.listen(0, "127.0.0.1")).actualPort();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET     | runtime/x           |                                     | WAKES",
                "POST    | runtime/x           |                                     | WAKES",
                "DELETE  | runtime/x           |                                     | WAKES",
                "HEAD    | runtime/x           |                                     | WAKES",
                "GET     | runtime/alive       |                                     | IGNORES",
                "GET     | runtime/alive?x=1   |                                     | IGNORES",
                "HEAD    | runtime/health      |                                     | IGNORES",
                "GET     | runtime/ready       |                                     | IGNORES",
                "GET     | runtime/server_info |                                     | IGNORES",
                "GET     | runtime/alive/x     |                                     | WAKES",
                "GET     | work-1/health       |                                     | WAKES",
                "POST    | runtime/alive       |                                     | WAKES",
                "OPTIONS | runtime/x           | Access-Control-Request-Method: POST | IGNORES",
                "OPTIONS | runtime/x           |                                     | WAKES",
                "GET     | runtime/x           | Upgrade: websocket                  | USES",
                "GET     | runtime/x           | Upgrade: h2c                        | WAKES",
                "GET     | work-1/app.js       | Sec-Fetch-Mode: no-cors             | USES",
                "GET     | work-1/data         | Sec-Fetch-Mode: cors                | USES",
                "GET     | work-1/             | Sec-Fetch-Mode: navigate            | WAKES",
                "POST    | work-1/form         | Sec-Fetch-Mode: cors                | WAKES",
                "GET     | work-1/             | Sec-Purpose: prefetch               | USES",
                "GET     | work-1/             | Purpose: prefetch                   | USES",
                "GET     | runtime/alive       | X-Reveille-Wake: yes                | WAKES",
                "GET     | runtime/x           | X-Reveille-Wake: no                 | USES",
                "POST    | runtime/x           | X-Reveille-Wake: nonsense           | USES",
            })
    void aRequestMeansWhatItsHeadSays(String method, String path, String header, Intent expected) throws IOException {
        try (Line client = Line.to(port)) {
            client.send(method + " /rt1/" + path + " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\n"
                    + (header == null ? "" : header + "\r\n") + "\r\n");
            assertThat(client.head().field("X-Intent")).isEqualTo(expected.name());
        }
    }
}
