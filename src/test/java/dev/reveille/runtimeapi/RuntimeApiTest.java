package dev.reveille.runtimeapi;

import static dev.reveille.runtimeapi.Upstream.KEY;
import static dev.reveille.runtimeapi.Upstream.failure;
import static dev.reveille.runtimeapi.Upstream.result;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.runtimeapi.RuntimeApiException.Kind;
import dev.reveille.runtimeapi.RuntimeRecord.Status;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FakeSandbox;
import dev.reveille.testing.RecordedRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every verb: what is sent, and what the answers mean. */
@ExtendWith(VertxExtension.class)
class RuntimeApiTest {
    private static final SessionId SESSION = new SessionId("s-1");
    private static final RuntimeId RUNTIME = new RuntimeId("rt1");

    private FakeRuntimeApi fake;
    private RuntimeApi api;

    @BeforeEach
    void start(Vertx vertx) {
        fake = FakeRuntimeApi.start(vertx);
        api = Upstream.api(vertx, fake, 50, new SimpleMeterRegistry());
    }

    @AfterEach
    void close() throws Exception {
        result(api.close());
        fake.close();
    }

    @Test
    void aRunningSessionIsFound() throws Exception {
        FakeSandbox sandbox =
                fake.session("s-1").isRunning().withKey("k-1").withWorkHost("https://work-1-rt1.up.test", 12000);

        RuntimeRecord record = result(api.session(KEY, SESSION)).orElseThrow();

        assertThat(record.status()).isEqualTo(Status.RUNNING);
        assertThat(record.sessionId()).contains(SESSION);
        assertThat(record.podStatus()).contains("ready");
        SandboxRuntime runtime = record.runtime().orElseThrow();
        assertThat(runtime.id()).isEqualTo(RUNTIME);
        assertThat(runtime.url()).isEqualTo(sandbox.url());
        assertThat(runtime.sessionKey()).contains("k-1");
        assertThat(runtime.workHosts()).containsExactlyEntriesOf(Map.of("https://work-1-rt1.up.test", 12000));
    }

    @Test
    void theKeyIsShownAsItIsGiven() throws Exception {
        fake.session("s-1").isRunning();
        result(api.session(KEY, SESSION));
        result(api.session(Optional.empty(), SESSION));

        List<RecordedRequest> requests = fake.requests("GET /sessions/s-1");
        assertThat(requests.get(0).header("X-API-Key")).isEqualTo("up-key");
        assertThat(requests.get(1).headers().contains("X-API-Key")).isFalse();
    }

    @Test
    void anUnknownSessionIsEmpty() throws Exception {
        assertThat(result(api.session(KEY, SESSION))).isEmpty();
        assertThat(fake.calls("GET /sessions/s-1")).isEqualTo(1);
    }

    @Test
    void aRoutersHtml404ForASessionIsEmptyToo() throws Exception {
        fake.on("GET", "/sessions/s-1").answersHtml(404, "<html>no such page</html>");
        assertThat(result(api.session(KEY, SESSION))).isEmpty();
    }

    @Test
    void anotherSessionThanTheOneAskedForIsGarbled() {
        fake.on("GET", "/sessions/s-1")
                .answersJson(new JsonObject().put("session_id", "s-2").put("status", "stopped"));
        assertThat(failure(api.session(KEY, SESSION)).detail()).contains("session_id");
    }

    @Test
    void theBaseUrlMayHaveAPath(Vertx vertx) throws Exception {
        fake.on("GET", "/deep/api/sessions/s-1").answersJson(new JsonObject().put("status", "stopped"));
        RuntimeApi deep = Upstream.api(vertx, URI.create(fake.uri() + "/deep/api/"), 50, new SimpleMeterRegistry());

        assertThat(result(deep.session(KEY, SESSION)).orElseThrow().status()).isEqualTo(Status.STOPPED);
        result(deep.close());
    }

    @Test
    void theListTellsTheActiveOnes() throws Exception {
        fake.session("s-1").isRunning();
        fake.session("s-2").isStarting();
        fake.session("s-3").isStopped();

        List<RuntimeRecord> list = result(api.list(KEY));

        assertThat(list).extracting(r -> r.sessionId().orElseThrow().value()).containsExactly("s-1", "s-2");
        assertThat(list).extracting(RuntimeRecord::status).containsExactly(Status.RUNNING, Status.STARTING);
    }

    @Test
    void oddEntriesOfAListDoNotHideTheOthers() throws Exception {
        fake.on("GET", "/list")
                .answersText(
                        "{\"runtimes\":[null,7,{\"status\":\"running\",\"url\":null},{\"session_id\":\"a.b\",\"status\":\"stopped\"}]}");

        List<RuntimeRecord> list = result(api.list(KEY));

        assertThat(list).hasSize(1);
        assertThat(list.get(0).sessionId()).isEmpty();
    }

