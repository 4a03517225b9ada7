package dev.reveille.conformance;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.conformance.V0Failure.Kind;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.RecordedRequest;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code RemoteRuntime}, as in sections 3.1 to 3.6 of the description of the runtime API. */
@ExtendWith(VertxExtension.class)
class V0ClientTest {
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
    void aFreshStartIsUsedAndStopped(Deployment deployment) {
        stage = deployment.open(vertx, folder);
        V0Client client = client().connect();

        JsonObject observation = client.run("echo hi");
        client.close();
        client.close();

        assertThat(observation.getString("observation")).isEqualTo("run");
        assertThat(client.transcript().subList(0, 2)).containsExactly("GET /sessions/s-1 404", "POST /start 200");
        assertThat(client.transcript().subList(2, client.transcript().size()))
                .containsSubsequence(
                        "GET /runtime/" + client.runtimeId() + " 200",
                        "GET " + client.url().substring(stage.base().toString().length()) + "/alive 200")
                .endsWith("POST /stop 200");
        assertThat(client.transcript().stream().filter(call -> call.startsWith("POST /stop")))
                .hasSize(1);
        assertThat(client.messages()).containsExactly("STATUS$STARTING_CONTAINER", "STATUS$WAITING_FOR_CLIENT", " ");
    }

    @ParameterizedTest
    @EnumSource
    void attachingToARunningOneTakesThreeCallsAndLeavesItRunning(Deployment deployment) {
        stage = deployment.open(vertx, folder);
        V0Client owner = client().connect();

        V0Client guest = client().attaching().connect();
        guest.run("echo hi");
        guest.close();

        assertThat(guest.transcript())
                .containsExactly(
                        "GET /sessions/s-1 200",
                        "GET /runtime/" + owner.runtimeId() + " 200",
                        "GET /" + owner.runtimeId() + "/runtime/alive 200",
                        "POST /" + owner.runtimeId() + "/runtime/execute_action 200");
        assertThat(guest.runtimeId()).isEqualTo(owner.runtimeId());
        assertThat(guest.url()).isEqualTo(owner.url());
        assertThat(guest.sessionKey()).isEqualTo(owner.sessionKey());
        owner.run("echo still here");
    }

    @ParameterizedTest
    @EnumSource
    void attachingToAPausedOneResumesIt(Deployment deployment) {
        stage = deployment.open(vertx, folder);
        V0Client owner = client().keepingAlive().connect();
        owner.close();

        V0Client guest = client().attaching().connect();
        guest.run("echo hi");

        assertThat(guest.transcript()).startsWith("GET /sessions/s-1 200", "POST /resume 200");
        assertThat(guest.calls()).allSatisfy(call -> assertThat(call.status()).isNotIn(404, 502, 503, 504));
        assertThat(guest.runtimeId()).isEqualTo(owner.runtimeId());
        assertThat(owner.transcript()).endsWith("POST /pause 200");
    }

    @ParameterizedTest
    @EnumSource
    void attachingToNothingFindsNothing(Deployment deployment) {
        stage = deployment.open(vertx, folder);
        V0Client guest = client().attaching();

        V0Failure failure = failure(guest);

        assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(guest.transcript()).containsExactly("GET /sessions/s-1 404");
    }

    @ParameterizedTest
    @EnumSource
    void aStoppedOneIsNotAttachedToAndStartedAnew(Deployment deployment) {
        stage = deployment.open(vertx, folder);
        V0Client first = client().connect();
        first.close();

        V0Failure failure = failure(client().attaching());
        V0Client second = client().connect();

        assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(second.runtimeId()).isNotEqualTo(first.runtimeId());
        second.run("echo hi");
    }

    @ParameterizedTest
    @EnumSource
    void whoKeepsItsSandboxAliveNeverSeesThat503(Deployment deployment) {
        stage = deployment.open(vertx, folder);
        V0Client client = client().keepingAlive().connect();
        client().keepingAlive().connect().close();

        client.run("echo after a long pause");

        assertThat(client.transcript()).doesNotContain("POST /resume 200");
        assertThat(client.calls()).allSatisfy(call -> assertThat(call.status()).isNotEqualTo(503));
    }

    @Test
    void aSandboxThatIsLeftRunningIsThereForTheNext() {
        scripted();
        V0Client first = client().keepingAlive().leavingRunning().connect();
        int calls = first.transcript().size();
        first.close();

        V0Client second = client().connect();

        assertThat(first.transcript()).hasSize(calls);
        assertThat(second.runtimeId()).isEqualTo(first.runtimeId());
        assertThat(second.transcript()).doesNotContain("POST /start 200");
    }

    // What only a scripted runtime API does.

