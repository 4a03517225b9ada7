package dev.reveille.conformance;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.conformance.V1Client.SandboxError;
import dev.reveille.conformance.V1Client.State;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code RemoteSandboxService}, as in sections 4.1 to 4.3 of the description of the runtime API. */
@ExtendWith(VertxExtension.class)
class V1ClientTest {
    @TempDir
    Path folder;

    private Vertx vertx;
    private Stage stage;
    private V1Client app;

    @BeforeEach
    void remember(Vertx given) {
        vertx = given;
    }

    @AfterEach
    void close() {
        if (stage != null) {
            stage.close();
        }
    }

    // The same before each deployment.

    @ParameterizedTest
    @EnumSource
    void aSandboxIsStartedPausedResumedAndDeleted(Deployment deployment) {
        appBefore(deployment.open(vertx, folder));

        JsonObject started = app.start("b62");
        JsonObject running = app.waitUntilRunning("b62", ofSeconds(15));
        boolean paused = app.pause("b62");
        State asleep = app.state("b62");
        boolean resumed = app.resume("b62");
        JsonObject again = app.waitUntilRunning("b62", ofSeconds(15));
        boolean deleted = app.delete("b62");

        assertThat(paused && resumed && deleted).isTrue();
        assertThat(asleep).isEqualTo(State.PAUSED);
        assertThat(app.state("b62")).isEqualTo(State.MISSING);
        assertThat(List.of(running, again)).allSatisfy(record -> {
            assertThat(record.getString("url")).isEqualTo(started.getString("url"));
            assertThat(record.getString("runtime_id")).isEqualTo(started.getString("runtime_id"));
        });
        assertThat(app.calls()).allSatisfy(call -> assertThat(call.status()).isIn(200, 404));
    }

    @Test
    void itsServicesAreReachedByPathsBesideTheSandboxs() {
        scripted();
        app.start("b62");

        JsonObject record = app.waitUntilRunning("b62", ofSeconds(15));
        Map<String, String> urls = app.exposedUrls(record);

        String runtime = stage.base() + "/" + record.getString("runtime_id");
        assertThat(urls)
                .containsEntry("AGENT_SERVER", runtime + "/runtime")
                .containsEntry("WORKER_1", runtime + "/work-1")
                .containsEntry("WORKER_2", runtime + "/work-2");
        assertThat(urls.get("VSCODE")).startsWith(runtime + "/vscode?tkn=").endsWith("&folder=%2Fworkspace%2Fproject");
    }

    @ParameterizedTest
    @EnumSource
    void theListTellsTheLiveOnesAndTheBatchAll(Deployment deployment) {
        appBefore(deployment.open(vertx, folder));
        app.start("one");
        app.start("two");
        app.waitUntilRunning("one", ofSeconds(15));
        app.waitUntilRunning("two", ofSeconds(15));
        app.pause("two");

        JsonObject list = app.list();
        Map<String, JsonObject> batch = app.batch(List.of("one", "two", "three"));

        assertThat(list.getInteger("total")).isEqualTo(1);
        assertThat(list.getJsonArray("runtimes")).hasSize(1);
        assertThat(list.getJsonArray("runtimes").getJsonObject(0).getString("session_id"))
                .isEqualTo("one");
        assertThat(batch).containsOnlyKeys("one", "two");
        assertThat(app.state(batch.get("two"))).isEqualTo(State.PAUSED);
        assertThat(batch.get("one").getString("url"))
                .isEqualTo(app.record("one").orElseThrow().getString("url"));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotThereIsMissingAndDeletingItSucceeds(Deployment deployment) {
        appBefore(deployment.open(vertx, folder));

        assertThat(app.state("nobody")).isEqualTo(State.MISSING);
        assertThat(app.resume("nobody")).isFalse();
        assertThat(app.pause("nobody")).isFalse();
        assertThat(app.delete("nobody")).isTrue();
    }

    // What only a scripted runtime API does.

    @Test
    void aStartAnswersEarlyAndGoesUpByteForByte() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(200));

        JsonObject started = app.start("b62");
        JsonObject running = app.waitUntilRunning("b62", ofSeconds(15));