    @Test
    void aBareArrayIsNoList() {
        fake.on("GET", "/list").answersText("[]");
        assertThat(failure(api.list(KEY)).kind()).isEqualTo(Kind.GARBLED);
    }

    @Test
    void aPodReportsItself() throws Exception {
        fake.session("s-1").isRunning().crash();

        PodReport report = result(api.pod(KEY, RUNTIME));

        assertThat(report)
                .isEqualTo(
                        new PodReport(RUNTIME, PodStatus.CRASH_LOOP_BACK_OFF, 1, List.of("OOMKilled"), report.told()));
        assertThat(report.status().outcome()).isEqualTo(PodStatus.Outcome.FATAL);
    }

    @Test
    void aPodOfAnotherRuntimeIsGarbled() {
        fake.on("GET", "/runtime/rt1")
                .answersJson(new JsonObject().put("runtime_id", "rt2").put("pod_status", "ready"));
        RuntimeApiException failure = failure(api.pod(KEY, RUNTIME));
        assertThat(failure.kind()).isEqualTo(Kind.GARBLED);
        assertThat(failure.detail()).contains("runtime_id");
    }

    @Test
    void aPodWithoutStatusIsGarbled() {
        fake.on("GET", "/runtime/rt1")
                .answersJson(new JsonObject().put("runtime_id", "rt1").putNull("pod_status"));
        assertThat(failure(api.pod(KEY, RUNTIME)).detail()).contains("pod_status");
    }

    @Test
    void aStartIsSentByteForByte() throws Exception {
        String spec = "{ \"session_id\":\"s-1\" , \"image\":\"\\u0069mg\",\"command\":\"run it\", \"n\":1.0 }";

        RuntimeRecord record = result(api.start(KEY, spec));

        RecordedRequest sent = fake.requests("POST /start").get(0);
        assertThat(sent.body().toString()).isEqualTo(spec);
        assertThat(sent.header("Content-Type")).isEqualTo("application/json");
        assertThat(record.status()).isEqualTo(Status.RUNNING);
        assertThat(record.runtime().orElseThrow().id()).isEqualTo(RUNTIME);
    }

    @Test
    void aStartMayLeaveItsStatusOut() throws Exception {
        fake.on("POST", "/start")
                .answersJson(new JsonObject().put("runtime_id", "rt1").put("url", "https://rt1.up.test"));
        RuntimeRecord record = result(api.start(KEY, "{}"));
        assertThat(record.status()).isEqualTo(Status.OTHER);
        assertThat(record.runtime()).isPresent();
    }

