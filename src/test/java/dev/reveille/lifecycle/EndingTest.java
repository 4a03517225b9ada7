package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static dev.reveille.testing.Eventually.eventually;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class EndingTest {
    private FakeRuntimeApi upstream;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(
                upstream,
                vertx,
                "upstream.call-timeout=300ms",
                "lifecycle.pause-timeout=400ms",
                "lifecycle.stop-timeout=400ms");
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    // Pausing.

    @Test
    void aRunningSessionIsPaused() {
        node.open("s-1");

        assertThat(await(node.pausing("s-1")).getString("state")).isEqualTo("paused");

        assertThat(upstream.session("s-1").status()).isEqualTo("paused");
    }

    @Test
    void aPausedSessionStaysPaused() {
        node.open("s-1");
        long revision = await(node.pausing("s-1")).getLong("revision");

        assertThat(await(node.pausing("s-1")).getLong("revision")).isEqualTo(revision);

        assertThat(upstream.calls("POST /pause")).isEqualTo(1);
    }

    @Test
    void itIsPausedOnceUpstreamReportsIt() {
        upstream.pauseTakes(ofMillis(100));
        node.open("s-1");

        await(node.pausing("s-1"));

        assertThat(upstream.session("s-1").status()).isEqualTo("paused");
        assertThat(upstream.calls("GET /sessions/s-1")).isGreaterThan(2);
    }

    @Test
    void aSandboxThatDoesNotFallAsleepGoesOnRunning() {
        upstream.pauseTakes(ofMinutes(1));
        node.open("s-1");

        GatewayFailure failure = failureOf(node.pausing("s-1"));

        assertThat(failure.code()).isEqualTo("pause_failed");
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(ints = {409, 500, 503})
    void aRefusedPauseLeavesItRunningAndTellsTheCaller(int status) {
        node.open("s-1");
        // Late enough for all to find it under way.
        upstream.on("POST", "/pause").answers(status).afterMillis(300);

        List<Future<JsonObject>> pauses =
                IntStream.range(0, 5).mapToObj(i -> node.pausing("s-1")).toList();

        assertThat(pauses.stream().map(p -> failureOf(p).code())).containsOnly("pause_failed");
        assertThat(upstream.calls("POST /pause")).isEqualTo(1);
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @Test
    void withoutUpstreamARunningSessionIsNotPausedButGoesOnRunning() {
        node.open("s-1");
        upstream.closeControl();

        assertThat(failureOf(node.pausing("s-1")).code()).isEqualTo("pause_failed");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @Test
    void anUpstreamThatHangsDoesNotKeepItPausing() {
        node.open("s-1");
        upstream.onControl().hangs();

        assertThat(failureOf(node.pausing("s-1")).code()).isEqualTo("pause_failed");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @Test
    void aPauseOfWhatSleepsAlreadyIsDone() {
        node.open("s-1");
        upstream.session("s-1").isPaused();

        assertThat(await(node.pausing("s-1")).getString("state")).isEqualTo("paused");
    }

    @Test
    void aPauseOfWhatIsGoneFindsThatOut() {
        node.open("s-1");
        upstream.forget("s-1");

        assertThat(failureOf(node.pausing("s-1")).code()).isEqualTo("wrong_state");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("stopped");
    }

    @Test
    void oneFalse404AfterAPauseDoesNotEndTheSession() {
        node.open("s-1");
        upstream.on("GET", "/sessions/s-1")
                .answersHtml(404, "<h1>no such route</h1>")
                .then(200);

        assertThat(await(node.pausing("s-1")).getString("state")).isEqualTo("paused");

        assertThat(await(node.resuming("s-1")).getString("runtime_id")).isEqualTo("rt1");
    }

    @Test
    void anAcceptedPauseCountsWhereNothingButFalse404sFollow() {
        node.open("s-1");
        upstream.on("GET", "/sessions/s-1").answersHtml(404, "<h1>no such route</h1>");

        assertThat(await(node.pausing("s-1")).getString("state")).isEqualTo("paused");
    }

    @Test
    void aFalse404AfterARefusedPauseLeavesItRunning() {
        node.open("s-1");
        upstream.on("POST", "/pause").answers(500);
        upstream.on("GET", "/sessions/s-1").answersHtml(404, "<h1>no such route</h1>");

        assertThat(failureOf(node.pausing("s-1")).code()).isEqualTo("pause_failed");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"starting", "scaling-down"})
    void whileUpstreamReportsSomethingElseItIsAskedOn(String status) {
        node.open("s-1");
        upstream.on("GET", "/sessions/s-1")
                .answersJson(new JsonObject()
                        .put("session_id", "s-1")
                        .put("runtime_id", "rt1")
                        .put("url", upstream.session("s-1").url().toString())
                        .put("status", status))
                .then(200);

        assertThat(await(node.pausing("s-1")).getString("state")).isEqualTo("paused");
    }

    @Test
    void aPauseThatWasOrderedDuringAStartWaitsForIt() {
        upstream.startTakes(ofMillis(100));
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 1));

        assertThat(await(node.pausing("s-1")).getString("state")).isEqualTo("paused");

        await(opening);
    }

    @Test
    void aWakeDuringAPauseFollowsIt() {
        upstream.pauseTakes(ofMillis(100));
        node.open("s-1");
        Future<JsonObject> pausing = node.pausing("s-1");
        await(upstream.whenCalled("POST /pause", 1));

        JsonObject woken = await(node.resuming("s-1"));

        assertThat(woken.getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        await(pausing);
    }

    // Closing.

    @Test
    void closingStopsTheSandbox() {
        node.open("s-1");

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");

        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void closingTwiceStopsOnce() {
        node.open("s-1");

        await(Future.all(node.closing("s-1"), node.closing("s-1")));
        await(node.closing("s-1"));

        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
    }

    @Test
    void closingWithThePolicyPausePauses() {
        node.open("s-1", new JsonObject().put("close_policy", "pause"));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("paused");
        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("paused");

        assertThat(upstream.calls("POST /pause")).isEqualTo(1);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void closingWithThePolicyKeepDoesNothing() {
        node.open("s-1", new JsonObject().put("close_policy", "keep"));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST *")).isEqualTo(1);
    }

    @Test
    void aClosingCallerMayChooseAnotherPolicy() {
        node.open("s-1", new JsonObject().put("close_policy", "keep"));

        assertThat(await(node.closing("s-1", ClosePolicy.STOP)).getString("state"))
                .isEqualTo("stopped");
    }

    @Test
    void oneThatWasAdoptedBeforeSomebodyOnlyAttachedIsNotStoppedEither() {
        upstream.session("s-1").isRunning();
        await(node.looking("s-1"));
        await(node.pausing("s-1"));
        await(node.resuming("s-1"));
        node.open("s-1", new JsonObject().put("attach_only", true));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void aSessionThatOnlyAttachedIsNeverStoppedByClosing() {
        upstream.session("s-1").isRunning();
        node.open("s-1", new JsonObject().put("attach_only", true));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("running");
        assertThat(failureOf(node.closing("s-1", ClosePolicy.STOP)).code()).isEqualTo("wrong_state");

        assertThat(upstream.calls("POST *")).isZero();
    }

    @Test
    void aSandboxThatIsGoneAlreadyIsStopped() {
        node.open("s-1");
        upstream.forget("s-1");

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");
    }

    @Test
    void itIsStoppedOnceUpstreamReportsIt() {
        node.open("s-1");
        upstream.on("POST", "/stop").answersJson(new JsonObject());

        Future<JsonObject> closing = node.closing("s-1");
        await(upstream.whenCalled("GET /sessions/s-1", 4));
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("stopping");
        upstream.session("s-1").isStopped();

        assertThat(await(closing).getString("state")).isEqualTo("stopped");
    }

    @Test
    void aSandboxThatDoesNotEndIsAFailureAndClosingAgainTriesAgain() {
        node.open("s-1");
        upstream.on("POST", "/stop").answersJson(new JsonObject()).then(200);

        assertThat(failureOf(node.closing("s-1")).code()).isEqualTo("stop_failed");

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");
    }

    @Test
    void aRefusedStopIsTold() {
        node.open("s-1");
        upstream.on("POST", "/stop").answers(500).then(200);

        assertThat(failureOf(node.closing("s-1")).code()).isEqualTo("stop_failed");

        assertThat(node.session("s-1").orElseThrow().runtime()).isPresent();
        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");
    }

    @Test
    void closingWhatNobodyKnowsIsToldSo() {
        assertThat(failureOf(node.closing("s-1")).code()).isEqualTo("unknown_session");
    }

    @Test
    void closingWhatOnlyUpstreamKnowsStopsIt() {
        upstream.session("s-1").isRunning();

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");

        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    // Races.

    @Test
    void aCloseDuringAStartWinsAndTheSandboxThatCameLateIsStopped() {
        upstream.on("POST", "/start").usual().afterMillis(150);
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 1));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");

        assertThat(failureOf(opening).code()).isEqualTo("unknown_session");
        await(upstream.whenCalled("POST /stop", 1));
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("stopped");
    }

    @Test
    void aCloseDuringAStartWhoseAnswerIsNeverHeardLeavesNothingUpstream() {
        upstream.on("POST", "/start").keepsTheAnswer();
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 1));
        upstream.on("GET", "/sessions/s-1").answers(404).then(200);

        await(node.closing("s-1"));

        assertThat(failureOf(opening).code()).isEqualTo("unknown_session");
        await(upstream.whenCalled("POST /stop", 1));
    }

    @Test
    void aCloseWhileItComesUpStopsWhatWasStarted() {
        upstream.startTakes(ofMinutes(1));
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("GET /rt1/runtime/alive", 2));

        await(node.closing("s-1"));

        assertThat(failureOf(opening).code()).isEqualTo("unknown_session");
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
    }

    @Test
    void anOpeningDuringACloseStartsAnewAfterIt() {
        node.open("s-1");
        upstream.on("POST", "/stop").usual().afterMillis(80);
        Future<JsonObject> closing = node.closing("s-1");
        await(upstream.whenCalled("POST /stop", 1));

        JsonObject opened = node.open("s-1");

        assertThat(opened.getString("runtime_id")).isEqualTo("rt2");
        await(closing);
        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @Test
    void howeverOpeningsAndClosesRaceTheLastWordIsTrueAndNothingIsLeftOver() throws Exception {
        for (int i = 0; i < 20; i++) {
            List<Future<JsonObject>> race = List.of(
                    node.opening("s-1", new JsonObject()),
                    node.closing("s-1"),
                    node.opening("s-1", new JsonObject()),
                    node.closing("s-1"));
            race.forEach(each -> await(each.otherwiseEmpty()));
        }
        String last = node.until("s-1", s -> s.settled()).state().word();
        await(node.closing("s-1"));

        assertThat(last).isIn("running", "stopped");
        // What upstream starts after its session was closed is ended when its answer comes.
        eventually(
                "nothing is left over",
                ofMillis(1),
                () -> upstream.sandboxes().stream().allMatch(s -> s.status().equals("stopped")));
    }

    @Test
    void whenTheNodeLeavesItsTransitionsAreLeftToOthersAndNotSettledAsFailed() {
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").hangs();
        node.resuming("s-1").onFailure(gone -> {});
        await(upstream.whenCalled("POST /resume", 1));

        node.leaves();

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("resuming");
    }
}
