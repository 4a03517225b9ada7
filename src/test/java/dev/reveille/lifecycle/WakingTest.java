package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Examples;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Lease;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FakeSandbox;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class WakingTest {
    private static final JsonObject ENV = new JsonObject().put("initial_env", new JsonObject().put("A", "1"));

    private FakeRuntimeApi upstream;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(upstream, vertx, "upstream.call-timeout=300ms");
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aSleepingSessionIsWokenAndGetsItsVariablesAgain() {
        aPausedSession(ENV);

        assertThat(await(node.resuming("s-1")).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.session("s-1").commands()).hasSize(2);
    }

    @Test
    void aRunningSessionIsLeftAloneWhenAClientResumesIt() {
        node.open("s-1");

        assertThat(await(node.resuming("s-1")).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isZero();
    }

    @Test
    void aRequestThatFoundASandboxAsleepWakesItThoughWeTookItToRun() {
        long revision = node.open("s-1").getLong("revision");
        upstream.session("s-1").isPaused();

        assertThat(await(node.waking("s-1", revision)).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aRequestThatFoundItAsleepBeforeItWasWokenWakesNothing() {
        long revision = aPausedSession(new JsonObject());
        await(node.waking("s-1", revision));

        await(node.waking("s-1", revision));

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void oneResumeServesManyCallers() {
        long revision = aPausedSession(new JsonObject());
        upstream.resumeTakes(ofMillis(50));

        List<Future<JsonObject>> wakes = IntStream.range(0, 100)
                .mapToObj(i -> node.waking("s-1", revision))
                .toList();
        await(Future.all(wakes));

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void refusedAsAwakeIsAwake() {
        long revision = node.open("s-1").getLong("revision");

        assertThat(await(node.waking("s-1", revision)).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void refusedAsAwakeThoughItSleepsIsAFailureAtOnce() {
        aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").answers(409);

        GatewayFailure failure = failureOf(node.resuming("s-1"));

        assertThat(failure.code()).isEqualTo("resume_failed");
        assertThat(failure.detail()).endsWith("says that it is paused");
    }

    @Test
    void aKeyThatRotatesIsTakenOver() {
        upstream.issuesSessionKeys().rotatesSessionKeys();
        aPausedSession(ENV);

        JsonObject woken = await(node.resuming("s-1"));

        assertThat(woken.getString("session_api_key")).isEqualTo("key-rt1-2");
        assertThat(upstream.requests("POST /rt1/runtime/execute_action"))
                .extracting(r -> r.header("X-Session-API-Key"))
                .containsExactly("key-rt1", "key-rt1-2");
    }

    @Test
    void aKeyThatRotatedWithAnAnswerThatWasLostIsAskedFor() {
        upstream.issuesSessionKeys().rotatesSessionKeys();
        aPausedSession(ENV);
        upstream.on("POST", "/resume").losesTheAnswer().usual();

        assertThat(await(node.resuming("s-1")).getString("session_api_key")).isEqualTo("key-rt1-2");
    }

    @Test
    void aKeyThatUpstreamLeavesOutOfItsRecordsIsKept() {
        upstream.issuesSessionKeys();
        node.open("s-1");
        FakeSandbox sandbox = upstream.session("s-1").withoutKey();

        await(node.inspecting("s-1"));
        await(node.pausing("s-1"));
        sandbox.isPaused();
        await(node.resuming("s-1"));

        assertThat(node.session("s-1").orElseThrow().runtime().orElseThrow().sessionKey())
                .contains("key-rt1");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 500})
    void everybodyWhoWaitedGetsTheSameFailureAndALaterRequestTriesAgain(int status) {
        long revision = aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").answers(status).afterMillis(50).then(200);

        List<Future<JsonObject>> wakes = IntStream.range(0, 20)
                .mapToObj(i -> node.waking("s-1", revision))
                .toList();
        List<GatewayFailure> failures =
                wakes.stream().map(TestNode::failureOf).distinct().toList();

        assertThat(failures).hasSize(1);
        assertThat(failures.get(0).code()).isEqualTo("resume_failed");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(await(node.resuming("s-1")).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(2);
    }

    @Test
    void failuresInQuickSuccessionAreEachTheirOwn() {
        aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").answers(500);

        for (int i = 1; i <= 4; i++) {
            assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("resume_failed");
            assertThat(upstream.calls("POST /resume")).isEqualTo(i);
        }
    }

    @Test
    void aLateRequestFromBeforeTheFailureGetsThatFailure() {
        long revision = aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").answers(500).then(200);
        failureOf(node.waking("s-1", revision));

        assertThat(failureOf(node.waking("s-1", revision)).code()).isEqualTo("resume_failed");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void anAnswerThatWasKeptIsAskedForAndNotOrderedTwice() {
        aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").keepsTheAnswer();

        assertThat(await(node.resuming("s-1")).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void anOrderThatWasNeverCarriedOutIsUnanswered() {
        aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").hangs();

        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("runtime_api_unavailable");
    }

    @Test
    void aSandboxThatIsGoneMeansThatTheSessionIsOver() {
        aPausedSession(new JsonObject());
        upstream.forget("s-1");

        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("resume_failed");
        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("unknown_session");
    }

    @Test
    void aPodThatBreaksWhileItWakesIsACrash() {
        aPausedSession(new JsonObject());
        upstream.podsEndAs("crashloopbackoff");

        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("runtime_crashed");

        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void aCloseDuringAResumeWins() {
        aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").usual().afterMillis(100);
        Future<JsonObject> waking = node.resuming("s-1");
        await(upstream.whenCalled("POST /resume", 1));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");

        assertThat(failureOf(waking).code()).isEqualTo("unknown_session");
        assertThat(node.session("s-1").orElseThrow().state()).isEqualTo(new SandboxState.Stopped());
    }

    @Test
    void aResumeThatUpstreamCarriesOutAfterTheStopIsStoppedAgain() {
        aPausedSession(new JsonObject());
        upstream.on("POST", "/resume").answersJson(new JsonObject()).afterMillis(100);
        Future<JsonObject> waking = node.resuming("s-1");
        await(upstream.whenCalled("POST /resume", 1));
        await(node.closing("s-1"));

        upstream.session("s-1").isRunning();

        assertThat(await(upstream.whenCalled("POST /stop", 2)).json().getString("runtime_id"))
                .isEqualTo("rt1");
        assertThat(failureOf(waking).code()).isEqualTo("unknown_session");
    }

    @Test
    void aCloseWhileItComesUpEndsTheWait() {
        aPausedSession(new JsonObject());
        upstream.resumeTakes(ofSeconds(5));
        Future<JsonObject> waking = node.resuming("s-1");
        await(upstream.whenCalled("GET /rt1/runtime/alive", 3));

        await(node.closing("s-1"));

        assertThat(failureOf(waking).code()).isEqualTo("unknown_session");
        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
    }

    @Test
    void whoAsksForASessionThatNobodyCarriesTakesItOver() {
        FakeSandbox sandbox = upstream.session("s-1").isPaused();
        SandboxRuntime runtime =
                new SandboxRuntime(new RuntimeId(sandbox.runtimeId()), sandbox.url(), sandbox.sessionKey(), Map.of());
        Lease lost = new Lease("node-gone", Instant.now().plusSeconds(3600));
        node.finds(Examples.session("s-1", new SandboxState.Resuming(lost, runtime)));

        assertThat(await(node.resuming("s-1")).getString("state")).isEqualTo("running");
    }

    @Test
    void patienceThatEndsFirstTellsWhereTheSessionStands() {
        aPausedSession(new JsonObject());
        upstream.resumeTakes(ofMillis(300));

        JsonObject now = await(node.resuming("s-1", ofMillis(20)));

        assertThat(now.getString("state")).isEqualTo("resuming");
        assertThat(now.getString("message")).isEqualTo("STATUS$STARTING_RUNTIME");
        assertThat(node.untilState("s-1", "running").runtime())
                .isEqualTo(
                        Optional.of(node.session("s-1").orElseThrow().runtime().orElseThrow()));
    }

    /** @return its revision */
    private long aPausedSession(JsonObject request) {
        node.open("s-1", request);
        return await(node.pausing("s-1")).getLong("revision");
    }
}