    @Test
    void aStartWithoutUrlIsGarbledAndNotRepeated() {
        fake.on("POST", "/start").answersJson(new JsonObject().put("runtime_id", "rt1"));
        RuntimeApiException failure = failure(api.start(KEY, "{}"));
        assertThat(failure.kind()).isEqualTo(Kind.GARBLED);
        assertThat(failure.detail()).contains("url");
        assertThat(fake.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aStopNamesItsRuntime() throws Exception {
        fake.session("s-1").isRunning();
        result(api.stop(KEY, RUNTIME));
        assertThat(fake.requests("POST /stop").get(0).json()).isEqualTo(new JsonObject().put("runtime_id", "rt1"));
        assertThat(fake.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void aStopOfSomethingUnknownSucceeds() throws Exception {
        result(api.stop(KEY, RUNTIME));
        assertThat(fake.calls("POST /stop")).isEqualTo(1);
    }

    @Test
    void aPausePauses() throws Exception {
        fake.session("s-1").isRunning();
        result(api.pause(KEY, RUNTIME));
        assertThat(fake.session("s-1").status()).isEqualTo("paused");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 409, 401, 302})
    void aPauseThatIsRefusedSaysSo(int status) {
        fake.on("POST", "/pause").answers(status);
        RuntimeApiException failure = failure(api.pause(KEY, RUNTIME));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.status()).isEqualTo(status);
        assertThat(failure.detail()).isEqualTo("scripted " + status);
        assertThat(fake.calls("POST /pause")).isEqualTo(1);
    }

    @Test
    void whatIsAskedOfAClosedClientFailsAsUnreachable() throws Exception {
        result(api.close());

        assertThat(failure(api.resume(KEY, RUNTIME)).kind()).isEqualTo(Kind.UNREACHABLE);
    }

    @Test
    void aResumeBringsTheNewKey() throws Exception {
        fake.rotatesSessionKeys().session("s-1").withKey("key-1").isPaused();
        Resumption resumed = result(api.resume(KEY, RUNTIME));
        assertThat(resumed.alreadyAwake()).isFalse();
        assertThat(resumed.sessionKey()).contains("key-rt1-2");
        assertThat(resumed.told().orElseThrow().getString("message")).isEqualTo("resumed");
    }

    @Test
    void aResumeOfSomethingAwakeSaysSo() throws Exception {
        fake.session("s-1").isRunning();
        assertThat(result(api.resume(KEY, RUNTIME)).alreadyAwake()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "resumed", "[]", "{\"session_api_key\":null}", "{\"session_api_key\":\"\"}"})
    void aResumeMayAnswerAnything(String body) throws Exception {
        fake.on("POST", "/resume").answersText(body);
        Resumption resumed = result(api.resume(KEY, RUNTIME));
        assertThat(resumed.alreadyAwake()).isFalse();
        assertThat(resumed.sessionKey()).isEmpty();
    }

    @Test
    void severalSessionsAreAskedForInOneCall() throws Exception {
        fake.session("s-1").isRunning();
        fake.session("s-2").isPaused();

        List<RuntimeRecord> found =
                result(api.sessions(KEY, List.of(new SessionId("s-1"), new SessionId("s-2"), new SessionId("s-3"))));

        assertThat(found.stream().map(r -> r.sessionId().orElseThrow().value())).containsExactly("s-1", "s-2");
        assertThat(fake.calls("GET /sessions/batch")).isEqualTo(1);
    }

    @Test
    void aKeyThatCannotBeAHeaderIsGarbled() {
        fake.on("POST", "/resume").answersJson(new JsonObject().put("session_api_key", "a\r\nX-Evil: 1"));
        RuntimeApiException failure = failure(api.resume(KEY, RUNTIME));
        assertThat(failure.detail()).contains("session_api_key").doesNotContain("Evil");
    }

    @Test
    void anImageIsLookedUpByItsEncodedName() throws Exception {
        fake.hasImage("repo/a b+c:1&x=2");
        assertThat(result(api.imageExists(KEY, "repo/a b+c:1&x=2"))).isTrue();
        assertThat(result(api.imageExists(KEY, "repo/other"))).isFalse();
        assertThat(fake.requests("GET /image_exists").get(0).uri())
                .isEqualTo("/image_exists?image=repo%2Fa%20b%2Bc%3A1%26x%3D2");
    }

    @Test
    void aBuildSendsItsPartsInOrder() throws Exception {
        String buildId =
                result(api.build(KEY, "repo:1", List.of("repo:latest", "repo:dev"), Buffer.buffer("H4sIAAAA")));

        RecordedRequest sent = fake.requests("POST /build").get(0);
        String type = sent.header("Content-Type");
        assertThat(type).startsWith("multipart/form-data; boundary=");
        String boundary = type.substring(type.indexOf('=') + 1);
        assertThat(sent.body().toString().replace(boundary, "B"))
                .isEqualTo(String.join(
                        "\r\n",
                        "--B",
                        "Content-Disposition: form-data; name=\"context\"; filename=\"context.tar.gz\"",
                        "Content-Type: application/x-tar",
                        "",
                        "H4sIAAAA",
                        "--B",
                        "Content-Disposition: form-data; name=\"target_image\"",
                        "",
                        "repo:1",
                        "--B",
                        "Content-Disposition: form-data; name=\"tags\"",
                        "",
                        "repo:latest",
                        "--B",
                        "Content-Disposition: form-data; name=\"tags\"",
                        "",
                        "repo:dev",
                        "--B--",
                        ""));
        assertThat(buildId).isEqualTo("build-1");
    }

    @Test
    void aBuildGoesOnUntilItSucceeds() throws Exception {
        fake.buildsTakeLooks(1);
        String buildId = result(api.build(KEY, "repo:1", List.of(), Buffer.buffer("H4sI")));

        assertThat(result(api.buildStatus(KEY, buildId)).state()).isEqualTo(BuildReport.State.IN_PROGRESS);
        assertThat(result(api.buildStatus(KEY, buildId)))
                .isEqualTo(new BuildReport(BuildReport.State.SUCCESS, Optional.of("repo:1"), Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "FAILURE,FAILURE",
        "INTERNAL_ERROR,INTERNAL_ERROR",
        "TIMEOUT,TIMEOUT",
        "CANCELLED,CANCELLED",
        "EXPIRED,EXPIRED",
        "QUEUED,IN_PROGRESS",
        "success,IN_PROGRESS"
    })
    void aBuildReportsUpstreamsWord(String word, BuildReport.State state) throws Exception {
        fake.on("GET", "/build_status")
                .answersJson(new JsonObject().put("status", word).put("error", "no space on 10.1.2.3:5000"));
        BuildReport report = result(api.buildStatus(KEY, "b 1"));
        assertThat(report.state()).isEqualTo(state);
        assertThat(report.error()).contains("no space on (address)");
        assertThat(fake.requests().get(0).uri()).isEqualTo("/build_status?build_id=b%201");
    }
}
