package dev.reveille.api;

import static dev.reveille.api.RawConnection.head;
import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.RawConnection.Answer;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class WhoMayAskTest {
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class WithTenants {
        private FakeRuntimeApi upstream;
        private TestGateway gateway;

        @BeforeAll
        void start(Vertx vertx) {
            upstream = FakeRuntimeApi.start(vertx).issuesSessionKeys();
            gateway = TestGateway.before(
                    upstream,
                    vertx,
                    "tenants.0.name=acme",
                    "tenants.0.api-key=acme-key",
                    "tenants.1.name=zeta",
                    "tenants.1.api-key=zeta-key",
                    "http.body-limit=1MiB");
            assertThat(as("acme-key", HttpMethod.PUT, "/a-1").statusCode()).isEqualTo(201);
            assertThat(as("zeta-key", HttpMethod.PUT, "/z-1").statusCode()).isEqualTo(201);
        }

        @AfterAll
        void stop() {
            gateway.close();
            upstream.close();
        }

        @ParameterizedTest
        @CsvSource({
            "GET, ''",
            "PUT, /a-1",
            "GET, /a-1",
            "DELETE, /a-1",
            "POST, /a-1/pause",
            "POST, /a-1/resume",
            "GET, /a-1/events",
            "PATCH, /a-1",
            "GET, /a.b"
        })
        void nobodyIsLetInWithoutAKeyOfATenant(String method, String rest) {
            HttpMethod verb = HttpMethod.valueOf(method);
            String target = "/api/v1/sessions" + rest;
            for (String key : new String[] {"", " ", "acme-ke", "acme-keyy", "ACME-KEY"}) {
                HttpResponse<Buffer> refused = await(gateway.request(verb, target)
                        .putHeader("X-API-Key", key)
                        .send());
                assertThat(refused.statusCode()).isEqualTo(401);
                assertThat(refused.bodyAsJsonObject().getString("code")).isEqualTo("unauthorized");
                assertThat(refused.getHeader("WWW-Authenticate")).isEqualTo("Bearer realm=\"reveille\"");
            }
            assertThat(await(gateway.request(verb, target).send()).statusCode()).isEqualTo(401);
            assertThat(state("a-1")).isEqualTo("running");
        }

        @ParameterizedTest
        @CsvSource({
            "PUT, ''",
            "GET, ''",
            "DELETE, ''",
            "DELETE, ?policy=keep",
            "POST, /pause",
            "POST, /resume",
            "GET, /events"
        })
        void aSessionOfAnotherTenantIsForbidden(String method, String rest) {
            HttpResponse<Buffer> refused = as("zeta-key", HttpMethod.valueOf(method), "/a-1" + rest);
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.bodyAsJsonObject().getString("code")).isEqualTo("forbidden");
            assertThat(refused.bodyAsString()).doesNotContain("acme").doesNotContain("rt1");
            assertThat(state("a-1")).isEqualTo("running");
        }

        @Test
        void eachTenantSeesItsOwnSessionsOnly() {
            assertThat(as("acme-key", HttpMethod.GET, "").bodyAsString())
                    .contains("\"a-1\"")
                    .doesNotContain("z-1");
            assertThat(as("zeta-key", HttpMethod.GET, "").bodyAsString())
                    .contains("\"z-1\"")
                    .doesNotContain("a-1");
        }

        @Test
        void theSandboxesKeyIsInDocumentsAndNotInLists() {
            assertThat(as("acme-key", HttpMethod.GET, "/a-1").bodyAsJsonObject().getString("session_api_key"))
                    .startsWith("key-rt");
            assertThat(as("acme-key", HttpMethod.GET, "").bodyAsString()).doesNotContain("key-rt");
        }

        @Test
        void theKeyMayComeAsBearer() {
            HttpResponse<Buffer> answer = await(gateway.request(HttpMethod.GET, "/api/v1/sessions/a-1")
                    .putHeader("Authorization", "bearer acme-key")
                    .send());
            assertThat(answer.statusCode()).isEqualTo(200);
        }

        @Test
        void aStrangersBodyIsNotWaitedForAndTheConnectionEnds() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head("PUT /api/v1/sessions/a-1", "Content-Length: 900000000"));
                Answer refused = client.answer();
                assertThat(refused.status()).isEqualTo(401);
                assertThat(refused.headers()).containsEntry("connection", "close");
                client.send("x".repeat(100_000));
                assertThat(client.ends()).isTrue();
            }
        }

        @Test
        void aStrangersEndlessBodyEnds() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head("PUT /api/v1/sessions/a-1", "Transfer-Encoding: chunked"));
                client.send("5\r\nhello\r\n");
                assertThat(client.answer().status()).isEqualTo(401);
                assertThat(client.send("0\r\n\r\n").ends()).isTrue();
            }
        }

        @Test
        void aStrangersSmallBodyIsThrownAwayAndTheConnectionGoesOn() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head("PUT /api/v1/sessions/a-1", "Content-Length: 10"))
                        .send("01234");
                assertThat(client.answer().status()).isEqualTo(401);
                client.send("56789" + head("GET /api/v1/sessions/a-1", "X-API-Key: acme-key"));
                assertThat(client.answer().status()).isEqualTo(200);
            }
        }

        @Test
        void aStrangerIsNotToldToGoOn() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head("PUT /api/v1/sessions/a-1", "Content-Length: 2", "Expect: 100-continue"));
                Answer refused = client.answer();
                assertThat(refused.status()).isEqualTo(401);
                assertThat(refused.headers()).containsEntry("connection", "close");
            }
        }

        @Test
        void aTenantIsToldToGoOn() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head(
                        "PUT /api/v1/sessions/a-1",
                        "X-API-Key: acme-key",
                        "Content-Length: 2",
                        "Expect: 100-continue"));
                assertThat(client.answer().status()).isEqualTo(100);
                assertThat(client.send("{}").answer().status()).isEqualTo(200);
                client.send(head("GET /api/v1/sessions", "X-API-Key: acme-key"));
                assertThat(client.answer().status()).isEqualTo(200);
            }
        }

        @Test
        void aBodyThatIsTooLargeIsRefusedBeforeItIsRead() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head("PUT /api/v1/sessions/a-1", "X-API-Key: acme-key", "Content-Length: 40000000"));
                Answer refused = client.answer();
                assertThat(refused.status()).isEqualTo(413);
                assertThat(refused.json().getString("detail"))
                        .isEqualTo("body: too large (expected: at most 1MiB, see http.body-limit)");
                for (int i = 0; i < 40; i++) {
                    client.send("x".repeat(1_000_000));
                }
                assertThat(client.ends()).isTrue();
            }
        }

        @Test
        void aBodyThatTurnsOutTooLargeIsRefused() {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send(head("PUT /api/v1/sessions/a-1", "X-API-Key: acme-key", "Transfer-Encoding: chunked"));
                String chunk = "80000\r\n" + "x".repeat(0x80000) + "\r\n";
                client.send(chunk).send(chunk).send(chunk);
                assertThat(client.answer().status()).isEqualTo(413);
                assertThat(client.send("0\r\n\r\n").ends()).isTrue();
            }
        }

        private String state(String id) {
            return as("acme-key", HttpMethod.GET, "/" + id).bodyAsJsonObject().getString("state");
        }

        private HttpResponse<Buffer> as(String key, HttpMethod method, String rest) {
            return await(gateway.request(method, "/api/v1/sessions" + rest)
                    .putHeader("X-API-Key", key)
                    .putHeader("Prefer", "wait=10")
                    .putHeaders(RawConnection.HANDSHAKE)
                    .send());
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class WithoutTenants {
        private FakeRuntimeApi upstream;
        private TestGateway gateway;

        @BeforeAll
        void start(Vertx vertx) {
            upstream = FakeRuntimeApi.start(vertx);
            gateway = TestGateway.before(upstream, vertx, "http.public-url=https://sandboxes.example.org");
            gateway.open("s-1", new JsonObject());
        }

        @AfterAll
        void stop() {
            gateway.close();
            upstream.close();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "X-Nothing: at all",
                    "Origin: http://localhost:3000",
                    "Origin: http://127.0.0.1",
                    "Origin: http://[::1]:8080",
                    "Origin: https://sandboxes.example.org",
                    "Sec-Fetch-Site: same-origin",
                    "Sec-Fetch-Site: none",
                    "X-API-Key: any"
                })
        void thisMachineIsLetIn(String header) {
            assertThat(status("localhost:8080", header)).isEqualTo(200);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Origin: https://evil.example",
                    "Origin: http://localhost.evil.example",
                    "Origin: http://127.0.0.1.evil.example",
                    "Origin: null",
                    "Origin: http://[",
                    "Origin: https://evil.example\r\nX-API-Key:",
                    "Sec-Fetch-Site: cross-site"
                })
        void aPageFromElsewhereIsNot(String header) {
            assertThat(status("localhost:8080", header)).isEqualTo(403);
        }

        @ParameterizedTest
        @CsvSource({
            "localhost, 200",
            "LOCALHOST:1, 200",
            "api.localhost:8080, 200",
            "127.0.0.1:8080, 200",
            "192.168.1.7, 200",
            "[::1]:8080, 200",
            "sandboxes.example.org, 200",
            "evil.example, 403",
            "evil.example:8080, 403",
            "127.0.0.1.evil.example, 403",
            "localhost.evil.example, 403"
        })
        void aNameThatIsNotOursIsRefusedWhateverTheKey(String host, int status) {
            assertThat(status(host, "X-API-Key: any")).isEqualTo(status);
        }

        private int status(String host, String header) {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                client.send("GET /api/v1/sessions/s-1 HTTP/1.1\r\nHost: " + host + "\r\n" + header + "\r\n\r\n");
                return client.answer().status();
            }
        }
    }
}
