package dev.reveille.conformance;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.conformance.Frames.Closed;
import dev.reveille.conformance.SdkWorkspace.Refused;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code APIRemoteWorkspace}, as in section 4.4 of the description of the runtime API, with a port for each sandbox. */
@ExtendWith(VertxExtension.class)
class SdkWorkspaceTest {
    private static final int PORTS = 16;

    @TempDir
    Path folder;

    private Vertx vertx;
    private Stage stage;

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
    void aWorkspaceIsStartedUsedAndStopped(Deployment deployment) {
        stage = deployment.open(vertx, folder, PortMode.of(PORTS));

        SdkWorkspace workspace = workspace().open();
        int listed = workspace.ask("POST", "/list_files", "{}").status();
        workspace.cleanUp();
        workspace.cleanUp();

        assertThat(listed).isEqualTo(200);
        assertThat(URI.create(workspace.url()).getRawPath()).isEmpty();
        assertThat(URI.create(workspace.url()).getPort()).isNotEqualTo(stage.port());
        assertThat(workspace.transcript())
                .startsWith("GET /sessions/agent-server-1 404", "POST /start 200")
                .contains("GET /health 200")
                .endsWith("POST /stop 200");
        assertThat(workspace.transcript().stream().filter("POST /stop 200"::equals))
                .hasSize(1);
    }

    @Test
    void aRunningOneIsAttachedTo() {
        scripted();
        SdkWorkspace first = workspace().keepingAlive().open();
        first.cleanUp();

        SdkWorkspace second = workspace().open();

        assertThat(second.runtimeId()).isEqualTo(first.runtimeId());
        assertThat(second.url()).isEqualTo(first.url());
        assertThat(second.transcript()).doesNotContain("POST /start 200", "POST /resume 200");
    }

    @ParameterizedTest
    @EnumSource
    void aPausedOneIsResumedUnderTheSameUrl(Deployment deployment) {
        stage = deployment.open(vertx, folder, PortMode.of(PORTS));
        SdkWorkspace first = workspace().pausingOnClose().open();
        first.cleanUp();

        SdkWorkspace second = workspace().open();

        assertThat(first.transcript()).endsWith("POST /pause 200");
        assertThat(second.transcript()).startsWith("GET /sessions/agent-server-1 200", "POST /resume 200");
        assertThat(second.url()).isEqualTo(first.url());
        assertThat(second.ask("POST", "/list_files", "{}").status()).isEqualTo(200);
    }

    // What only a scripted runtime API does.

    @Test
    void aStartGoesUpByteForByteAndTheKeysOfTheClientDoNot() {
        FakeRuntimeApi upstream = scripted().issuesSessionKeys();

        SdkWorkspace workspace = workspace().open();
        JsonObject seen = workspace.ask("GET", "/api/conversations/count", "").json();

        assertThat(upstream.requests("POST /start")).hasSize(1);
        assertThat(upstream.requests("POST /start").get(0).body().toString())
                .isEqualTo(SdkWorkspace.usualStart("agent-server-1"));
        assertThat(upstream.requests("POST /start").get(0).header("X-API-Key")).isEqualTo("up-key");
        assertThat(workspace.sessionKey()).contains("key-rt1");
        assertThat(seen.getJsonObject("headers").getString("x-session-api-key")).isEqualTo("key-rt1");
        assertThat(seen.getString("path")).isEqualTo("/rt1/runtime/api/conversations/count");
    }

