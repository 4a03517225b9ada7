package dev.reveille.api;

import static dev.reveille.api.Front.ACME;
import static dev.reveille.api.Front.ZETA;
import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.RawConnection.Answer;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.Endpoint;
import dev.reveille.bus.RecordsQuery;
import dev.reveille.bus.RuntimeCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.StartCommand;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The runtime API's calls about runtimes: what becomes of them on the bus, and of its answers. */
class RuntimesApiTest {
    private static final List<Object> ASKED = new ArrayList<>();
    private static Front front;
    private static volatile Optional<GatewayFailure> failure = Optional.empty();

    @BeforeAll
    static void start() {
        front = Front.before(URI.create("http://127.0.0.1:1"));
        serve(Catalogue.RUNTIME_START, new JsonObject().put("runtime_id", "rt1").put("status", "starting"));
        serve(
                Catalogue.RUNTIME_RECORD,
                new JsonObject().put("runtime_id", "rt1").put("status", "running"));
        serve(
                Catalogue.RUNTIME_RECORDS,
                new JsonObject()
                        .put(
                                "runtimes",
                                new JsonArray()
                                        .add(new JsonObject()
                                                .put("session_id", "s-1")
                                                .put("x", 1))));
        serve(Catalogue.RUNTIME_POD, new JsonObject().put("runtime_id", "rt1").put("pod_status", "ready"));
        serve(Catalogue.RUNTIME_RESUME, new JsonObject().put("session_api_key", "new"));
        serve(Catalogue.RUNTIME_PAUSE, new JsonObject().put("status", "paused"));
        serve(Catalogue.RUNTIME_STOP, new JsonObject().put("status", "stopped"));
    }

    private static <A> void serve(Endpoint<A, JsonObject> endpoint, JsonObject answer) {
        await(endpoint.serve(front.vertx().eventBus(), command -> {
                    synchronized (ASKED) {
                        ASKED.add(command);
                    }
                    return failure.<Future<JsonObject>>map(f -> Future.failedFuture(f.asException()))
                            .orElseGet(() -> Future.succeededFuture(answer));
                })
                .completion());
    }

    @AfterAll
    static void stop() {
        front.close();
    }

    @BeforeEach
    void nothingAskedYet() {
        synchronized (ASKED) {
            ASKED.clear();
        }
        failure = Optional.empty();
    }

    @Test
    void aStartIsHandedOnByteForByte() {
        String body = " {\"session_id\" : \"s-1\",\r\n\t\"environment\":{\"Ä\":\"\\u0041\uD83D\uDE00\", \"n\": 1.00},"
                + "\"command\":\"a  b\", \"unknown\":[null,1e2] }\n";

        Answer started = front.post("/start", body);

        assertThat(started.status()).isEqualTo(200);
        assertThat(started.headers()).containsEntry("content-type", "application/json");
        assertThat(started.json().getString("status")).isEqualTo("starting");
        StartCommand command = asked(StartCommand.class);
        assertThat(command.request()).isEqualTo(body);
        assertThat(command.id().value()).isEqualTo("s-1");
        assertThat(command.tenant()).isEqualTo("acme");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"})
    void aStartIsReadWhateverItSaysThatItIs(String type) {
        byte[] body = "{\"session_id\":\"s-1\"}".getBytes(UTF_8);
        assertThat(front.post("/start", body, "Content-Type: " + type).status()).isEqualTo(200);
    }

    static Stream<String> wrongStarts() {
        return Stream.of(
                "",
                "{",
                "[]",
                "null",
                "7",
                "\"s-1\"",
                "session_id=s-1",
                "{}",
                "{\"session_id\":null}",
                "{\"session_id\":7}",
                "{\"session_id\":[\"s-1\"]}",
                "{\"session_id\":\"\"}",
                "{\"session_id\":\"a/b\"}",
                "{\"session_id\":\"../x\"}",
                "{\"session_id\":\"a.b\"}",
                "{\"session_id\":\"a%2Fb\"}",
                "{\"session_id\":\"\uD83D\uDE00\"}",
                "{\"session_id\":\"\\ud83d\"}",
                "{\"session_id\":\"" + "x".repeat(300) + "\"}",
                "{\"session_id\":\"s-1\",\"session_id\":\"s-2\"}",
                "{\"session_id\":\"s-1\",\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}");
    }

    @ParameterizedTest
    @MethodSource("wrongStarts")
    void aStartThatIsNotUnderstoodIsToldWhatWasExpected(String body) {
        Answer refused = front.post("/start", body);
        assertThat(refused.status()).as(body).isEqualTo(400);
        assertThat(refused.json().getString("detail")).contains("expected: ").hasSizeLessThan(400);
        assertThat(ASKED).isEmpty();
    }

    @Test
    void aStartThatIsNotInUtf8IsRefused() {
        byte[] body = "{\"session_id\":\"s-1\",\"image\":\"\u00e9\"}".getBytes(ISO_8859_1);
        Answer refused = front.post("/start", body);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().getString("detail")).contains("not in UTF-8");
        assertThat(ASKED).isEmpty();
    }

