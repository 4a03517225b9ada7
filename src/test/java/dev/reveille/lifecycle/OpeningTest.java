package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionSpec;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Script;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class OpeningTest {
    private static final JsonObject ATTACH = new JsonObject().put("attach_only", true);

    private Vertx vertx;
    private FakeRuntimeApi upstream;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aSessionThatUpstreamDoesNotKnowIsStarted() {
        TestNode node = TestNode.before(upstream, vertx);

        JsonObject session = node.open("s-1");

        assertThat(session.getString("state")).isEqualTo("running");
        assertThat(session.getString("url")).isEqualTo("http://gw.test/rt1/runtime");
        assertThat(upstream.calls("GET /sessions/s-1")).isEqualTo(1);
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.requests("POST /start").get(0).header("X-API-Key")).isEqualTo("up-key");
    }

    @Test
    void aRunningOneIsAttachedTo() {
        upstream.session("s-1").isRunning().withKey("k");
        TestNode node = TestNode.before(upstream, vertx);

        JsonObject session = node.open("s-1");

        assertThat(session.getString("state")).isEqualTo("running");
        assertThat(session.getString("session_api_key")).isEqualTo("k");
        assertThat(upstream.calls("POST *")).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 409, 500})
    void oneThatSleepsAndIsNotResumedIsStarted(int status) {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(status);

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /start")).isEqualTo(2);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    /** Whoever does not wait gets the same, and so does who comes later. */
    @Test
    void whatIsNotResumedIsStartedForAllWhoOpenIt() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);
        upstream.startTakes(ofMillis(100));

        Future<JsonObject> first = node.opening("s-1", new JsonObject().put("image", "python"), Duration.ZERO);
        Future<JsonObject> second = node.opening("s-1", new JsonObject().put("image", "python"));

        assertThat(await(first).getString("state")).isIn("resuming", "starting");
        assertThat(await(second).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
    }

    /** It holds what was in it before: only a sandbox that is new is stopped. */
    @Test
    void whatSleptAndWasStartedInsteadIsNotStoppedIfItDoesNotComeUp() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);
        upstream.podsEndAs("failed");

        assertThat(failureOf(node.opening("s-1", new JsonObject().put("image", "python")))
                        .code())
                .isEqualTo("runtime_crashed");

        assertThat(upstream.calls("POST /start")).isEqualTo(2);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    /** Whoever asks for it, or ends it, finds it by its runtime meanwhile. */
    @Test
    void asLongAsUpstreamStartsWhatItDidNotResumeTheSessionHasItsRuntime() {
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=10s");
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);
        upstream.on("POST", "/start").hangs();

        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 2));

        assertThat(runtimeOf(node, "s-1")).isEqualTo("rt1");
        await(node.closing("s-1"));
        assertThat(upstream.requests("POST /stop"))
                .extracting(r -> r.json().getString("runtime_id"))
                .containsExactly("rt1");
        assertThat(failureOf(opening).code()).isEqualTo("unknown_session");
    }

    @Test
    void aStartInPlaceOfAResumeThatUpstreamCarriesOutAfterTheStopIsStoppedAgain() {
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=10s");
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);
        upstream.on("POST", "/start").answersJson(upstreamsRecord("s-1")).afterMillis(500);
        node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 2));
        await(node.closing("s-1"));

        upstream.session("s-1").isRunning();

        assertThat(await(upstream.whenCalled("POST /stop", 2)).json().getString("runtime_id"))
                .isEqualTo("rt1");
    }

    @Test
    void whatCanNeitherBeResumedNorStartedIsTheSessionsNoneTheLess() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(500);
        upstream.on("POST", "/start").answers(500);

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("start_failed");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("failed");
        assertThat(runtimeOf(node, "s-1")).isEqualTo("rt1");
    }

    @Test
    void aBuildThatFailsLeavesTheSessionTheSandboxThatSleeps() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);
        upstream.on("GET", "/image_exists").answers(500);
        upstream.on("POST", "/build").answers(500);

        failureOf(node.opening(
                "s-1",
                new JsonObject()
                        .put(
                                "build",
                                new JsonObject().put("target_image", "repo:tag").put("context", "AAAA"))));

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("failed");
        assertThat(runtimeOf(node, "s-1")).isEqualTo("rt1");
    }

    @Test
    void anOpeningThatCannotLookLeavesAFailedSessionItsSandbox() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.onControl().answers(500);
        failureOf(node.resuming("s-1"));

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("start_failed");

        assertThat(runtimeOf(node, "s-1")).isEqualTo("rt1");
    }

    @Test
    void whoOnlyAttachesInVainTakesNoSandboxFromTheSession() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(500);
        failureOf(node.resuming("s-1"));
        upstream.on("GET", "/sessions/s-1").answers(404);

        assertThat(failureOf(node.opening("s-1", ATTACH)).code()).isEqualTo("unknown_session");

        assertThat(runtimeOf(node, "s-1")).isEqualTo("rt1");
        assertThat(node.session("s-1").orElseThrow().spec().attachOnly()).isFalse();
    }

    /** A request that wakes it starts nothing. */
    @Test
    void whoeverOpensWhatOthersWakeInVainStartsIt() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        long asleep = await(node.pausing("s-1")).getLong("revision");
        upstream.on("POST", "/resume").answers(409).afterMillis(500).then(409);
        Future<JsonObject> waking = node.waking("s-1", asleep);
        await(upstream.whenCalled("POST /resume", 1));

        List<Future<JsonObject>> openings = IntStream.range(0, 5)
                .mapToObj(i -> node.opening("s-1", new JsonObject()))
                .toList();
        Future<JsonObject> attaching = node.opening("s-1", ATTACH);

        assertThat(openings)
                .allSatisfy(one -> assertThat(await(one).getString("state")).isEqualTo("running"));
        assertThat(failureOf(waking).code()).isEqualTo("resume_failed");
        assertThat(failureOf(attaching).code()).isEqualTo("resume_failed");
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
    }

    @Test
    void whoOnlyAttachesInVainLeavesTheSessionAsItsOwnerOpenedIt() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1", env("A", "1"));
        await(node.pausing("s-1"));
        SessionSpec spec = node.session("s-1").orElseThrow().spec();
        upstream.on("POST", "/resume").answers(409);

        assertThat(failureOf(node.opening("s-1", ATTACH)).code()).isEqualTo("resume_failed");

        assertThat(node.session("s-1").orElseThrow().spec()).isEqualTo(spec);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 409})
    void oneThatSleepsAndIsNotResumedIsNotStartedByWhoOnlyAttaches(int status) {
        TestNode node = TestNode.before(upstream, vertx);
        upstream.session("s-1").isPaused();
        upstream.on("POST", "/resume").answers(status);

        assertThat(failureOf(node.opening("s-1", ATTACH)).code()).isEqualTo("resume_failed");

        assertThat(upstream.calls("POST /start")).isZero();
    }

    @Test
    void aPausedOneIsResumed() {
        upstream.session("s-1").isPaused();
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.calls("POST /start")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stopped", "error", "starting", "hibernating", "absent"})
    void whateverElseIsStarted(String status) {
        if (!status.equals("absent")) {
            upstream.session("s-1").isStopped().reports(status, "not found");
        }
        // Else what is starting might be adopted before it is opened.
        upstream.on("GET", "/list").answers(503);
        TestNode node = TestNode.before(upstream, vertx);

        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 1));
        upstream.session("s-1").isRunning();

        assertThat(await(opening).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.calls("POST /resume")).isZero();
    }

    @Test
    void aRecordWithoutAStatusIsStarted() {
        upstream.on("GET", "/sessions/s-1").answersJson(new JsonObject().put("message", "odd"));
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stopped", "error", "hibernating", "absent"})
    void whoOnlyAttachesStartsNothing(String status) {
        if (!status.equals("absent")) {
            upstream.session("s-1").isStopped().reports(status, "not found");
        }
        TestNode node = TestNode.before(upstream, vertx);

        GatewayFailure failure = failureOf(node.opening("s-1", ATTACH));

        assertThat(failure.code()).isEqualTo("unknown_session");
        assertThat(failure.status()).isEqualTo(404);
        assertThat(upstream.calls("POST *")).isZero();
    }

    @Test
    void anAttachmentThatFoundNothingLeavesNothing() {
        TestNode node = TestNode.before(upstream, vertx);

        failureOf(node.opening("s-1", ATTACH));

        assertThat(node.session("s-1")).isEmpty();
        assertThat(failureOf(node.looking("s-1")).code()).isEqualTo("unknown_session");
    }

    @Test
    void whoOnlyAttachesToASleepingSandboxWakesIt() {
        upstream.session("s-1").isPaused();
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(node.open("s-1", ATTACH).getString("state")).isEqualTo("running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void whoOnlyAttachesToASandboxThatIsComingUpWaitsForIt() {
        upstream.session("s-1").isStarting();
        TestNode node = TestNode.before(upstream, vertx);

        Future<JsonObject> opening = node.opening("s-1", ATTACH);
        await(upstream.whenCalled("GET /rt1/runtime/alive", 1));
        upstream.session("s-1").isRunning();

        assertThat(await(opening).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST *")).isZero();
    }

    static Stream<Arguments> lookupTroubles() {
        return Stream.of(
                Arguments.of("500", (Consumer<Script>) s -> s.answers(500), "start_failed"),
                Arguments.of("401", (Consumer<Script>) s -> s.answers(401), "start_failed"),
                Arguments.of("429", (Consumer<Script>) s -> s.answers(429), "quota_exceeded"),
                Arguments.of("hang", (Consumer<Script>) Script::hangs, "runtime_api_unavailable"),
                Arguments.of("stall", (Consumer<Script>) Script::stalls, "runtime_api_unavailable"),
                Arguments.of("reset", (Consumer<Script>) Script::resets, "runtime_api_unavailable"),
                Arguments.of("garbage", (Consumer<Script>) s -> s.answersText("{{{"), "start_failed"),
                Arguments.of("html", (Consumer<Script>) s -> s.answersHtml(200, "<p>"), "start_failed"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lookupTroubles")
    void aLookUpThatFailsIsToldAndNothingIsStarted(String name, Consumer<Script> trouble, String code) {
        trouble.accept(upstream.on("GET", "/sessions/s-1"));
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=300ms", "upstream.attempts=2");

        GatewayFailure failure = failureOf(node.opening("s-1", new JsonObject()));

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.detail()).doesNotContain("127.0.0.1");
        assertThat(upstream.calls("POST /start")).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lookupTroubles")
    void aStartThatFailsIsTold(String name, Consumer<Script> trouble, String code) {
        trouble.accept(upstream.on("POST", "/start"));
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=300ms", "upstream.attempts=2");

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo(code);

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("failed");
    }

    @Test
    void theFailureComesInTheTimeThatTheStartMayTakeEvenIfUpstreamHangs() {
        upstream.onControl().hangs();
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=10s", "lifecycle.start-timeout=150ms");

        GatewayFailure failure = failureOf(node.opening("s-1", new JsonObject()));

        assertThat(failure.code()).isEqualTo("start_timeout");
    }

    @Test
    void aStartThatWasAcceptedThoughNobodyHeardTheAnswerGoesOn() {
        upstream.on("POST", "/start").keepsTheAnswer();
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=200ms");

        assertThat(node.open("s-1").getString("runtime_id")).isEqualTo("rt1");

        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aStartWhoseAnswerIsNotUnderstandableIsLookedFor() {
        upstream.session("s-1").isRunning();
        upstream.on("GET", "/sessions/s-1").answers(404).then(200);
        upstream.on("POST", "/start").answersText("{\"runtime_id\":");
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(node.open("s-1").getString("runtime_id")).isEqualTo("rt1");
    }

    @Test
    void anAnswerThatCameAfterTheDeadlineLeavesNoSandboxThatNobodyKnows() {
        upstream.on("POST", "/start").usual().afterMillis(300);
        TestNode node = TestNode.before(upstream, vertx, "lifecycle.start-timeout=100ms");

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("start_timeout");

        assertThat(await(upstream.whenCalled("POST /stop", 1)).json().getString("runtime_id"))
                .isEqualTo("rt1");
    }

    @Test
    void aFailedStartStopsWhatItStarted() {
        upstream.podsEndAs("failed");
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("runtime_crashed");

        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
        assertThat(node.session("s-1").orElseThrow().runtime()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pause", "keep"})
    void aFailedStartStopsNothingWhereThePolicyKeepsSandboxes(String policy) {
        upstream.podsEndAs("failed");
        TestNode node = TestNode.before(upstream, vertx);

        failureOf(node.opening("s-1", new JsonObject().put("close_policy", policy)));

        assertThat(upstream.calls("POST /stop")).isZero();
        assertThat(node.session("s-1").orElseThrow().runtime()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", "starting"})
    void aFailedAttachmentNeverStopsWhatItAttachedTo(String status) {
        upstream.session("s-1").isStarting().reports(status, "failed");
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("runtime_crashed");

        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void aCleanUpThatFailsDoesNotReplaceTheReason() {
        upstream.podsEndAs("failed");
        upstream.on("POST", "/stop").answers(500);
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("runtime_crashed");

        assertThat(node.session("s-1").orElseThrow().runtime()).isPresent();
    }

    @Test
    void afterAFailedStartTheNextOpeningTriesAgain() {
        upstream.podsEndAs("crashloopbackoff");
        TestNode node = TestNode.before(upstream, vertx);
        failureOf(node.opening("s-1", new JsonObject()));

        upstream.podsEndAs("ready");

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
    }

    @Test
    void manyWhoOpenAtOnceGetOneSandbox() {
        upstream.startTakes(ofMillis(50));
        TestNode node = TestNode.before(upstream, vertx);

        List<Future<JsonObject>> openings = IntStream.range(0, 20)
                .mapToObj(i -> node.opening("s-1", new JsonObject()))
                .toList();
        await(Future.all(openings));

        assertThat(openings)
                .allSatisfy(o -> assertThat(o.result().getString("runtime_id")).isEqualTo("rt1"));
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void manyWhoOpenAtOnceGetTheSameFailure() {
        upstream.on("POST", "/start").answers(503).afterMillis(50);
        TestNode node = TestNode.before(upstream, vertx);

        List<Future<JsonObject>> openings = IntStream.range(0, 20)
                .mapToObj(i -> node.opening("s-1", new JsonObject()))
                .toList();

        assertThat(openings.stream().map(TestNode::failureOf).distinct()).hasSize(1);
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void openingARunningSessionAgainIsCheap() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");

        assertThat(node.open("s-1").getLong("revision")).isEqualTo(3);

        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aSessionThatEndedBehindOurBackIsStartedAgain() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        upstream.session("s-1").isStopped();

        assertThat(node.open("s-1").getString("runtime_id")).isEqualTo("rt2");
    }

    @Test
    void withoutUpstreamARunningSessionIsBelievedToRun() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        upstream.closeControl();

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");
    }

    @Test
    void aSleepingSessionIsWokenByOpeningIt() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1");
        await(node.pausing("s-1"));

        assertThat(node.open("s-1").getString("runtime_id")).isEqualTo("rt1");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void whoOpensARunningSessionAnewChangesHowItCloses() {
        upstream.session("s-1").isRunning();
        TestNode node = TestNode.before(upstream, vertx);
        await(node.looking("s-1"));

        node.open("s-1", new JsonObject().put("close_policy", "pause"));
        await(node.closing("s-1"));

        assertThat(upstream.calls("POST /stop")).isZero();
        assertThat(upstream.calls("POST /pause")).isEqualTo(1);
        assertThat(node.session("s-1").orElseThrow().spec().closePolicy()).isEqualTo(ClosePolicy.PAUSE);
    }

    @Test
    void whoOpensARunningSessionWithOtherVariablesGetsThem() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1", env("A", "1"));

        node.open("s-1", env("A", "2"));
        node.open("s-1", env("A", "2"));

        assertThat(upstream.session("s-1").commands())
                .hasSize(2)
                .last()
                .asString()
                .contains("A='2'");
    }

    @Test
    void whoOpensASleepingSessionWithOtherVariablesGetsThem() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1", env("A", "1"));
        await(node.pausing("s-1"));

        node.open("s-1", env("A", "2"));

        assertThat(upstream.session("s-1").commands())
                .hasSize(2)
                .last()
                .asString()
                .contains("A='2'");
    }

    @Test
    void whoOnlyAttachesChangesNothingOfWhatTheSessionIs() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1", env("A", "1"));

        assertThat(node.open("s-1", ATTACH).getBoolean("attach_only")).isFalse();
        await(node.closing("s-1"));

        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
    }

    @Test
    void anOpenBreakerIsToldAtOnce() {
        upstream.onControl().resets();
        TestNode node = TestNode.before(
                upstream, vertx, "upstream.breaker.failures=2", "upstream.breaker.reset=60s", "upstream.attempts=2");
        failureOf(node.opening("s-1", new JsonObject()));
        int calls = upstream.requests().size();

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("runtime_api_unavailable");
        assertThat(failureOf(node.looking("s-2")).code()).isEqualTo("runtime_api_unavailable");

        assertThat(upstream.requests()).hasSize(calls);
    }

    private static String runtimeOf(TestNode node, String id) {
        return node.session(id)
                .orElseThrow()
                .runtime()
                .map(runtime -> runtime.id().value())
                .orElse("none");
    }

    private JsonObject upstreamsRecord(String id) {
        return new JsonObject()
                .put("runtime_id", upstream.session(id).runtimeId())
                .put("url", upstream.session(id).url().toString())
                .put("status", "starting");
    }

    private static JsonObject env(String name, String value) {
        return new JsonObject().put("initial_env", new JsonObject().put(name, value));
    }
}