    @Test
    void aUrlWithAPathIsRefusedSoThisClientNeedsPortsOrNames() {
        stage = Stage.scripted(vertx);

        Refused refused = catchThrowableOfType(Refused.class, () -> workspace().open());

        assertThat(refused).hasMessageContaining("has a path");
        assertThat(stage.upstream().session("agent-server-1").status()).isEqualTo("stopped");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 503})
    void aPodThatIsReadyBeforeItsRouteIsWaitedFor(int whileTheRouteIsMissing) {
        FakeRuntimeApi upstream = scripted();
        upstream.readyBeforeRoute(ofMillis(300)).pausedAnswers(whileTheRouteIsMissing);

        SdkWorkspace workspace = workspace().open();

        assertThat(workspace.ask("GET", "/x", "").status()).isEqualTo(200);
        assertThat(workspace.transcript().stream().filter(call -> call.startsWith("GET /health")))
                .containsExactly("GET /health 200");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    @Tag("slow")
    void threeSecondsBetweenReadyAndTheRouteAreSurvived() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(200)).readyBeforeRoute(ofSeconds(3)).pausedAnswers(404);

        SdkWorkspace workspace = workspace().open();

        assertThat(workspace.transcript()).last().isEqualTo("GET /health 200");
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"crashloopbackoff", "failed"})
    void aPodThatBreaksIsToldAndStopped(String podStatus) {
        FakeRuntimeApi upstream = scripted();
        upstream.session("agent-server-1").tells("pod_logs", "MemoryError");
        upstream.startTakes(ofMillis(50)).podsEndAs(podStatus);

        Refused refused = catchThrowableOfType(Refused.class, () -> workspace().open());

        assertThat(refused).hasMessageContaining(podStatus).hasMessageContaining("MemoryError");
        assertThat(upstream.session("agent-server-1").status()).isEqualTo("stopped");
    }

    @Test
    @Tag("slow")
    void aStartThatTakesLongerThanTheClientWaitsIsStoppedCleanly() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofHours(1));

        Refused refused = catchThrowableOfType(
                Refused.class, () -> workspace().waitingAtMost(ofMillis(200)).open());

        assertThat(refused).hasMessageContaining("not ready within");
        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
        assertThat(upstream.session("agent-server-1").status()).isEqualTo("stopped");
    }

    @Test
    void aHiccupOfUpstreamDoesNotEndTheWait() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(300));
        new Curl(stage.base(), "client-key").post("/start", SdkWorkspace.usualStart("agent-server-1"));
        upstream.on("GET", "/sessions/*").answers(500).resets().answers(503).usual();
        upstream.on("GET", "/runtime/*").answers(500).resets().usual();

        workspace().open();

        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void itPausesAndResumesItself() {
        FakeRuntimeApi upstream = scripted();
        upstream.resumeTakes(ofMillis(100));
        SdkWorkspace workspace = workspace().open();
        String url = workspace.url();

        workspace.pause();
        String paused = upstream.session("agent-server-1").status();
        workspace.resume();

        assertThat(paused).isEqualTo("paused");
        assertThat(workspace.url()).isEqualTo(url);
        assertThat(workspace.ask("GET", "/x", "").status()).isEqualTo(200);
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void closingToKeepCallsNothing() {
        FakeRuntimeApi upstream = scripted();
        SdkWorkspace workspace = workspace().keepingAlive().open();

        workspace.cleanUp();

        assertThat(upstream.calls("POST /stop")).isZero();
        assertThat(upstream.calls("POST /pause")).isZero();
    }

    // Its conversation.

    @Test
    void aConversationIsFollowedAfterItsFirstFrameShowedTheKey() throws Exception {
        scripted().issuesSessionKeys();
        SdkWorkspace workspace = workspace().open();

        Frames frames = workspace.follow("c-1", workspace.sessionKey().orElseThrow());
        String state = frames.next();
        frames.say("{\"n\":1}");

        assertThat(new JsonObject(state).getString("kind")).isEqualTo("ConversationStateUpdateEvent");
        assertThat(frames.next()).isEqualTo("{\"n\":1}");
        frames.leave();
    }

    @Test
    void aWrongKeyEndsWithTheSandboxsOwnCode() {
        scripted().issuesSessionKeys();
        SdkWorkspace workspace = workspace().open();

        assertThat(workspace.follow("c-1", "wrong").end()).isEqualTo(new Closed(4001, "Authentication failed"));
    }

    @Test
    void aConversationThatIsNotThereEndsWithTheSandboxsOwnCode() {
        scripted().issuesSessionKeys();
        SdkWorkspace workspace = workspace().open();

        Frames frames = workspace.follow("none", workspace.sessionKey().orElseThrow());

        assertThat(frames.end()).isEqualTo(new Closed(4004, "Conversation not found"));
    }

    private FakeRuntimeApi scripted() {
        stage = Stage.scripted(vertx, PortMode.of(PORTS));
        return stage.upstream();
    }

    private SdkWorkspace workspace() {
        return new SdkWorkspace(stage.base(), "client-key", "agent-server-1");
    }
}