        assertThat(started.getString("status")).isEqualTo("starting");
        assertThat(started.getString("session_api_key")).isEqualTo("key-rt1");
        assertThat(running.getString("session_api_key")).isEqualTo("key-rt1");
        assertThat(upstream.requests("POST /start")).hasSize(1);
        assertThat(upstream.requests("POST /start").get(0).body().toString()).isEqualTo(V1Client.usualStart("b62"));
        assertThat(app.ask(running, "b62", "POST", "/api/conversations", "{}").status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 503})
    void aSandboxIsRunningOnlyWhenItAnswers(int whileTheRouteIsMissing) {
        FakeRuntimeApi upstream = scripted();
        upstream.readyBeforeRoute(ofMillis(300)).pausedAnswers(whileTheRouteIsMissing);
        app.start("b62");

        app.waitUntilRunning("b62", ofSeconds(15));

        List<String> probes = app.transcript().stream()
                .filter(call -> call.contains("/alive"))
                .toList();
        assertThat(probes).containsExactly("GET /rt1/runtime/alive 200");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    @Tag("slow")
    void threeSecondsBetweenReadyAndTheRouteAreSurvived() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(200)).readyBeforeRoute(ofSeconds(3)).pausedAnswers(404);
        app.start("b62");

        app.waitUntilRunning("b62", ofSeconds(15));

        assertThat(app.transcript().stream().filter(call -> call.contains("/alive")))
                .containsExactly("GET /rt1/runtime/alive 200");
    }

    @Test
    void aPodThatBreaksIsAnErrorWithItsReason() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("b62").tells("status_detail", "ImagePullBackOff");
        upstream.startTakes(ofMillis(50)).podsEndAs("failed");
        app.start("b62");

        SandboxError failure =
                catchThrowableOfType(SandboxError.class, () -> app.waitUntilRunning("b62", ofSeconds(15)));

        assertThat(failure).hasMessageContaining("Sandbox entered error state");
    }

    @Test
    void aKeyThatChangesOnResumeIsToldAndWorks() {
        FakeRuntimeApi upstream = scripted().rotatesSessionKeys();
        app.start("b62");
        JsonObject record = app.waitUntilRunning("b62", ofSeconds(15));
        app.pause("b62");

        app.resume("b62");
        app.waitUntilRunning("b62", ofSeconds(15));

        assertThat(app.key("b62")).contains("key-rt1-2");
        assertThat(app.record("b62").orElseThrow().getString("session_api_key")).isEqualTo("key-rt1-2");
        assertThat(app.ask(record, "b62", "GET", "/api/conversations/count", "").status())
                .isEqualTo(200);
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aResumeThatUpstreamRefusesSinceItRunsSucceeds() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("b62").withKey("k").isPaused();
        app.state("b62");
        upstream.session("b62").isRunning();

        boolean resumed = app.resume("b62");

        assertThat(resumed).isTrue();
        assertThat(app.waitUntilRunning("b62", ofSeconds(15)).getString("status"))
                .isEqualTo("running");
    }

    @Test
    void aKeyThatIsNullStaysNull() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("b62").tells("session_api_key", null).isRunning();

        assertThat(app.state("b62")).isEqualTo(State.RUNNING);
        assertThat(app.record("b62").orElseThrow().containsKey("session_api_key"))
                .isTrue();
        assertThat(app.batch(List.of("b62")).get("b62").containsKey("session_api_key"))
                .isTrue();
    }

    @Test
    void aServerWithoutBatchesIsAskedOneByOne() {
        FakeRuntimeApi upstream = scripted().knowsNoBatch();
        upstream.session("one").withKey("k-1").isRunning();
        upstream.session("two").withKey("k-2").isPaused();

        Map<String, JsonObject> batch = app.batch(List.of("one", "two", "three"));

        assertThat(batch).containsOnlyKeys("one", "two");
    }

    @Test
    void theOldestArePausedByWhatTheListSays() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("one").withKey("k-1").isRunning();
        upstream.session("two").withKey("k-2").isStarting();
        upstream.session("three").isPaused();

        JsonObject list = app.list();

        assertThat(list.getJsonArray("runtimes").stream().map(item -> ((JsonObject) item).getString("session_id")))
                .containsExactlyInAnyOrder("one", "two");
        assertThat(list.getInteger("total")).isEqualTo(2);
        assertThat(list.getJsonArray("runtimes").stream()
                        .map(item ->
                                URI.create(((JsonObject) item).getString("url")).getPort()))
                .containsOnly(stage.port());
    }

    @Test
    void fieldsThatNobodyKnowsAreTold() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("b62")
                .tells(
                        "container_statuses",
                        new io.vertx.core.json.JsonArray().add(new JsonObject().put("ready", true)))
                .tells("pod_logs", "Uvicorn running")
                .tells("status_detail", null)
                .tells("gpu", 2)
                .isRunning();

        JsonObject record = app.record("b62").orElseThrow();

        assertThat(record.getJsonArray("container_statuses").getJsonObject(0).getBoolean("ready"))
                .isTrue();
        assertThat(record.getString("pod_logs")).isEqualTo("Uvicorn running");
        assertThat(record.containsKey("status_detail")).isTrue();
        assertThat(record.getInteger("gpu")).isEqualTo(2);
        assertThat(app.list().getJsonArray("runtimes").getJsonObject(0).getInteger("gpu"))
                .isEqualTo(2);
    }

    @Test
    void aDeleteThatUpstreamCannotDoNowIsDoneLater() {
        appBefore(Stage.scripted(vertx, "registry.repair-interval=50ms"));
        FakeRuntimeApi upstream = stage.upstream();
        upstream.session("b62").withKey("k").isRunning();
        app.state("b62");
        upstream.on("POST", "/stop").answers(500);

        boolean deleted = app.delete("b62");
        int refused = upstream.calls("POST /stop");
        upstream.asUsual();
        await(upstream.whenCalled("POST /stop", refused + 1));

        assertThat(deleted).isTrue();
        assertThat(refused).isPositive();
    }

    private FakeRuntimeApi scripted() {
        return appBefore(Stage.scripted(vertx)).upstream();
    }

    private Stage appBefore(Stage opened) {
        stage = opened;
        if (stage.isScripted()) {
            stage.upstream().issuesSessionKeys();
        }
        app = new V1Client(stage.base(), "client-key");
        return stage;
    }
}
