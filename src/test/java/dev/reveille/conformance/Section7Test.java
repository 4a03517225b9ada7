package dev.reveille.conformance;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What unmodified clients ran into behind proxies: the twelve points of section 7 of the description of the runtime API. */
@ExtendWith(VertxExtension.class)
class Section7Test {
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
    void rule01_theSdkGetsAUrlWithoutAPath() {
        reopen(PortMode.of(8));
        String byPort = start("s-1").getString("url");
        reopen("http.routing=subdomain", "http.domain=gw.test");
        String byName = start("s-1").getString("url");

        assertThat(List.of(byPort, byName))
                .allSatisfy(url -> assertThat(URI.create(url).getRawPath()).isEmpty());
    }

    @Test
    void rule02_vscodeIsFoundBesideTheSandbox() {
        String url = start("s-1").getString("url");
        V0Client client = new V0Client(stage.base(), "s-1").attaching().connect();

        Call page = curl.ask("GET", client.vscodeUrl(), Map.of(), "");

        assertThat(URI.create(url).getRawPath()).startsWith("/rt1");
        assertThat(client.vscodeUrl()).startsWith(stage.base() + "/rt1/vscode?tkn=");
        assertThat(page.json().getString("path")).isEqualTo("/rt1/vscode");
        assertThat(page.json().getString("service")).isEqualTo("vscode");
    }

    @Test
    void rule03_aConnectionThatBreaksIsAnsweredAndThePostNotSentAgain() {
        start("s-1");
        upstream.session("s-1").on("POST", "/execute_action").resets();

        Call answer = curl.ask("POST", stage.base() + "/rt1/runtime/execute_action", Map.of(), "{}");

        assertThat(answer.status()).isEqualTo(502);
        assertThat(upstream.calls("POST /rt1/runtime/execute_action")).isEqualTo(1);
    }

    @Test
    void rule04_aSleepingSandboxIsWokenAndThe503NotShown() {
        upstream.session("s-1").isPaused();
        curl.get("/sessions/s-1");
        upstream.resumeTakes(ofMillis(100));

        Call answer = curl.ask("POST", stage.base() + "/rt1/runtime/list_files", Map.of(), "{}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 503, 504})
    void rule05_aliveSays500AsLongAsTheRouteIsMissing(int theWaySays) {
        upstream.readyBeforeRoute(ofMillis(300)).pausedAnswers(theWaySays);
        start("s-1");

        Call early = curl.ask("GET", stage.base() + "/rt1/runtime/alive", Map.of(), "");

        assertThat(early.status()).isEqualTo(500);
        assertThat(early.json().getString("detail")).isNotBlank();
        assertThat(early.json().getString("code")).isEqualTo("runtime_starting");
    }

    @Test
    void rule06_pollsDoNotSeeUpstreamsErrors() {
        start("s-1");
        untilReady();
        upstream.on("GET", "/runtime/*")
                .answers(500)
                .then(503)
                .resets()
                .answersHtml(200, "<html>")
                .answers(404);
        upstream.on("GET", "/sessions/*")
                .answers(500)
                .then(404)
                .resets()
                .answersText("{\"half\":")
                .answers(404);

        for (int i = 0; i < 5; i++) {
            assertThat(curl.get("/runtime/rt1").json().getString("pod_status")).isEqualTo("ready");
            assertThat(curl.get("/sessions/s-1").json().getString("status")).isEqualTo("running");
        }
    }

    @Test
    void rule07_stopOfNullSucceedsAndUpstreamIsNotAsked() {
        Call stopped = curl.post("/stop", "{\"runtime_id\":null}");

        assertThat(stopped.status()).isEqualTo(200);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void rule08_errorsAreObjectsAndKeysAreAbsentOrNullAsTheyWere() {
        upstream.session("absent").isRunning();
        upstream.session("null").tells("session_api_key", null).isRunning();
        upstream.on("POST", "/start").answersText("[\"no object\"]");

        JsonObject absent = curl.get("/sessions/absent").json();
        JsonObject isNull = curl.get("/sessions/null").json();
        Call failed = curl.post("/start", V0Client.usualStart("other"));

        assertThat(absent.containsKey("session_api_key")).isFalse();
        assertThat(isNull.containsKey("session_api_key")).isTrue();
        assertThat(isNull.getValue("session_api_key")).isNull();
        assertThat(List.of(absent, isNull))
                .allSatisfy(record -> assertThat(record.getString("pod_status")).isEqualTo("ready"));
        assertThat(failed.status()).isGreaterThanOrEqualTo(400);
        assertThat(failed.json().getString("detail")).isNotBlank();
    }

    @Test
    void rule09_noAnswerTellsWhereUpstreamIs() {
        upstream.session("s-1")
                .withWorkHost(upstream.sandboxUri() + "/rt1/work-1", 12000)
                .isRunning();

        List<Call> answers = List.of(
                curl.get("/sessions/s-1"),
                curl.get("/sessions/batch?ids=s-1"),
                curl.get("/list"),
                curl.get("/runtime/rt1"),
                curl.post("/start", V0Client.usualStart("s-1")),
                curl.post("/pause", Curl.runtime("rt1")),
                curl.post("/resume", Curl.runtime("rt1")),
                curl.post("/stop", Curl.runtime("rt1")));

        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.answer())
                    .doesNotContain(":" + upstream.port())
                    .doesNotContain(":" + upstream.sandboxUri().getPort());
        });
        assertThat(answers.get(3).json().getString("url")).isEqualTo(stage.base() + "/rt1/runtime");
    }

