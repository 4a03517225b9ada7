package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {
    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with();
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        assertThat(rig.complaints()).isEmpty();
    }

    private static JsonObject problem(Line client, int status) throws IOException {
        Line.Head head = client.head();
        assertThat(head.status()).isEqualTo(status);
        assertThat(head.field("Content-Type")).isEqualTo("application/problem+json");
        JsonObject body = new JsonObject(client.body(head));
        assertThat(body.getString("detail")).isNotBlank().doesNotContain("127.0.0.1");
        assertThat(body.getInteger("status")).isEqualTo(status);
        return body;
    }

    @Test
    void anUnknownSandboxIsAProblemAndTheConnectionGoesOnBehindTheUnreadBody() throws IOException {
        try (Line client = rig.client()) {
            for (int i = 0; i < 2; i++) {
                client.send("POST /nobody/runtime/x HTTP/1.1\r\nHost: gw\r\nContent-Length: 200000\r\n\r\n");
                client.send(new byte[200_000]);
                JsonObject problem = problem(client, 404);
                assertThat(problem.getString("code")).isEqualTo("unknown_session");
                assertThat(problem.getString("runtime_id")).isEqualTo("nobody");
            }
        }
    }

    @Test
    void aProblemForHeadHasNoBody() throws IOException {
        try (Line client = rig.client()) {
            client.send("HEAD /nobody/runtime/x HTTP/1.1\r\nHost: gw\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(404);
            client.send("GET /nobody/runtime/x HTTP/1.1\r\nHost: gw\r\n\r\n");
            problem(client, 404);
        }
    }

    @Test
    void aClientThatWasNotToldToGoOnIsAnsweredAndTheConnectionEnds() throws IOException {
        try (Line client = rig.client()) {
            client.send(
                    "POST /nobody/runtime/x HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
            Line.Head head = client.head();
            assertThat(head.status()).isEqualTo(404);
            assertThat(head.field("Connection")).isEqualTo("close");
            client.awaitEnd();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GARBAGE                              | 0     | 400 | invalid_request",
                "GET /rt/runtime HTTP/1.1~A B: c      | 0     | 400 | invalid_request",
                "GET /LONG HTTP/1.1                   | 20000 | 414 | head_too_long",
                "GET /rt/runtime HTTP/1.1~X-Long: LONG | 70000 | 431 | head_too_long",
            })
    void whatIsNoRequestIsAProblemTooAndTheConnectionEnds(String start, int length, int status, String code)
            throws IOException {
        String head = start.replace("LONG", "x".repeat(length)).replace("~", "\r\n");
        try (Line client = rig.client()) {
            client.send(head + "\r\nHost: gw\r\n\r\n");
            assertThat(problem(client, status).getString("code")).isEqualTo(code);
            client.awaitEnd();
        }
    }
}
