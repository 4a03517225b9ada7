package dev.reveille.testing;

import static java.time.Duration.ofMillis;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.VertxExtension;
import java.net.SocketException;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class FakeRuntimeApiTest {
    private FakeRuntimeApi fake;
    private WebClient client;

    @BeforeEach
    void listen(Vertx vertx) {
        fake = FakeRuntimeApi.start(vertx);
        client = WebClient.create(vertx);
    }

    @AfterEach
    void close() {
        client.close();
        fake.close();
    }

    @Test
    void aSandboxStartsPausesAndResumes() throws Exception {
        HttpResponse<Buffer> started = post("/start", new JsonObject().put("session_id", "s-1"));
        JsonObject record = started.bodyAsJsonObject();
        URI alive = URI.create(record.getString("url") + "/alive");
        assertThat(record.getString("status")).isEqualTo("running");
        assertThat(get(alive).bodyAsJsonObject()).isEqualTo(new JsonObject().put("status", "ok"));

        JsonObject runtime = new JsonObject().put("runtime_id", record.getString("runtime_id"));
        assertThat(post("/pause", runtime).statusCode()).isEqualTo(200);
        assertThat(get(alive).statusCode()).isEqualTo(503);
        assertThat(get(fake.uri().resolve("/sessions/s-1")).bodyAsJsonObject().getString("status"))
                .isEqualTo("paused");

        assertThat(post("/resume", runtime).statusCode()).isEqualTo(200);
        assertThat(post("/resume", runtime).statusCode()).isEqualTo(409);
        assertThat(get(alive).statusCode()).isEqualTo(200);

        fake.sandbox("rt1").crash();
        assertThat(get(alive).statusCode()).isEqualTo(502);
        assertThat(fake.calls("POST /resume")).isEqualTo(2);
    }

    @Test
    void aSessionThatWasOnlyNamedIsUnknown() throws Exception {
        fake.session("s-1");
        assertThat(get(fake.uri().resolve("/sessions/s-1")).statusCode()).isEqualTo(404);
    }

    @Test
    void aStartThatTakesTimePassesThroughPending() throws Exception {
        fake.startTakes(ofMillis(50)).readyBeforeRoute(ofMillis(50));
        JsonObject record =
                post("/start", new JsonObject().put("session_id", "s-1")).bodyAsJsonObject();
        assertThat(record.getString("status")).isEqualTo("starting");
        assertThat(record.getString("pod_status")).isEqualTo("pending");
        assertThat(get(URI.create(record.getString("url") + "/alive")).statusCode())
                .isEqualTo(503);
    }

    @Test
    void aScriptServesItsStepsInOrderAndThenItsLast() throws Exception {
        fake.session("s-1").isRunning();
        fake.on("GET", "/sessions/*").answers(500).times(2).answersText("odd").then(200);
        URI session = fake.uri().resolve("/sessions/s-1");

        assertThat(get(session).statusCode()).isEqualTo(500);
        assertThat(get(session).statusCode()).isEqualTo(500);
        assertThat(get(session).bodyAsString()).isEqualTo("odd");
        assertThat(get(session).bodyAsJsonObject().getString("runtime_id")).isEqualTo("rt1");
        assertThat(get(session).bodyAsJsonObject().getString("runtime_id")).isEqualTo("rt1");
    }

    @Test
    void aSandboxEchoesWhatCame() throws Exception {
        URI url = fake.session("s-1").isRunning().url();
        JsonObject echo = client.postAbs(url + "/any/path?b=1&a=2")
                .putHeader("X-Thing", "yes")
                .sendBuffer(Buffer.buffer("hello"))
                .await(5, SECONDS)
                .bodyAsJsonObject();
        assertThat(echo.getString("method")).isEqualTo("POST");
        assertThat(echo.getString("path")).isEqualTo("/rt1/runtime/any/path");
        assertThat(echo.getString("query")).isEqualTo("b=1&a=2");
        assertThat(echo.getJsonObject("headers").getString("x-thing")).isEqualTo("yes");
        assertThat(echo.getInteger("body_length")).isEqualTo(5);
        assertThat(echo.getString("sha256")).startsWith("2cf24dba5fb0a30e");
    }

    @Test
    void aSandboxRunsCommandsForWhoeverHasItsKey() throws Exception {
        FakeSandbox sandbox = fake.session("s-1").isRunning().withKey("k");
        JsonObject action = new JsonObject()
                .put(
                        "action",
                        new JsonObject().put("action", "run").put("args", new JsonObject().put("command", "ls")));

        assertThat(client.postAbs(sandbox.url() + "/execute_action")
                        .sendJsonObject(action)
                        .await(5, SECONDS)
                        .statusCode())
                .isEqualTo(403);
        JsonObject observation = client.postAbs(sandbox.url() + "/execute_action")
                .putHeader("X-Session-API-Key", "k")
                .sendJsonObject(action)
                .await(5, SECONDS)
                .bodyAsJsonObject();
        assertThat(observation.getJsonObject("extras").getJsonObject("metadata").getInteger("exit_code"))
                .isZero();
        assertThat(sandbox.commands()).containsExactly("ls");
    }

    @Test
    void allSandboxesCanBeScriptedAtOnce() throws Exception {
        URI url = fake.session("s-1").isRunning().url();
        fake.onSandboxes().answers(502);
        assertThat(get(url).statusCode()).isEqualTo(502);
        fake.asUsual();
        assertThat(get(url).statusCode()).isEqualTo(200);
    }

    @Test
    void theSandboxSideClosesByItself() throws Exception {
        URI url = fake.session("s-1").isRunning().url();
        fake.closeSandboxes();
        assertThatThrownBy(() -> get(url)).isInstanceOf(SocketException.class);
        assertThat(get(fake.uri().resolve("/sessions/s-1")).statusCode()).isEqualTo(200);
        fake.openSandboxes();
        assertThat(get(url).statusCode()).isEqualTo(200);
    }

    @Test
    void sandboxesCanHaveNamesInsteadOfPaths() throws Exception {
        URI url = fake.namesSandboxesByHost().session("s-1").isRunning().url();

        assertThat(url.toString()).startsWith("http://rt1.localhost:").doesNotEndWith("/");
        assertThat(named("rt1.localhost", "/alive").statusCode()).isEqualTo(200);
        assertThat(named("vscode-rt1.localhost", "/x").bodyAsJsonObject().getString("service"))
                .isEqualTo("vscode");
        assertThat(named("work-2-rt1.localhost", "/x").bodyAsJsonObject().getString("path"))
                .isEqualTo("/x");
        assertThat(named("rt2.localhost", "/alive").statusCode()).isEqualTo(404);
    }

    @Test
    void aRecordTellsWhatItIsToldTo() throws Exception {
        fake.session("s-1").tells("session_api_key", null).tells("gpu", 2).isRunning();

        JsonObject record = get(fake.uri().resolve("/sessions/s-1")).bodyAsJsonObject();

        assertThat(record.containsKey("session_api_key")).isTrue();
        assertThat(record.getValue("session_api_key")).isNull();
        assertThat(record.getInteger("gpu")).isEqualTo(2);
    }

    @Test
    void anOlderServerTakesTheBatchForASession() throws Exception {
        fake.knowsNoBatch().session("s-1").isRunning();

        assertThat(get(fake.uri().resolve("/sessions/batch?ids=s-1")).statusCode())
                .isEqualTo(404);
    }

    @Test
    void aTestCanWaitForACall() throws Exception {
        fake.session("s-1").isPaused();
        fake.on("POST", "/resume").hangs();
        client.postAbs(fake.uri() + "/resume")
                .sendJsonObject(new JsonObject().put("runtime_id", "rt1"))
                .onComplete(ignored -> {});
        RecordedRequest resume = fake.whenCalled("POST /resume", 1).await(5, SECONDS);
        assertThat(resume.json().getString("runtime_id")).isEqualTo("rt1");
        assertThat(resume.isControl()).isTrue();
    }

    private HttpResponse<Buffer> get(URI uri) throws Exception {
        return client.getAbs(uri.toString()).send().await(5, SECONDS);
    }

    private HttpResponse<Buffer> named(String host, String path) throws Exception {
        return client.get(fake.sandboxUri().getPort(), "127.0.0.1", path)
                .virtualHost(host)
                .send()
                .await(5, SECONDS);
    }

    private HttpResponse<Buffer> post(String path, JsonObject body) throws Exception {
        return client.postAbs(fake.uri() + path).sendJsonObject(body).await(5, SECONDS);
    }
}