    @Test
    void aStartThatIsTooLargeIsRefused() {
        try (RawConnection client = front.connect()) {
            client.send(RawConnection.head("POST /start", ACME, "Content-Length: " + (1 << 21)));
            Answer refused = client.answer();
            assertThat(refused.status()).isEqualTo(413);
            assertThat(refused.json().getString("detail")).contains("1MiB");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{\"runtime_id\":null}",
                "{\"runtime_id\":7}",
                "{\"runtime_id\":[]}",
                "{\"runtime_id\":\"\"}",
                "{\"runtime_id\":\"a/b\"}",
                "{\"runtime_id\":\"..\"}",
                "{\"runtime_id\":\"\uD83D\uDE00\"}"
            })
    void aStopOfNothingIsFine(String body) {
        Answer stopped = front.post("/stop", body);
        assertThat(stopped.status()).isEqualTo(200);
        assertThat(stopped.json().isEmpty()).isTrue();
        assertThat(ASKED).isEmpty();
    }

    @Test
    void aStopOfARuntimeIsAskedFor() {
        assertThat(front.post("/stop", "{\"runtime_id\":\"rt1\"}").status()).isEqualTo(200);
        assertThat(asked(RuntimeCommand.class).id().value()).isEqualTo("rt1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/pause", "/resume"})
    void aPauseOrResumeIsAskedFor(String path) {
        Answer done = front.post(path, "{\"runtime_id\":\"rt1\",\"more\":1}");
        assertThat(done.status()).isEqualTo(200);
        RuntimeCommand command = asked(RuntimeCommand.class);
        assertThat(command.id().value()).isEqualTo("rt1");
        assertThat(command.tenant()).isEqualTo("acme");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"runtime_id\":null}", "{\"runtime_id\":7}", "[]", "{\"runtime_id\":{}}"})
    void aPauseOrResumeOfNoTextIsToldWhatWasExpected(String body) {
        for (String path : List.of("/pause", "/resume")) {
            Answer refused = front.post(path, body);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.json().getString("detail")).contains("expected: ");
        }
        assertThat(ASKED).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "..", "\uD83D\uDE00", "-a"})
    void aPauseOrResumeOfWhatCanBeNoRuntimeFindsNone(String id) {
        for (String path : List.of("/pause", "/resume")) {
            Answer refused =
                    front.post(path, new JsonObject().put("runtime_id", id).encode());
            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.json().getString("detail")).startsWith("there is no runtime");
        }
        assertThat(ASKED).isEmpty();
    }

    @Test
    void aRecordIsAskedForWithTimeToSettle() {
        Answer record = front.ask("GET /sessions/s-1");
        assertThat(record.status()).isEqualTo(200);
        assertThat(record.json()).isEqualTo(new JsonObject("{\"runtime_id\":\"rt1\",\"status\":\"running\"}"));
        SessionCommand command = asked(SessionCommand.class);
        assertThat(command.tenant()).contains("acme");
        assertThat(command.patience()).isBetween(ofSeconds(4), ofSeconds(8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.b",
                "a%2Fb",
                "%2e%2e",
                "..",
                "%zz",
                "100%",
                "%",
                "%00",
                "a%20b",
                "a+b",
                "%F0%9F%98%80",
                "\uD83D\uDE00",
                "~",
                "a;b"
            })
    void whatCanBeNoSessionIsNobodys(String id) {
        Answer refused = front.ask("GET /sessions/" + id);
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.json().getString("detail")).isNotBlank();
        assertThat(ASKED).isEmpty();
    }

    @Test
    void aLongIdIsNobodys() {
        whatCanBeNoSessionIsNobodys("x".repeat(129));
        whatCanBeNoSessionIsNobodys("x".repeat(300));
        whatCanBeNoSessionIsNobodys("%61".repeat(300));
    }

    @Test
    void aBatchIsABareArray() {
        Answer batch = front.ask("GET /sessions/batch?ids=s-1&ids=a.b&ids=%F0%9F%98%80&ids=s-2&ids=s-1&ids=");
        assertThat(batch.status()).isEqualTo(200);
        assertThat(new JsonArray(batch.body()).getJsonObject(0).getString("session_id"))
                .isEqualTo("s-1");
        assertThat(asked(RecordsQuery.class).ids()).contains(List.of(new SessionId("s-1"), new SessionId("s-2")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?", "?ids=", "?ids=a.b&ids=../x", "?other=s-1"})
    void aBatchOfNobodyIsEmpty(String query) {
        Answer batch = front.ask("GET /sessions/batch" + query);
        assertThat(batch.status()).isEqualTo(200);
        assertThat(batch.body()).isEqualTo("[]");
        assertThat(ASKED).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1000, 200", "1001, 400", "3000, 400"})
    void aBatchHasABound(int ids, int status) {
        String query = IntStream.range(0, ids).mapToObj(i -> "ids=").collect(Collectors.joining("&"));
        Answer batch = front.ask("GET /sessions/batch?" + query);
        assertThat(batch.status()).isEqualTo(status);
        assertThat(batch.body()).contains(status == 200 ? "[]" : "expected: at most 1000");
    }

    @Test
    void aListHasATotal() {
        Answer list = front.ask("GET /list");
        assertThat(list.status()).isEqualTo(200);
        assertThat(list.json().getJsonArray("runtimes")).hasSize(1);
        assertThat(list.json().getInteger("total")).isEqualTo(1);
        RecordsQuery query = asked(RecordsQuery.class);
        assertThat(query.ids()).isEmpty();
        assertThat(query.tenant()).isEqualTo("acme");
    }

    @Test
    void aPodIsAskedFor() {
        assertThat(front.ask("GET /runtime/rt1").json().getString("pod_status")).isEqualTo("ready");
        assertThat(asked(RuntimeCommand.class).id().value()).isEqualTo("rt1");
        assertThat(front.ask("GET /runtime/a%2Fb").status()).isEqualTo(404);
    }

    @Test
    void healthIsToldToEverybody() {
        Answer health = front.ask("GET /health", "X-Nothing: at all");
        assertThat(health.status()).isEqualTo(200);
        assertThat(health.json().getString("status")).isEqualTo("ok");
    }

    @Test
    void everyAnswerComesWithin10Seconds() {
        front.ask("GET /list");
        assertThat(asked(RecordsQuery.class).patience()).isBetween(ofSeconds(5), ofSeconds(9));
        assertThat(RuntimesApi.PATIENCE.plus(RuntimesApi.SLACK)).isLessThan(Duration.ofSeconds(10));
    }

    static Stream<GatewayFailure> failures() {
        return Stream.of(
                new GatewayFailure.Forbidden("not yours"),
                new GatewayFailure.UnknownSession("there is none"),
                new GatewayFailure.WrongState("not now"),
                new GatewayFailure.QuotaExceeded("enough", ofSeconds(5)),
                new GatewayFailure.RuntimeApiUnavailable("it is down"),
                new GatewayFailure.StepFailed(Step.RESUME, "it would not"),
                new GatewayFailure.ShuttingDown("leaving", ofSeconds(1)));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatTheLifecycleSaysIsShownAsItComes(GatewayFailure said) {
        failure = Optional.of(said);
        List<Answer> answers = List.of(
                front.post("/start", "{\"session_id\":\"s-1\"}"),
                front.post("/pause", "{\"runtime_id\":\"rt1\"}"),
                front.post("/resume", "{\"runtime_id\":\"rt1\"}"),
                front.post("/stop", "{\"runtime_id\":\"rt1\"}"),
                front.ask("GET /sessions/s-1"),
                front.ask("GET /sessions/batch?ids=s-1"),
                front.ask("GET /runtime/rt1"),
                front.ask("GET /list"));
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(said.status());
            assertThat(answer.json().getString("detail")).isEqualTo(said.detail());
            assertThat(answer.json().getString("code")).isEqualTo(said.code());
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /start",
                "POST /stop",
                "POST /pause",
                "POST /resume",
                "POST /build",
                "GET /sessions/s-1",
                "GET /sessions/a.b",
                "GET /sessions/batch?ids=s-1",
                "GET /list",
                "GET /runtime/rt1",
                "GET /registry_prefix",
                "GET /image_exists?image=a",
                "GET /build_status?build_id=b",
                "GET /api/warm-runtime-configs",
                "GET //list"
            })
    void nobodyIsLetInWithoutAKeyOfATenant(String requestLine) {
        for (String key : List.of(
                "X-None: x", "X-API-Key: wrong", "X-API-Key:", "Authorization: Bearer acme", "X-API-Key: up-acme")) {
            Answer refused = front.ask(requestLine, key);
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.json().getString("detail")).contains("API key");
        }
        assertThat(ASKED).isEmpty();
    }

    @Test
    void theKeyTellsForWhomItIs() {
        front.ask("GET /sessions/s-1", ZETA);
        assertThat(asked(SessionCommand.class).tenant()).contains("zeta");
        nothingAskedYet();
        front.ask("GET /sessions/s-1", "Authorization: Bearer zeta-key");
        assertThat(asked(SessionCommand.class).tenant()).contains("zeta");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"//list", "///list", "//sessions/s-1", "///sessions/batch", "//runtime/rt1", "//health", "/list/"
            })
    void slashesInFrontAreToleratedAndNothingIsRedirected(String path) {
        assertThat(front.ask("GET " + path).status()).isEqualTo(200);
        assertThat(front.post("//start", "{\"session_id\":\"s-1\"}").status()).isEqualTo(200);
        assertThat(front.post("///stop", "{}").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /start, POST",
        "PUT, //start, POST",
        "DELETE, /stop, POST",
        "GET, /pause, POST",
        "GET, /resume, POST",
        "GET, /build, POST",
        "POST, /sessions/s-1, GET",
        "DELETE, /sessions/s-1, GET",
        "POST, /sessions/batch, GET",
        "POST, /list, GET",
        "POST, /runtime/rt1, GET",
        "POST, /registry_prefix, GET",
        "POST, /image_exists, GET",
        "POST, /build_status, GET",
        "PUT, /api/warm-runtime-configs, GET",
        "POST, /health, GET"
    })
    void anotherMethodIsToldWhichThereIs(String method, String path, String allowed) {
        Answer refused = front.ask(method + " " + path);
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.headers()).containsEntry("allow", allowed);
        assertThat(refused.json().getString("detail")).contains("expected: " + allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "//",
                "/starts",
                "/sessions",
                "/sessions/",
                "/sessions/a/b",
                "/runtime",
                "/runtime/",
                "/images",
                "/LIST",
                "/api/warm-runtime-config",
                "/internal/metrics",
                "/%2e%2e/list/x"
            })
    void whatIsNotThereIsNotFound(String path) {
        Answer refused = front.ask("GET " + path);
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.json().getString("detail")).isNotBlank();
    }

    private static <T> T asked(Class<T> type) {
        synchronized (ASKED) {
            assertThat(ASKED).hasSize(1).hasOnlyElementsOfType(type);
            return type.cast(ASKED.get(0));
        }
    }
}
