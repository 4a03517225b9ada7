package dev.reveille.conformance;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a drop-in gateway must preserve: the sixteen rules of section 6 of the description of the runtime API. */
@ExtendWith(VertxExtension.class)
class Section6Test {
    private static final int MOST_POLLS = 500;

    private Vertx vertx;
    private Stage stage;
    private FakeRuntimeApi upstream;
    private Curl curl;

    @BeforeEach
    void start(Vertx given) {
        vertx = given;
        open();
    }

    @AfterEach
    void stop() {
        stage.close();
    }

    @Test
    void rule01_aStartPassesByteForByte() {
        String body = "{ \"session_id\":\"s-1\",  \"command\":\"agent-server --port 60000\",\n \"image\":\"img\","
                + "\"environment\":{\"z\":\"1\",\"A\":\"\\\"q\\\" \\\\ \\n \\u00e9 é $HOME 'x' €\",\"EMPTY\":\"\","
                + "\"a.b-c\":\"{\\\"k\\\": 1.0}\"},\"frob\":{\"deep\":[1,2.50,1e3,null,true]},\"resource_factor\":2 }";

        Call started = curl.post("/start", body);

        assertThat(started.status()).isEqualTo(200);
        assertThat(upstream.requests("POST /start").get(0).body().toString()).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource({"GET,/sessions/s-1", "GET,/list", "GET,/sessions/batch?ids=s-1", "GET,/runtime/rt1", "GET,/health"})
    void rule01_doubledSlashesAreTakenForOne(String method, String path) {
        upstream.session("s-1").isRunning();
        curl.get("/sessions/s-1");

        Call doubled = curl.get("/" + path);

        assertThat(doubled.status()).isEqualTo(200);
    }

    @Test
    void rule01_errorsAreObjectsWithDetailAndNothingRedirects() {
        List<Call> wrong = List.of(
                curl.get("/sessions/nobody"),
                curl.get("/runtime/nobody"),
                curl.post("/resume", Curl.runtime("nobody")),
                curl.post("/pause", Curl.runtime("nobody")),
                curl.post("/start", "[1]"),
                curl.post("/start", "{no json"),
                curl.get("/sessions/"),
                curl.get("/nonsense"));

        assertThat(wrong).allSatisfy(call -> {
            assertThat(call.status()).isBetween(400, 499);
            assertThat(call.json().getString("detail")).isNotBlank();
        });
    }

    @Test
    void rule02_urlIsOursInEveryRecordAndStaysTheSame() {
        JsonObject started = start("s-1");
        untilReady("rt1");
        curl.post("/pause", Curl.runtime("rt1"));
        curl.post("/resume", Curl.runtime("rt1"));

        List<String> urls = urlsEverywhere("s-1");

        assertThat(urls).containsOnly(started.getString("url"));
        assertThat(started.getString("url")).isEqualTo(stage.base() + "/rt1/runtime");
    }

    @Test
    void rule02_inSubdomainModeEachServiceHasANameOfItsOwn() {
        reopen("http.routing=subdomain", "http.domain=gw.test");
        String url = start("s-1").getString("url");

        String runtime = RawHttp.get(stage.port(), "rt1.gw.test:" + stage.port(), "/x");
        String vscode = RawHttp.get(stage.port(), "vscode-rt1.gw.test:" + stage.port(), "/x");
        String work = RawHttp.get(stage.port(), "work-2-rt1.gw.test:" + stage.port(), "/x");

        assertThat(url).isEqualTo("http://rt1.gw.test:" + stage.port());
        assertThat(urlsEverywhere("s-1")).containsOnly(url);
        assertThat(runtime).startsWith("HTTP/1.1 200").contains("\"service\":\"runtime\"");
        assertThat(vscode).startsWith("HTTP/1.1 200").contains("\"service\":\"vscode\"");
        assertThat(work).startsWith("HTTP/1.1 200").contains("\"service\":\"work-2\"");
    }

    @Test
    void rule02_inPortModeEachServiceHasAPortOfItsOwn() {
        reopen(PortMode.of(12));
        String url = start("s-1").getString("url");

        Call runtime = curl.ask("GET", url + "/x", Map.of(), "");

        assertThat(URI.create(url).getRawPath()).isEmpty();
        assertThat(URI.create(url).getPort()).isNotEqualTo(stage.port());
        assertThat(urlsEverywhere("s-1")).containsOnly(url);
        assertThat(runtime.json().getString("service")).isEqualTo("runtime");
    }

    @Test
    void rule03_runtimeIdAndSessionKeyComeBackUnchanged() {
        upstream.issuesSessionKeys();

        JsonObject started = start("s-1");
        JsonObject looked = curl.get("/sessions/s-1").json();

        assertThat(List.of(started, looked)).allSatisfy(record -> {
            assertThat(record.getString("runtime_id")).isEqualTo("rt1");
            assertThat(record.getString("session_api_key")).isEqualTo("key-rt1");
        });
        assertThat(curl.get("/runtime/rt1").json().getString("runtime_id")).isEqualTo("rt1");
    }

    @Test
    void rule04_workHostsAreOursWithTheSamePorts() {
        upstream.session("s-1")
                .withWorkHost(upstream.sandboxUri() + "/rt1/work-1", 12000)
                .withWorkHost(upstream.sandboxUri() + "/rt1/work-2", 12001)
                .isRunning();

        JsonObject hosts = curl.get("/sessions/s-1").json().getJsonObject("work_hosts");

        assertThat(hosts)
                .isEqualTo(new JsonObject()
                        .put(stage.base() + "/rt1/work-1", 12000)
                        .put(stage.base() + "/rt1/work-2", 12001));
        assertThat(curl.ask("GET", stage.base() + "/rt1/work-1/", Map.of(), "")
                        .json()
                        .getString("service"))
                .isEqualTo("work-1");
        assertThat(curl.ask("GET", stage.base() + "/rt1/work-2/", Map.of(), "")
                        .json()
                        .getString("service"))
                .isEqualTo("work-2");
    }

    @Test
    void rule05_whatIsSoAlreadySucceeds() {
        upstream.startTakes(ofMillis(100));
        String first = start("s-1").getString("runtime_id");
        String second = start("s-1").getString("runtime_id");
        untilReady("rt1");

        List<Call> again = List.of(
                curl.post("/resume", Curl.runtime("rt1")),
                curl.post("/pause", Curl.runtime("rt1")),
                curl.post("/pause", Curl.runtime("rt1")),
                curl.post("/stop", Curl.runtime("rt1")),
                curl.post("/stop", Curl.runtime("rt1")),
                curl.post("/stop", Curl.runtime("nobody")),
                curl.post("/stop", "{\"runtime_id\":null}"));

        assertThat(again).allSatisfy(call -> assertThat(call.status()).isEqualTo(200));
        assertThat(second).isEqualTo(first);
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void rule06_readyIsSaidOnlyOnceItAnswersHere() {
        upstream.startTakes(ofMillis(100)).readyBeforeRoute(ofMillis(200));
        start("s-1");

        List<JsonObject> seen = untilReady("rt1");
        Call alive = curl.ask("GET", stage.base() + "/rt1/runtime/alive", Map.of(), "");

        assertThat(seen)
                .allSatisfy(pod -> assertThat(pod.getValue("pod_status")).isInstanceOf(String.class));
        assertThat(alive.status()).isEqualTo(200);
        assertThat(curl.get("/sessions/s-1").json().getString("status")).isEqualTo("running");
        assertThat(curl.get("/sessions/s-1").json().getString("pod_status")).isEqualTo("ready");
    }

    @Test
    void rule07_startAnswersBeforeThePodIsUpAndTheListHasATotal() {
        upstream.startTakes(ofHours(1));
        upstream.session("asleep").isPaused();
        upstream.session("gone").isStopped();

        JsonObject started = start("s-1");
        JsonObject list = curl.get("/list").json();

        assertThat(started.getString("status")).isEqualTo("starting");
        assertThat(list.getInteger("total")).isEqualTo(1);
        assertThat(list.getJsonArray("runtimes").getJsonObject(0).getString("session_id"))
                .isEqualTo("s-1");
    }

    @Test
    void rule08_theKeyIsTheTenantsHereAndUpstreamsThere() {
        reopen("tenants.0.name=acme", "tenants.0.api-key=acme-key");
        upstream.requiresApiKey("up-key");

        Call without = curl.get("/list");
        Call with = new Curl(stage.base(), "acme-key").get("/list");

        assertThat(without.status()).isEqualTo(401);
        assertThat(without.json().getString("detail")).isNotBlank();
        assertThat(with.status()).isEqualTo(200);
        assertThat(upstream.requests())
                .allSatisfy(request -> assertThat(request.header("X-API-Key")).isNotEqualTo("acme-key"));
    }

    @Test
    void rule09_pathQueryAndBodyPassUnchanged() {
        start("s-1");
        String body = "0123456789abcdef".repeat(1 << 17);
        String target = "/api/file%2Fx/y%20z?ids=b&ids=a&&empty=&p=%2Fhome%2F%C3%A9";

        JsonObject seen = curl.ask("PATCH", stage.base() + "/rt1/runtime" + target, Map.of(), body)
                .json();

        assertThat(seen.getString("method")).isEqualTo("PATCH");
        assertThat(seen.getString("path") + "?" + seen.getString("query")).isEqualTo("/rt1/runtime" + target);
        assertThat(seen.getInteger("body_length")).isEqualTo(body.length());
    }

    @Test
    void rule10_theSandboxsHeadersPassAndOurKeyDoesNot() {
        start("s-1");
        Map<String, String> headers = Map.of(
                "X-API-Key", "client-key",
                "X-Session-API-Key", "sk",
                "Authorization", "Bearer sk",
                "X-Expose-Secrets", "encrypted",
                "X-Init-API-Key", "ik",
                "Cookie", "a=1; b=2",
                "Origin", "https://app.example");

        JsonObject seen = curl.ask("GET", stage.base() + "/rt1/runtime/x", headers, "")
                .json()
                .getJsonObject("headers");

        headers.forEach((name, value) -> {
            if (name.equals("X-API-Key")) {
                assertThat(seen.fieldNames()).doesNotContain("x-api-key");
            } else {
                assertThat(seen.getString(name.toLowerCase(java.util.Locale.ROOT)))
                        .as(name)
                        .isEqualTo(value);
            }
        });
        assertThat(seen.getString("x-forwarded-proto")).isEqualTo("http");
        assertThat(seen.getString("x-forwarded-host")).isEqualTo("127.0.0.1:" + stage.port());
    }

    @Test
    void rule11_noKeyIsAskedForOnTheWayToASandbox() {
        reopen("tenants.0.name=acme", "tenants.0.api-key=acme-key");
        upstream.issuesSessionKeys();
        new Curl(stage.base(), "acme-key").post("/start", V0Client.usualStart("s-1"));
        upstream.session("s-1").on("OPTIONS", "/api/conversations").answersJson(200, new JsonObject());
        String url = stage.base() + "/rt1/runtime";

        List<Call> calls = List.of(
                curl.ask("GET", url + "/alive", Map.of(), ""),
                curl.ask("GET", url + "/health", Map.of(), ""),
                curl.ask("GET", url + "/ready", Map.of(), ""),
                curl.ask("GET", url + "/server_info", Map.of(), ""),
                curl.ask(
                        "OPTIONS",
                        url + "/api/conversations",
                        Map.of("Origin", "https://app.example", "Access-Control-Request-Method", "POST"),
                        ""),
                curl.ask("GET", stage.base() + "/rt1/vscode/", Map.of(), ""),
                curl.ask("GET", stage.base() + "/rt1/work-1/", Map.of(), ""));
        Call ownRefusal = curl.ask("GET", url + "/api/settings", Map.of(), "");

        assertThat(calls).allSatisfy(call -> assertThat(call.status()).isEqualTo(200));
        assertThat(ownRefusal.status()).isEqualTo(403);
        assertThat(ownRefusal.json().getString("detail")).isEqualTo("Invalid API Key");
    }

    @Test
    void rule12_closeCodesAreTheSandboxsAndAPausedOneRefusesTheUpgrade() {
        upstream.session("s-1").withKey("k").isRunning();
        curl.get("/sessions/s-1");
        Frames frames = new Frames();
        frames.say(socket(frames), "{\"type\":\"auth\",\"session_api_key\":\"wrong\"}");
        Frames.Closed closed = frames.end();
        curl.post("/pause", Curl.runtime("rt1"));

        Throwable refused = catchThrowable(() -> socket(new Frames()));

        assertThat(closed).isEqualTo(new Frames.Closed(4001, "Authentication failed"));
        assertThat(refused).hasCauseInstanceOf(WebSocketHandshakeException.class);
        assertThat(((WebSocketHandshakeException) refused.getCause())
                        .getResponse()
                        .statusCode())
                .isEqualTo(503);
    }

    @Test
    void rule13_nothingThatPassesByItselfIsA404Or502Or504() {
        upstream.startTakes(ofMillis(100)).readyBeforeRoute(ofMillis(200)).pausedAnswers(404);
        start("s-1");
        List<Integer> whileStarting = aliveUntilItAnswers();
        curl.post("/pause", Curl.runtime("rt1"));

        Call asleep = curl.ask("GET", stage.base() + "/rt1/runtime/alive", Map.of(), "");
        String told = curl.get("/sessions/s-1").json().getString("status");
        Call woken = curl.ask(
                "POST", stage.base() + "/rt1/runtime/list_files", Map.of("Content-Type", "application/json"), "{}");

        assertThat(whileStarting).isSubsetOf(200, 500);
        assertThat(asleep.status()).isEqualTo(503);
        assertThat(told).isEqualTo("paused");
        assertThat(woken.status()).isEqualTo(200);
    }

    @Test
    void rule14_aPostThatMayHaveBegunIsAnsweredAndNotSentAgain() {
        start("s-1");
        upstream.session("s-1").on("POST", "/execute_action").resets();

        Call answer = curl.ask("POST", stage.base() + "/rt1/runtime/execute_action", Map.of(), "{}");

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.json().getString("detail")).isNotBlank();
        assertThat(upstream.calls("POST /rt1/runtime/execute_action")).isEqualTo(1);
    }

    @Test
    void rule15_idleConnectionsOutliveTheClientsOwnFiveSeconds() {
        try (RawHttp raw = RawHttp.to(stage.port())) {
            String head = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
            assertThat(raw.send(head).answer()).contains("200");

            boolean stays = raw.staysOpenFor(5_500);

            assertThat(stays).isTrue();
            assertThat(raw.send(head).answer()).contains("200");
        }
    }

    @Test
    void rule16_whatIsUsedIsNotPaused() {
        start("s-1");
        upstream.session("s-1").isIdleFor(ofHours(2));
        Frames frames = new Frames();
        WebSocket open = socket(frames);
        String info = curl.ask("GET", stage.base() + "/rt1/runtime/server_info", Map.of(), "")
                .answer();

        assertThat(new JsonObject(info).getDouble("idle_time")).isEqualTo(7200.0);
        assertThat(upstream.calls("POST /pause")).isZero();
        open.abort();
    }

    private void open(String... settings) {
        stage = Stage.scripted(vertx, settings);
        upstream = stage.upstream();
        curl = new Curl(stage.base(), "client-key");
    }

    private void reopen(String... settings) {
        stage.close();
        open(settings);
    }

    private JsonObject start(String sessionId) {
        Call started = curl.post("/start", V0Client.usualStart(sessionId));
        assertThat(started.status()).as(started.answer()).isEqualTo(200);
        return started.json();
    }

    /** The {@code url} of the session in every answer that has one. */
    private List<String> urlsEverywhere(String sessionId) {
        JsonArray list = curl.get("/list").json().getJsonArray("runtimes");
        JsonArray batch =
                new JsonArray(curl.get("/sessions/batch?ids=" + sessionId).answer());
        return List.of(
                curl.get("/sessions/" + sessionId).json().getString("url"),
                list.getJsonObject(0).getString("url"),
                batch.getJsonObject(0).getString("url"),
                start(sessionId).getString("url"));
    }

    /** What {@code /runtime/{id}} said until it said ready. */
    private List<JsonObject> untilReady(String runtimeId) {
        List<JsonObject> seen = new ArrayList<>();
        for (int i = 0; i < MOST_POLLS; i++) {
            JsonObject pod = curl.get("/runtime/" + runtimeId).json();
            seen.add(pod);
            if ("ready".equals(pod.getString("pod_status"))) {
                return seen;
            }
            Pause.of(ofMillis(10));
        }
        throw new AssertionError("never ready: " + seen.get(seen.size() - 1));
    }

    private List<Integer> aliveUntilItAnswers() {
        return IntStream.range(0, MOST_POLLS)
                .mapToObj(i -> {
                    Pause.of(ofMillis(i == 0 ? 0 : 10));
                    return curl.ask("GET", stage.base() + "/rt1/runtime/alive", Map.of(), "")
                            .status();
                })
                .takeWhile(status -> status != 200)
                .toList();
    }

    private WebSocket socket(Frames frames) {
        URI at = URI.create("ws://127.0.0.1:" + stage.port() + "/rt1/runtime/sockets/events/c-1");
        return curl.courier()
                .client()
                .newWebSocketBuilder()
                .buildAsync(at, frames)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }
}
