package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.Endpoint;
import dev.reveille.bus.RuntimeCommand;
import dev.reveille.bus.SessionWish;
import dev.reveille.bus.StartCommand;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts, resumes and stops of the runtime API that meet an upstream which does not do as it is told. */
@ExtendWith(VertxExtension.class)
class RuntimeCallsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(9);

    /** For some sweeps to pass in which nothing must happen. */
    private static final long SOME_SWEEPS = 400;

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

    @ParameterizedTest
    @ValueSource(strings = {"/stop", "/pause"})
    void aStartIsNotAnsweredWithASandboxThatIsOnItsWayOut(String way) {
        node("upstream.call-timeout=10s");
        String old = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.on("POST", way).usual().afterMillis(600);
        Future<JsonObject> leaving =
                asking(way.equals("/stop") ? Catalogue.RUNTIME_STOP : Catalogue.RUNTIME_PAUSE, old, Tenants.EVERYBODY);
        await(upstream.whenCalled("POST " + way, 1));

        Future<JsonObject> early = starting("s-1", Tenants.EVERYBODY, ofMillis(100));

        assertThat(failureOf(early).code()).isEqualTo("start_timeout");
        await(leaving);
        JsonObject late = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));
        assertThat(late.getString("status")).isIn("starting", "running");
        assertThat(upstream.sandbox(late.getString("runtime_id")).status()).isIn("starting", "running");
    }

    @Test
    void aStartOfOneThatSleepsIsAnsweredWithTheKeyThatItsResumeBrings() {
        upstream.rotatesSessionKeys();
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        upstream.on("POST", "/resume").usual().afterMillis(200);

        JsonObject again = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));

        assertThat(again.getString("runtime_id")).isEqualTo(runtime);
        assertThat(upstream.session("s-1").sessionKey()).contains(again.getString("session_api_key"));
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 409})
    void aStartOfOneThatCannotBeResumedIsAStart(int status) {
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        upstream.on("POST", "/resume").answers(status);

        JsonObject again = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));

        assertThat(again.getString("runtime_id")).isEqualTo(runtime);
        assertThat(again.getString("status")).isIn("starting", "running");
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
    }

    @Test
    void aStartOfOneThatCanNeitherBeResumedNorStartedIsAnsweredWithThat() {
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        upstream.on("POST", "/resume").answers(400);
        upstream.on("POST", "/start").answers(400);

        assertThat(failureOf(starting("s-1", Tenants.EVERYBODY, PATIENCE)).code())
                .isEqualTo("start_failed");
    }

    @Test
    void aStartThatJoinsAnothersWakeIsNoneAnyMoreOnceItsClientWantsAPause() {
        TestNode node = node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        long asleep = node.untilState("s-1", "paused").revision();
        upstream.on("POST", "/resume").answers(400).afterMillis(700).then(400);
        Future<JsonObject> waking = node.waking("s-1", asleep);
        await(upstream.whenCalled("POST /resume", 1));

        Future<JsonObject> started = starting("s-1", Tenants.EVERYBODY, PATIENCE);
        Future<JsonObject> pausing = asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY);

        assertThat(failureOf(started).code()).isEqualTo("resume_failed");
        assertThat(failureOf(waking).code()).isEqualTo("resume_failed");
        await(pausing.otherwiseEmpty());
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aStartOfWhatOthersWakeInVainLeavesTheSessionItsEnd() {
        TestNode node = node();
        JsonObject asked = new JsonObject().put("close_policy", "pause");
        await(node.opening("s-1", asked));
        long asleep = await(node.pausing("s-1")).getLong("revision");
        upstream.on("POST", "/resume").answers(400).afterMillis(500).then(400);
        Future<JsonObject> waking = node.waking("s-1", asleep);
        await(upstream.whenCalled("POST /resume", 1));

        await(starting("s-1", Tenants.EVERYBODY, PATIENCE));

        assertThat(failureOf(waking).code()).isEqualTo("resume_failed");
        assertThat(node.session("s-1").orElseThrow().spec().closePolicy()).isEqualTo(ClosePolicy.PAUSE);
    }

    @Test
    void aStartThatJoinsAnothersWakeOfOneThatCannotBeResumedIsAStart() {
        TestNode node = node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        long asleep = node.untilState("s-1", "paused").revision();
        upstream.on("POST", "/resume").answers(400).afterMillis(500).then(400);
        Future<JsonObject> waking = node.waking("s-1", asleep);
        await(upstream.whenCalled("POST /resume", 1));

        JsonObject started = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));

        assertThat(started.getString("runtime_id")).isEqualTo(runtime);
        assertThat(started.getString("status")).isIn("starting", "running");
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
        assertThat(failureOf(waking).code()).isEqualTo("resume_failed");
    }

    @Test
    void whatIsStartedInPlaceOfAResumeIsKnownByItsRuntimeMeanwhile() {
        node("upstream.call-timeout=10s");
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        upstream.on("POST", "/resume").answers(400);
        upstream.on("POST", "/start").hangs();
        starting("s-1", Tenants.EVERYBODY, PATIENCE);
        await(upstream.whenCalled("POST /start", 2));

        RuntimeCommand hasty = new RuntimeCommand(new RuntimeId(runtime), Tenants.EVERYBODY, ofMillis(200));
        JsonObject resuming = await(Catalogue.RUNTIME_RESUME.ask(vertx.eventBus(), hasty, TestNode.LONG));
        JsonObject stopped = await(asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY));

        assertThat(resuming.getString("status")).isEqualTo("starting");
        assertThat(stopped.getString("status")).isEqualTo("stopped");
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void asLongAsUpstreamHasNotTakenAResumeNobodyIsToldAKey() {
        upstream.rotatesSessionKeys().session("s-1").withKey("first");
        node("upstream.call-timeout=10s");
        JsonObject first = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));
        assertThat(first.getString("session_api_key")).isEqualTo("first");
        String runtime = first.getString("runtime_id");
        await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));
        upstream.on("POST", "/resume").usual().afterMillis(1500);

        RuntimeCommand hasty = new RuntimeCommand(new RuntimeId(runtime), Tenants.EVERYBODY, ofMillis(200));
        JsonObject resuming = await(Catalogue.RUNTIME_RESUME.ask(vertx.eventBus(), hasty, TestNode.LONG));
        Future<JsonObject> started = starting("s-1", Tenants.EVERYBODY, ofMillis(200));

        assertThat(resuming.getString("status")).isEqualTo("starting");
        assertThat(resuming.containsKey("session_api_key")).isFalse();
        assertThat(failureOf(started).code()).isEqualTo("start_timeout");
        JsonObject late = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));
        assertThat(upstream.session("s-1").sessionKey()).contains(late.getString("session_api_key"));
    }

    @Test
    void whatIsStartedAgainAtAnotherNodeIsNotStoppedForAnEarlierPromise() {
        node();
        node();
        // Each address asks the two in turn: both starts come to different nodes, and the stop to the first.
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.on("POST", "/stop").answers(500);
        await(asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY));

        JsonObject again = await(starting("s-1", Tenants.EVERYBODY, PATIENCE));
        upstream.asUsual();
        await(vertx.timer(SOME_SWEEPS));

        assertThat(again.getString("runtime_id")).isEqualTo(runtime);
        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @Test
    void aStopOfWhatNobodyHereKnowsIsAskedForUntilUpstreamDoesIt() {
        upstream.session("s-1").isRunning();
        upstream.onControl().answers(500);
        node();

        JsonObject stopped = await(asking(Catalogue.RUNTIME_STOP, "rt1", Tenants.EVERYBODY));
        upstream.asUsual();

        assertThat(stopped.getString("runtime_id")).isEqualTo("rt1");
        assertThat(endsAs("stopped")).isTrue();
    }

    @Test
    void aStopThatUpstreamRefusedIsAskedForAgain() {
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.on("POST", "/stop").answers(500).usual();

        await(asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY));

        assertThat(endsAs("stopped")).isTrue();
    }

    @Test
    void whoeverResumesAfterAStopThatFailedKeepsTheSandbox() {
        TestNode node = node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        node.untilState("s-1", "running");
        upstream.on("POST", "/stop").answers(500).usual();
        await(asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY));

        JsonObject resumed = await(asking(Catalogue.RUNTIME_RESUME, runtime, Tenants.EVERYBODY));
        await(vertx.timer(SOME_SWEEPS));

        assertThat(resumed.getString("status")).isEqualTo("running");
        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @Test
    void whoeverOpensTheSessionAfterAStopThatFailedKeepsTheSandbox() {
        TestNode node = node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        node.untilState("s-1", "running");
        upstream.on("POST", "/stop").answers(500).usual();
        await(asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY));

        JsonObject opened = node.open("s-1");
        await(vertx.timer(SOME_SWEEPS));

        assertThat(opened.getString("state")).isEqualTo("running");
        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoeverWantsItBeforeItsPauseCouldBeginKeepsItAwake(boolean byResume) {
        upstream.startTakes(ofMillis(500));
        TestNode node = node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        Future<JsonObject> paused = asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY);

        JsonObject wanted = await(
                byResume
                        ? asking(Catalogue.RUNTIME_RESUME, runtime, Tenants.EVERYBODY)
                        : starting("s-1", Tenants.EVERYBODY, PATIENCE));

        assertThat(wanted.getString("runtime_id")).isEqualTo(runtime);
        assertThat(await(paused).getString("runtime_id")).isEqualTo(runtime);
        node.untilState("s-1", "running");
        await(vertx.timer(SOME_SWEEPS));
        assertThat(upstream.calls("POST /pause")).isZero();
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @Test
    void aResumeThatMeetsALongPauseIsAnsweredBeforeAndCarriedOutBehindIt() {
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.session("s-1").withKey("old");
        upstream.pauseTakes(ofMillis(400));
        Future<JsonObject> pausing = asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY);
        await(upstream.whenCalled("POST /pause", 1));

        RuntimeCommand hasty = new RuntimeCommand(new RuntimeId(runtime), Tenants.EVERYBODY, ofMillis(100));
        JsonObject resuming = await(Catalogue.RUNTIME_RESUME.ask(vertx.eventBus(), hasty, TestNode.LONG));

        assertThat(resuming.getString("status")).isEqualTo("starting");
        assertThat(resuming.getString("session_api_key")).isNull();
        await(pausing);
        assertThat(endsAs("running")).isTrue();
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aResumeBehindAPauseIsNotSaidToBeDoneIfTheSessionIsClosedInstead() {
        TestNode node = node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.pauseTakes(ofMinutes(10));
        asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY);
        await(upstream.whenCalled("POST /pause", 1));
        Future<JsonObject> resuming = asking(Catalogue.RUNTIME_RESUME, runtime, Tenants.EVERYBODY);
        await(node.looking("s-1"));

        await(node.closing("s-1", ClosePolicy.STOP));

        assertThat(failureOf(resuming).code()).isEqualTo("unknown_session");
    }

    @Test
    void aStartBehindAStopThatFailsIsNotSaidToBeDoneIfItIsTakenBack() {
        TestNode node = node("upstream.call-timeout=10s");
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.on("POST", "/stop").answers(500).afterMillis(1500);
        Future<JsonObject> stopping = node.closing("s-1", ClosePolicy.STOP);
        await(upstream.whenCalled("POST /stop", 1));
        Future<JsonObject> again = starting("s-1", Tenants.EVERYBODY, PATIENCE);
        await(node.looking("s-1"));

        asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY);

        assertThat(failureOf(stopping).code()).isEqualTo("stop_failed");
        assertThat(failureOf(again).code()).isEqualTo("stop_failed");
    }

    @Test
    void aStopOfWhatNobodyHereKnewIsTakenBackByWhoeverOpensItsSession() {
        upstream.session("s-1").isPaused();
        upstream.on("POST", "/stop").answers(500);
        TestNode node = node();
        JsonObject stopped = await(asking(Catalogue.RUNTIME_STOP, "rt1", Tenants.EVERYBODY));
        assertThat(stopped.getString("status")).isEqualTo("stopping");

        await(node.opening("s-1", new JsonObject(), Duration.ZERO));
        node.untilState("s-1", "running");
        upstream.asUsual();
        await(vertx.timer(SOME_SWEEPS));

        assertThat(upstream.session("s-1").status()).isEqualTo("running");
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("running");
    }

    @Test
    void aStopOfWhatNobodyHereKnewIsTakenBackByAClientOfAnotherNode() {
        upstream.session("s-1").isPaused();
        upstream.on("POST", "/stop").answers(500);
        TestNode node = node();
        await(asking(Catalogue.RUNTIME_STOP, "rt1", Tenants.EVERYBODY));
        await(node.looking("s-1"));

        Catalogue.WISHED.publish(
                vertx.eventBus(),
                new SessionWish(new SessionId("s-1"), Tenants.EVERYBODY, SessionWish.Aim.AWAKE, "another"));
        await(vertx.timer(SOME_SWEEPS));
        upstream.asUsual();
        await(vertx.timer(SOME_SWEEPS));

        assertThat(upstream.session("s-1").status()).isEqualTo("paused");
    }

    @Test
    void aStopThatIsOwedIsTakenBackByAClientOfAnotherNode() {
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");
        upstream.on("POST", "/stop").answers(500);
        await(asking(Catalogue.RUNTIME_STOP, runtime, Tenants.EVERYBODY));

        Catalogue.WISHED.publish(
                vertx.eventBus(),
                new SessionWish(new SessionId("s-1"), Tenants.EVERYBODY, SessionWish.Aim.AWAKE, "another"));
        await(vertx.timer(SOME_SWEEPS));
        upstream.on("POST", "/stop").usual();
        await(vertx.timer(SOME_SWEEPS));

        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @Test
    void aPauseThatMeetsAStartIsCarriedOutBehindIt() {
        upstream.startTakes(ofMillis(300));
        node();
        String runtime = await(starting("s-1", Tenants.EVERYBODY, PATIENCE)).getString("runtime_id");

        JsonObject paused = await(asking(Catalogue.RUNTIME_PAUSE, runtime, Tenants.EVERYBODY));

        assertThat(paused.getString("status")).isEqualTo("paused");
        assertThat(upstream.session("s-1").status()).isEqualTo("paused");
    }

    @Test
    void anothersStartOfTheSameNameDoesNotTakeAStopBack() {
        node(
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "tenants.0.upstream-api-key=up-acme",
                "tenants.1.name=zeta",
                "tenants.1.api-key=zeta-key",
                "tenants.1.upstream-api-key=up-zeta");
        String runtime = await(starting("s-1", "acme", PATIENCE)).getString("runtime_id");
        upstream.on("POST", "/stop").answers(500).usual();
        await(asking(Catalogue.RUNTIME_STOP, runtime, "acme"));

        assertThat(failureOf(starting("s-1", "zeta", PATIENCE)).code()).isEqualTo("forbidden");

        assertThat(endsAs("stopped")).isTrue();
    }

    @Test
    void anothersStopDoesNotReachUpstream() {
        node(
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "tenants.0.upstream-api-key=up-acme",
                "tenants.1.name=zeta",
                "tenants.1.api-key=zeta-key",
                "tenants.1.upstream-api-key=up-zeta");
        String runtime = await(starting("s-1", "acme", PATIENCE)).getString("runtime_id");

        JsonObject stopped = await(asking(Catalogue.RUNTIME_STOP, runtime, "zeta"));

        assertThat(stopped.getString("status")).isEqualTo("stopped");
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    private TestNode node(String... settings) {
        String[] all = Stream.concat(Stream.of("registry.repair-interval=100ms"), Stream.of(settings))
                .toArray(String[]::new);
        return TestNode.before(upstream, vertx, all);
    }

    private boolean endsAs(String status) {
        long end = System.nanoTime() + TestNode.LONG.toNanos();
        while (!upstream.session("s-1").status().equals(status) && System.nanoTime() < end) {
            await(vertx.timer(5));
        }
        return upstream.session("s-1").status().equals(status);
    }

    private Future<JsonObject> starting(String id, String tenant, Duration patience) {
        String body =
                new JsonObject().put("session_id", id).put("image", "python").encode();
        StartCommand start = new StartCommand(new SessionId(id), tenant, body, patience);
        return Catalogue.RUNTIME_START.ask(vertx.eventBus(), start, TestNode.LONG);
    }

    private Future<JsonObject> asking(Endpoint<RuntimeCommand, JsonObject> endpoint, String runtime, String tenant) {
        return endpoint.ask(
                vertx.eventBus(), new RuntimeCommand(new RuntimeId(runtime), tenant, PATIENCE), TestNode.LONG);
    }
}
