package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.Intent;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.testing.Line;
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
        Settings settings = TestSettings.of(
                "proxy.intents.0.match.path=/ruled/poll",
                "proxy.intents.0.intent=ignores",
                "proxy.intents.1.match.path=/ruled/*",
                "proxy.intents.1.match.method=post",
                "proxy.intents.1.intent=uses",
                "proxy.intents.2.match.service=work-2",
                "proxy.intents.2.match.path=*.css",
                "proxy.intents.2.intent=uses",
                "proxy.intents.4.match.header=x-asked-by",
                "proxy.intents.4.match.value=tab*",
                "proxy.intents.4.intent=ignores",
                "proxy.intents.5.match.path=/socket",
                "proxy.intents.5.intent=wakes",
                "proxy.intents.6.match.service=vscode",
                "proxy.intents.6.match.path=/",
                "proxy.intents.6.intent=uses");
        Intents intents = new Intents(settings.proxy().intents());
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
                .requestHandler(request -> request.response()
                        .putHeader(
                                "X-Intent",
                                intents.of(
                                                request,
                                                SandboxPath.of(request.uri()).orElseThrow())
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
                "GET     | runtime/alive       | X-Reveille-Wake: no                 | IGNORES",
                "POST    | runtime/x           | X-Reveille-Wake: nonsense           | USES",
            })
    void aRequestMeansWhatItsHeadSays(String method, String path, String header, Intent expected) throws IOException {
        assertThat(meaning(method, path, header)).isEqualTo(expected.name());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST    | runtime/ruled/poll   |                      | IGNORES",
                "POST    | runtime/ruled/poll?x |                      | IGNORES",
                "POST    | runtime/ruled/x      |                      | USES",
                "PUT     | runtime/ruled/x      |                      | WAKES",
                "GET     | work-2/a/b.css       |                      | USES",
                "GET     | work-1/a/b.css       |                      | WAKES",
                "POST    | work-1/x             | X-Asked-By: tab 7    | IGNORES",
                "POST    | work-1/x             | X-Asked-By: me       | WAKES",
                "GET     | runtime/socket       | Upgrade: websocket   | WAKES",
                "GET     | vscode               |                      | USES",
                "GET     | vscode/              |                      | USES",
                "POST    | runtime/ruled/poll   | X-Reveille-Wake: yes | WAKES",
                "GET     | runtime/socket       | X-Reveille-Wake: no  | USES",
                "POST    | runtime/ruled/poll   | X-Reveille-Wake: no  | IGNORES",
            })
    void theFirstRuleThatFitsCounts(String method, String path, String header, Intent expected) throws IOException {
        assertThat(meaning(method, path, header)).isEqualTo(expected.name());
    }

    private static String meaning(String method, String path, String header) throws IOException {
        try (Line client = Line.to(port)) {
            client.send(method + " /rt1/" + path + " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\n"
                    + (header == null ? "" : header + "\r\n") + "\r\n");
            return client.head().field("X-Intent");
        }
    }
}
