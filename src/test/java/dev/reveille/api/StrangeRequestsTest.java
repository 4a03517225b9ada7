package dev.reveille.api;

import static dev.reveille.api.RawConnection.head;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.RawConnection.Answer;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is sent, the answer is a problem that says what was expected, and the connection goes on or ends cleanly. */
@ExtendWith(VertxExtension.class)
class StrangeRequestsTest {
    private static final String SESSION = "/api/v1/sessions/s-1";

    private static FakeRuntimeApi upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(upstream, vertx);
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                Arguments.of("{\"image\":", "body: Unexpected end-of-input"),
                Arguments.of("{\"image\": 'x'}", "line 1, column 11"),
                Arguments.of("{} {}", "expected: a JSON object"),
                Arguments.of("[]", "body: JSON, but no object (expected: a JSON object)"),
                Arguments.of("42", "body: JSON, but no object"),
                Arguments.of("null", "body: JSON, but no object"),
                Arguments.of("\"text\"", "body: JSON, but no object"),
                Arguments.of("   ", "expected: a JSON object"),
                Arguments.of("image=python", "body: Unrecognized token 'image'"),
                Arguments.of("{\"image\":\"a\",\"image\":\"b\"}", "Duplicate field 'image'"),
                Arguments.of("{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}", "nested deeper than 100"),
                Arguments.of("[".repeat(10_000), "nested deeper than 100"),
                Arguments.of("{\"a\":[" + "[],".repeat(100_000) + "[]]}", "more than 100000 values"),
                Arguments.of("{\"run_as_user\":" + "9".repeat(5000) + "}", "a number of more than 1000 digits"),
                Arguments.of("{\"run_as_user\":" + "9".repeat(900) + "}", "a whole number from 0 to 2147483647"),
                Arguments.of("{\"run_as_user\":-1}", "run_as_user: -1 (expected: a whole number from 0"),
                Arguments.of("{\"run_as_user\":1.5}", "run_as_user: 1.5 (expected: a whole number from 0"),
                Arguments.of("{\"run_as_group\":\"root\"}", "run_as_group: 'root' (expected: a whole number"),
                Arguments.of("{\"fs_group\":true}", "fs_group: true (expected: a whole number"),
                Arguments.of("{\"image\":7}", "image: 7 (expected: a string)"),
                Arguments.of("{\"image\":{}}", "image: an object (expected: a string)"),
                Arguments.of("{\"command\":7}", "command: 7 (expected: a string or a list of strings)"),
                Arguments.of("{\"command\":[\"a\",1]}", "command: a list (expected: a string or a list of strings)"),
                Arguments.of("{\"working_dir\":[]}", "working_dir: a list (expected: a string)"),
                Arguments.of("{\"environment\":[]}", "environment: a list (expected: an object of strings)"),
                Arguments.of("{\"environment\":{\"A\":1}}", "environment.A: 1 (expected: a string)"),
                Arguments.of("{\"environment\":{\"A\":null}}", "environment.A: null (expected: a string)"),
                Arguments.of("{\"resource_factor\":3}", "resource_factor: 3 (expected: 1, 2, 4 or 8)"),
                Arguments.of("{\"resource_factor\":1e400}", "resource_factor: "),
                Arguments.of("{\"resource_factor\":\"2\"}", "resource_factor: '2' (expected: 1, 2, 4 or 8)"),
                Arguments.of("{\"runtime_class\":\"runc\"}", "runtime_class: 'runc' (expected: sysbox, sysbox-runc"),
                Arguments.of("{\"runtime_class\":1}", "runtime_class: 1 (expected: a string)"),
                Arguments.of("{\"image_pull_policy\":\"always\"}", "image_pull_policy: 'always' (expected: Always, If"),
                Arguments.of("{\"initial_env\":\"A=1\"}", "initial_env: 'A=1' (expected: an object of strings)"),
                Arguments.of("{\"initial_env\":{\"1A\":\"\"}}", "initial_env: '1A' (expected: names out of letters"),
                Arguments.of("{\"close_policy\":\"never\"}", "close_policy: 'never' (expected: stop, pause or keep)"),
                Arguments.of("{\"close_policy\":1}", "close_policy: 1 (expected: a string)"),
                Arguments.of("{\"attach_only\":\"yes\"}", "attach_only: 'yes' (expected: true or false)"),
                Arguments.of("{\"build\":\"x\"}", "build: 'x' (expected: an object)"),
                Arguments.of("{\"build\":{}}", "build.target_image: missing (expected: the name of the image)"),
                Arguments.of("{\"build\":{}}", "build.context: missing (expected: a gzipped tar as base64 text)"),
                Arguments.of("{\"build\":{\"tags\":[1]}}", "build.target_image: missing"),
                Arguments.of(
                        "{\"build\":{\"target_image\":\"a\",\"tags\":\"b\"}}", "build.tags: 'b' (expected: a list"),
                Arguments.of(
                        "{\"build\":{\"contxt\":\"a\"}}", "build.contxt: unknown field (did you mean build.context?)"),
                Arguments.of("{\"imge\":\"a\"}", "imge: unknown field (did you mean image?)"),
                Arguments.of("{\"colour\":\"a\"}", "colour: unknown field (expected: one of image, command"),
                Arguments.of("{\"im\\u0000age\\r\\nX: y\":1}", "unknown field"),
                Arguments.of("{\"image\":\"a\",\"build\":{}}", "image: given together with build"));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void aBodyThatIsNotUnderstoodIsNamedAndTheConnectionGoesOn(String body, String expected) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (RawConnection client = RawConnection.to(gateway.port())) {
            client.send(head("PUT " + SESSION, "Content-Length: " + bytes.length))
                    .send(bytes);

            Answer refused = client.answer();
            assertProblem(refused, 400, "invalid_request");
            assertThat(refused.json().getString("detail")).contains(expected);
            assertGoesOn(client);
        }
        assertThat(upstream.calls("GET /sessions/s-1")).isZero();
    }

    @Test
    void manyProblemsAreToldInAnAnswerThatCanBeRead() {
        JsonObject many = new JsonObject();
        for (int i = 0; i < 20_000; i++) {
            many.put("field" + i, i);
        }
        byte[] bytes = many.toBuffer().getBytes();
        try (RawConnection client = RawConnection.to(gateway.port())) {
            client.send(head("PUT " + SESSION, "Content-Length: " + bytes.length))
                    .send(bytes);
            Answer refused = client.answer();
            assertProblem(refused, 400, "invalid_request");
            assertThat(refused.body()).hasSizeLessThan(10_000).contains("and 19980 more");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a%2Fb",
                "%2F",
                "a%5Cb",
                "a.b",
                "a%2Eb",
                "%00",
                "a%00b",
                "%20",
                "a%20b",
                "a+b",
                "%0d%0aX:%20y",
                "%F0%9F%98%80",
                "%C3%A9",
                "a;b",
                "a=b",
                "a:b",
                "~a",
                "$",
                "%C0%AF",
                "%ED%A0%80"
            })
    void anIdOfAnotherFormIsRefused(String id) {
        for (String line : idRequests(id)) {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                Answer refused = client.send(head(line)).answer();
                assertProblem(refused, 400, "invalid_request");
                assertThat(refused.json().getString("detail"))
                        .contains("(expected: 1 to 128 characters out of A-Z a-z 0-9 - _)");
                assertGoesOn(client);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD83D\uDE00", "é"})
    void anIdOfRawBytesIsRefused(String id) {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            Answer refused = client.send(head("GET /api/v1/sessions/" + id)).answer();
            assertProblem(refused, 400, "invalid_request");
            assertThat(client.ends()).isTrue();
        }
    }

    @Test
    void anIdThatIsTooLongIsRefused() {
        anIdOfAnotherFormIsRefused("x".repeat(129));
        anIdOfAnotherFormIsRefused("x".repeat(300));
        anIdOfAnotherFormIsRefused("%61".repeat(300));
    }

    private static Stream<String> lines(String id) {
        return Stream.of("GET", "PUT", "DELETE").map(method -> method + " /api/v1/sessions/" + id);
    }

    private static List<String> idRequests(String id) {
        return Stream.concat(
                        lines(id),
                        Stream.of("POST /api/v1/sessions/" + id + "/pause", "GET /api/v1/sessions/" + id + "/events"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"%zz", "%", "%1", "a%", "%u0041"})
    void aBrokenEscapeIsRefused(String id) {
        for (String line : idRequests(id)) {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                assertProblem(client.send(head(line)).answer(), 400, "invalid_request");
                assertGoesOn(client);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/api",
                "/api/",
                "/api/v1",
                "/api/v1/",
                "/api/v2/sessions",
                "/api/v1/sessionsX",
                "/api/v1/sessions/",
                "/api/v1/sessions/a/b",
                "/api/v1/sessions/a/",
                "/api/v1/sessions/a/pause/",
                "/api/v1/sessions/.",
                "/api/v1/sessions/..",
                "/api/v1/sessions/%2e",
                "/api/v1/sessions/%2E%2e",
                "/api/v1/sessions/%2e%2e/x",
                "/api/v1/sessions/a/..",
                "/api/v1/sessions/a/../b",
                "/api/v1/./sessions",
                "//api//v1",
                "//api//v1//sessions",
                "/api//v1/sessions",
                "/api/v1//sessions/a",
                "/api/v1/sessions//",
                "/api/v1/sessions//a",
                "/API/v1/sessions",
                "/api/v1/openapi.yaml/",
                "/api/v1/images",
                "/%61pi/v1/sessions/"
            })
    void whatIsNotThereIsNotFound(String target) {
        for (String method : new String[] {"GET", "PUT", "DELETE"}) {
            try (RawConnection client = RawConnection.to(gateway.port())) {
                assertProblem(client.send(head(method + " " + target)).answer(), 404, "no_such_resource");
                assertGoesOn(client);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/sessions/a b", ""})
    void bytesThatNoTargetMayHoldAreRefused(String target) {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            Answer refused = client.send(head("GET " + target)).answer();
            assertThat(refused.status()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /api/v1/sessions, GET",
        "HEAD, /api/v1/sessions, GET",
        "OPTIONS, /api/v1/sessions, GET",
        "PATCH, /api/v1/sessions/a, 'DELETE,GET,PUT'",
        "POST, /api/v1/sessions/a, 'DELETE,GET,PUT'",
        "GET, /api/v1/sessions/a/pause, POST",
        "DELETE, /api/v1/sessions/a/resume, POST",
        "POST, /api/v1/sessions/a/events, 'GET,HEAD'",
        "POST, /api/v1/events, 'GET,HEAD'",
        "GET, /api/v1/tickets, POST",
        "BREW, /api/v1/sessions/a/events, 'GET,HEAD'",
        "PUT, /api/v1/openapi.yaml, GET"
    })
    void anotherMethodIsToldWhichOnesThereAre(String method, String path, String allowed) {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            client.send(head(method + " " + path));
            Answer refused = client.answer(method);
            assertThat(refused.status()).isEqualTo(405);
            assertThat(refused.headers().get("allow").split(",\\s*")).containsExactlyInAnyOrder(allowed.split(","));
            assertGoesOn(client);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/sessions?limit=0, limit: '0' (expected: 1 to 1000)",
        "GET, /api/v1/sessions?limit=1001, limit: '1001' (expected: 1 to 1000)",
        "GET, /api/v1/sessions?limit=, limit: '' (expected: 1 to 1000)",
        "GET, /api/v1/sessions?limit=ten, limit: 'ten'",
        "GET, /api/v1/sessions?limit=99999999999, limit: '99999999999'",
        "GET, /api/v1/sessions?limit=1&limit=2, limit: given more than once",
        "GET, /api/v1/sessions?state=asleep, 'state: ''asleep'' (expected: one of building,'",
        "GET, /api/v1/sessions?cursor=%21, cursor: not one of ours",
        "GET, /api/v1/sessions?cursor=Li4v, cursor: not one of ours",
        "GET, /api/v1/sessions?cursor=, cursor: not one of ours",
        "GET, /api/v1/sessions?page=2, 'page: unknown parameter (expected: limit, cursor, state)'",
        "GET, /api/v1/sessions?limit=%zz, 'expected: a Host header, and %'",
        "GET, /api/v1/sessions/a?x=1, x: unknown parameter (expected: none here)",
        "PUT, /api/v1/sessions/a?x=1, x: unknown parameter",
        "POST, /api/v1/sessions/a/pause?x=1, x: unknown parameter",
        "DELETE, /api/v1/sessions/a?polcy=keep, polcy: unknown parameter (expected: policy)",
        "DELETE, /api/v1/sessions/a?policy=none, 'policy: ''none'' (expected: stop, pause or keep)'",
        "DELETE, /api/v1/sessions/a?policy=, policy: ''",
        "GET, /api/v1/sessions/a/events?since=x, 'since: ''x'' (expected: the id of a message of this stream'",
        "GET, /api/v1/sessions/a/events?since=, since: ''",
        "GET, /api/v1/sessions/a/events?state=running, 'state: unknown parameter (expected: ticket, since)'",
        "GET, /api/v1/events?since=1, 'since: ''1'' (expected: the id of a message of this stream)'",
        "GET, /api/v1/events?state=asleep, 'state: ''asleep'' (expected: some of building,'",
        "GET, /api/v1/events?state=, state: ''",
        "GET, /api/v1/events?state=running&state=paused, state: given more than once",
        "GET, /api/v1/events?page=1, 'page: unknown parameter (expected: ticket, since, state)'",
        "POST, /api/v1/tickets?x=1, x: unknown parameter"
    })
    void aParameterThatIsNotUnderstoodIsNamed(String method, String target, String expected) {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            Answer refused = client.send(head(method + " " + target)).answer();
            assertProblem(refused, 400, "invalid_request");
            assertThat(refused.json().getString("detail")).contains(expected);
            assertGoesOn(client);
        }
    }

    @Test
    void aRequestWithoutHostIsRefused() {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            assertProblem(client.send("GET /api/v1/sessions HTTP/1.1\r\n\r\n").answer(), 400, "invalid_request");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Upgrade: websocket",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AA=="
            })
    void aHandshakeThatIsNoneIsRefused(String headers) {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            Answer refused =
                    client.send(head("GET /api/v1/sessions/ws/events", headers)).answer();
            assertProblem(refused, 400, "invalid_request");
            assertGoesOn(client);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="})
    void aHandshakeOfAnotherVersionIsToldWhichOneThereIs(String headers) {
        try (RawConnection client = RawConnection.to(gateway.port())) {
            Answer refused = client.send(head(
                            "GET /api/v1/sessions/ws/events", "Connection: Upgrade\r\nUpgrade: websocket" + headers))
                    .answer();
            assertProblem(refused, 426, "unsupported");
            assertThat(refused.headers()).containsEntry("sec-websocket-version", "13");
            assertGoesOn(client);
        }
    }

    static void assertProblem(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(answer.json().getString("code")).isEqualTo(code);
        assertThat(answer.json().getInteger("status")).isEqualTo(status);
        assertThat(answer.json().getString("detail")).containsAnyOf("expected: ", "did you mean");
        assertThat(answer.body()).doesNotContain(String.valueOf(upstream.port()));
    }

    static void assertGoesOn(RawConnection client) {
        assertThat(client.send(head("GET /api/v1/sessions")).answer().status()).isEqualTo(200);
    }
}