    @Test
    void aFreshStartIsFourCallsHereAndOneStartThere() {
        FakeRuntimeApi upstream = scripted();
        V0Client client = client().withVariable("who", "me").connect();
        client.close();

        assertThat(client.transcript()).startsWith("GET /sessions/s-1 404", "POST /start 200", "GET /runtime/rt1 200");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
        assertThat(upstream.session("s-1").commands()).hasSize(2).first().isEqualTo("export WHO=\"me\"");
        RecordedRequest start = upstream.requests("POST /start").get(0);
        assertThat(start.body().toString()).isEqualTo(V0Client.usualStart("s-1"));
        assertThat(start.header("X-API-Key")).isEqualTo("up-key");
        assertThat(upstream.requests("POST /stop").get(0).json()).isEqualTo(new JsonObject().put("runtime_id", "rt1"));
    }

    @Test
    void attachingToAPausedOneIsSixCalls() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("s-1").isPaused();

        V0Client guest = client().attaching().connect();

        assertThat(guest.transcript())
                .startsWith("GET /sessions/s-1 200", "POST /resume 200", "GET /runtime/rt1 200")
                .endsWith("GET /rt1/runtime/alive 200", "GET /runtime/rt1 200", "GET /rt1/runtime/alive 200");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.calls("POST /start")).isZero();
        assertThat(upstream.session("s-1").commands()).isEmpty();
    }

    @Test
    void whoResumesSetsTheEnvironmentTwiceAsTheSeedDoes() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("s-1").isPaused();

        client().withVariable("A", "1").connect();

        assertThat(upstream.session("s-1").commands()).hasSize(4);
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aPausedSandboxIsWokenOnceForAnActionAndTheActionRunsOnce() {
        FakeRuntimeApi upstream = scripted();
        V0Client client = client().keepingAlive().withVariable("A", "1").connect();
        int commands = upstream.session("s-1").commands().size();
        upstream.resumeTakes(ofMillis(100)).readyBeforeRoute(ofMillis(100));
        upstream.session("s-1").isPaused();

        client.run("echo hi");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.session("s-1").commands().subList(commands, commands + 1))
                .containsExactly("echo hi");
        assertThat(client.transcript()).last().isEqualTo("POST /rt1/runtime/execute_action 200");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 503, 504})
    void aPodThatIsReadyBeforeItsRouteDoesNotKillTheStart(int whileTheRouteIsMissing) {
        FakeRuntimeApi upstream = scripted();
        upstream.readyBeforeRoute(ofMillis(300)).pausedAnswers(whileTheRouteIsMissing);

        V0Client client = client().connect();
        client.run("echo hi");

        assertThat(client.calls()).allSatisfy(call -> assertThat(call.status()).isNotIn(502, 503, 504));
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.calls("POST /stop")).isZero();
        assertThat(upstream.calls("POST /resume")).isZero();
    }

    @Test
    void norDoesItEndlesslyResumeWithKeepAlive() {
        FakeRuntimeApi upstream = scripted();
        upstream.readyBeforeRoute(ofMillis(300)).pausedAnswers(503);

        client().keepingAlive().connect().run("echo hi");

        assertThat(upstream.calls("POST /resume")).isZero();
    }

    @Test
    @Tag("slow")
    void threeSecondsBetweenReadyAndTheRouteAreSurvived() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(200)).readyBeforeRoute(ofSeconds(3)).pausedAnswers(404);

        V0Client client = client().pollingEvery(ofSeconds(2)).connect();

        client.run("echo hi");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"crashloopbackoff", "failed", "unknown"})
    void aPodThatBreaksEndsTheStartWithThatReasonAndIsStopped(String podStatus) {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(50)).podsEndAs(podStatus);
        V0Client client = client();

        V0Failure failure = failure(client);

        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(client.transcript()).last().isEqualTo("POST /stop 200");
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aStartThatTakesLongerThanTheClientWaitsIsStoppedCleanly() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofHours(1));
        V0Client client = client().waitingAtMost(ofMillis(200));

        V0Failure failure = failure(client);

        assertThat(failure.kind()).isEqualTo(Kind.NOT_READY);
        assertThat(client.transcript()).last().isEqualTo("POST /stop 200");
        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void aStartThatIsRefusedIsToldAndTheCleanUpDoesNotMaskIt() {
        FakeRuntimeApi upstream = scripted();
        upstream.on("POST", "/start").answers(500);
        V0Client client = client();

        V0Failure failure = failure(client);

        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(client.transcript()).last().isEqualTo("POST /stop 200");
        assertThat(client.calls().get(client.calls().size() - 1).body()).isEqualTo("{\"runtime_id\":null}");
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void aSandboxThatDiedIsADisconnectAndTheActionRanAtMostOnce() {
        FakeRuntimeApi upstream = scripted();
        V0Client client = client().connect();
        upstream.session("s-1").on("POST", "/execute_action").resets();

        V0Failure failure = catchThrowableOfType(V0Failure.class, () -> client.run("rm -rf build"));

        assertThat(failure.kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(upstream.calls("POST /rt1/runtime/execute_action")).isEqualTo(1);
    }

    @Test
    void theLastPodStatusIsToldWhileUpstreamHasAHiccup() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(300));
        upstream.on("GET", "/runtime/*").answers(500).then(502).resets().usual();

        V0Client client = client().connect();

        client.run("echo hi");
        assertThat(client.calls()).allSatisfy(call -> assertThat(call.status()).isIn(200, 404));
    }

    @Test
    void theStateOfASandboxThatComesUpIsWaitedForWhenOthersAttach() {
        FakeRuntimeApi upstream = scripted();
        upstream.startTakes(ofMillis(300));
        Courier other = new Courier();
        other.send(Ask.post(stage.base() + "/start").json(V0Client.usualStart("s-1")));

        V0Client guest = client().attaching().connect();

        guest.run("echo hi");
        assertThat(guest.transcript()).first().isEqualTo("GET /sessions/s-1 200");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    // The image.

    @Test
    void anImageIsBuiltOnceAndThenThere() {
        FakeRuntimeApi upstream = scripted();
        upstream.buildsTakeLooks(3);
        V0Builder builder = new V0Builder(stage.base(), "client-key");
        String image = builder.repository() + ":oh_v0.37_abc";

        assertThat(builder.imageExists(image)).isFalse();
        String built = builder.build("H4sIAAAAAAAA".repeat(200_000), List.of(image, image + "-2"));

        assertThat(built).isEqualTo(image);
        assertThat(builder.imageExists(image)).isTrue();
        assertThat(image).startsWith("registry.test/images/runtime:");
        assertThat(upstream.requests("POST /build").get(0).body().toString())
                .isEqualTo(V0Builder.form("H4sIAAAAAAAA".repeat(200_000), List.of(image, image + "-2")));
        assertThat(upstream.calls("GET /build_status")).isEqualTo(4);
        assertThat(upstream.requests("POST /build").get(0).header("X-API-Key")).isEqualTo("up-key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"})
    void aBuildThatFailsSaysWhy(String status) {
        FakeRuntimeApi upstream = scripted();
        upstream.on("GET", "/build_status")
                .answersJson(new JsonObject().put("status", status).put("error", "no space left"));

        V0Failure failure = catchThrowableOfType(
                V0Failure.class, () -> new V0Builder(stage.base(), "client-key").build("H4sI", List.of("r:1")));

        assertThat(failure.kind()).isEqualTo(Kind.BUILD);
        assertThat(failure).hasMessageContaining("no space left");
    }

    @Test
    void theStatusOfABuildIsPassedAsItIs() {
        FakeRuntimeApi upstream = scripted();
        upstream.on("GET", "/build_status").answersJson(202, new JsonObject().put("status", "WORKING"));

        V0Failure failure = catchThrowableOfType(
                V0Failure.class, () -> new V0Builder(stage.base(), "client-key").build("H4sI", List.of("r:1")));

        assertThat(failure.kind()).isEqualTo(Kind.BUILD);
        assertThat(failure.status()).isEqualTo(202);
    }

    @Test
    void aBuildThatIsRefusedForNowIsTriedThreeTimes() {
        FakeRuntimeApi upstream = scripted();
        upstream.on("POST", "/build").answers(429);
        V0Builder builder = new V0Builder(stage.base(), "client-key");

        V0Failure failure = catchThrowableOfType(V0Failure.class, () -> builder.build("H4sI", List.of("r:1")));

        assertThat(failure.kind()).isEqualTo(Kind.RETRIES_ENDED);
        assertThat(builder.transcript()).containsOnly("POST /build 429").hasSize(3);
    }

    // Closing.

    @Test
    void closingAGuestCallsNothing() {
        FakeRuntimeApi upstream = scripted();
        upstream.session("s-1").isRunning();
        V0Client guest = client().attaching().connect();
        int calls = guest.transcript().size();

        guest.close();

        assertThat(guest.transcript()).hasSize(calls);
        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @Test
    void closingToKeepPausesOnce() {
        FakeRuntimeApi upstream = scripted();
        V0Client client = client().keepingAlive().connect();

        client.close();
        client.close();

        assertThat(client.transcript()).endsWith("POST /pause 200");
        assertThat(upstream.calls("POST /pause")).isEqualTo(1);
        assertThat(upstream.session("s-1").status()).isEqualTo("paused");
    }

    @Test
    void closingOneThatSleepsAlreadySucceeds() {
        FakeRuntimeApi upstream = scripted();
        V0Client client = client().keepingAlive().connect();
        client().keepingAlive().connect().close();

        client.close();

        assertThat(client.transcript()).last().isEqualTo("POST /pause 200");
        assertThat(upstream.session("s-1").status()).isEqualTo("paused");
    }

    @Test
    void stoppingOneThatIsGoneSucceeds() {
        FakeRuntimeApi upstream = scripted();
        V0Client client = client().connect();
        upstream.forget("s-1");

        client.close();

        assertThat(client.transcript()).last().isEqualTo("POST /stop 200");
    }

    private FakeRuntimeApi scripted() {
        stage = Stage.scripted(vertx);
        return stage.upstream();
    }

    private V0Client client() {
        return new V0Client(stage.base(), "s-1");
    }

    private static V0Failure failure(V0Client client) {
        V0Failure failure = catchThrowableOfType(V0Failure.class, client::connect);
        assertThat(failure).isNotNull();
        return failure;
    }
}