    @Test
    void rule10_healthNeedsNoKeyAndCloseCodesPass() {
        upstream.issuesSessionKeys();
        start("s-1");

        Call health = curl.ask("GET", stage.base() + "/rt1/runtime/health", Map.of(), "");
        Frames frames = new Frames();
        URI events = URI.create("ws://127.0.0.1:" + stage.port() + "/rt1/runtime/sockets/events/none");
        frames.say(
                curl.courier()
                        .client()
                        .newWebSocketBuilder()
                        .buildAsync(events, frames)
                        .orTimeout(10, TimeUnit.SECONDS)
                        .join(),
                "{\"type\":\"auth\",\"session_api_key\":\"key-rt1\"}");

        assertThat(health.status()).isEqualTo(200);
        assertThat(frames.end()).isEqualTo(new Frames.Closed(4004, "Conversation not found"));
    }

    @Test
    void rule11_cookiesOfSandboxesThatShareAHostStayApart() {
        start("s-1");
        upstream.session("s-1")
                .on("GET", "/login")
                .answersJson(200, new JsonObject())
                .header("Set-Cookie", "sid=1; Path=/; HttpOnly");

        Call login = curl.ask("GET", stage.base() + "/rt1/runtime/login", Map.of(), "");

        assertThat(login.header("Set-Cookie").orElseThrow()).contains("sid=1").contains("Path=/rt1");
    }

    @Test
    void rule12_aDownloadFromASleepingSandboxIsTheFileAndNotAnError() {
        upstream.session("s-1").withKey("k").isPaused();
        curl.get("/sessions/s-1");
        Call download = curl.ask(
                "GET",
                stage.base() + "/rt1/runtime/download_files?path=/workspace",
                Map.of("X-Session-API-Key", "k"),
                "");

        assertThat(download.status()).isEqualTo(200);
        assertThat(download.json().getString("query")).isEqualTo("path=/workspace");
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

    private void untilReady() {
        for (int i = 0; i < MOST_POLLS; i++) {
            if (curl.get("/runtime/rt1").json().getString("pod_status").equals("ready")) {
                return;
            }
            Pause.of(ofMillis(10));
        }
        throw new AssertionError("never ready");
    }
}
