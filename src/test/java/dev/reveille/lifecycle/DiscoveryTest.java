package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.RuntimeId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Script;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class DiscoveryTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final JsonObject ENV = new JsonObject().put("initial_env", new JsonObject().put("A", "1"));

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private FakeRuntimeApi upstream;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(upstream.uri(), vertx, now::get, "upstream.call-timeout=500ms");
        // A node that has just begun would adopt what a test makes up.
        await(upstream.whenCalled("GET /list", 1));
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @ParameterizedTest
    @CsvSource({"running, running", "paused, paused", "error, failed"})
    void aSessionThatOnlyUpstreamKnowsIsAdopted(String status, String state) {
        upstream.session("s-1").withKey("k").isPaused().reports(status, "ready");

        JsonObject adopted = await(node.looking("s-1"));

        assertThat(adopted.getString("state")).isEqualTo(state);
        assertThat(adopted.getString("cause")).isEqualTo("adopted");
        assertThat(adopted.getString("session_api_key")).isEqualTo("k");
    }

    @Test
    void oneThatIsComingUpIsAdoptedAndWaitedFor() {
        upstream.session("s-1").isStarting();

        assertThat(await(node.looking("s-1")).getString("state")).isEqualTo("starting");
        upstream.session("s-1").isRunning();

        node.untilState("s-1", "running");
        assertThat(upstream.calls("POST *")).isZero();
    }

    @Test
    void oneThatIsStoppedIsNotThere() {
        upstream.session("s-1").isStopped();

        assertThat(failureOf(node.looking("s-1")).code()).isEqualTo("unknown_session");
    }

    @Test
    void manyWhoAskAtOnceCostUpstreamOneCall() {
        upstream.session("s-1").isRunning();

        List<Future<JsonObject>> looks =
                IntStream.range(0, 50).mapToObj(i -> node.looking("s-1")).toList();
        await(Future.all(looks));

        assertThat(upstream.calls("GET /sessions/s-1")).isEqualTo(1);
    }

    @Test
    void thatUpstreamKnowsNothingIsRememberedForASecond() {
        failureOf(node.looking("s-1"));
        upstream.session("s-1").isRunning();

        now.set(NOON.plusMillis(999));
        assertThat(failureOf(node.looking("s-1")).code()).isEqualTo("unknown_session");
        assertThat(upstream.calls("GET /sessions/s-1")).isEqualTo(1);

        now.set(NOON.plusMillis(1000));
        assertThat(await(node.looking("s-1")).getString("state")).isEqualTo("running");
    }

    @Test
    void withoutUpstreamNobodyKnows() {
        upstream.closeControl();

        assertThat(failureOf(node.looking("s-1")).code()).isEqualTo("runtime_api_unavailable");
    }

    @Test
    void aRuntimeThatOnlyUpstreamKnowsIsAdoptedFromItsList() {
        upstream.session("s-1").isRunning();

        assertThat(await(node.adopting("rt1")).getString("session_id")).isEqualTo("s-1");

        assertThat(node.session("s-1")).isPresent();
    }

    @Test
    void manyUnknownRuntimesCostUpstreamOneCall() {
        await(upstream.whenCalled("GET /list", 1));
        int before = upstream.calls("GET /list");

        List<Future<JsonObject>> looks =
                IntStream.range(0, 50).mapToObj(i -> node.adopting("no-" + i)).toList();

        assertThat(looks.stream().map(l -> failureOf(l).code())).containsOnly("unknown_session");
        assertThat(upstream.calls("GET /list")).isEqualTo(before + 1);
        now.set(NOON.plusSeconds(1));
        failureOf(node.adopting("no-1"));
        assertThat(upstream.calls("GET /list")).isEqualTo(before + 2);
    }

    @Test
    void everyoneWhoAsksForARuntimeThatIsBeingAdoptedGetsIt() {
        upstream.session("s-1").isRunning();

        List<Future<JsonObject>> looks = IntStream.range(0, 20)
                .mapToObj(i -> i % 2 == 0 ? node.adopting("rt1") : node.looking("s-1"))
                .toList();
        await(Future.all(looks));

        assertThat(node.session("s-1").orElseThrow().revision()).isEqualTo(1);
    }

    @Test
    void theOldRuntimeOfASessionIsNotThere() {
        node.open("s-1");
        upstream.session("s-1").isStopped();
        node.open("s-1");

        assertThat(failureOf(node.adopting("rt1")).code()).isEqualTo("unknown_session");
    }

    @Test
    void aRuntimeThatReplacedTheOneThatWeKnowIsTakenOver() {
        node.open("s-1");
        upstream.forget("s-1");
        upstream.session("s-1").isRunning();

        assertThat(await(node.adopting("rt2")).getString("runtime_id")).isEqualTo("rt2");
    }

    @Test
    void aListThatIsOlderThanTheSessionIsNoNews() {
        node.open("s-1");
        JsonObject before = new JsonObject()
                .put("session_id", "s-1")
                .put("runtime_id", "rt0")
                .put("url", "http://up.test/rt0/runtime")
                .put("status", "running");
        upstream.on("GET", "/list").answersJson(new JsonObject().put("runtimes", new JsonArray().add(before)));

        assertThat(failureOf(node.adopting("rt0")).code()).isEqualTo("unknown_session");

        assertThat(node.session("s-1").orElseThrow().runtime().orElseThrow().id())
                .isEqualTo(new RuntimeId("rt1"));
    }

    @ParameterizedTest
    @CsvSource({"running, running", "paused, paused", "stopped, stopped", "error, failed", "starting, running"})
    void anInspectionTakesOverWhatUpstreamSays(String status, String state) {
        node.open("s-1");
        upstream.session("s-1").reports(status, "ready");

        JsonObject seen = await(node.inspecting("s-1"));

        assertThat(seen.getString("state")).isEqualTo(state);
        assertThat(seen.getString("cause"))
                .isEqualTo(status.equals(state) || state.equals("failed") ? causeOf(status) : "client");
    }

    private static String causeOf(String status) {
        return status.equals("running") ? "client" : "upstream";
    }

    @Test
    void whatWokeThoughItsWakeHadFailedGetsItsVariablesFirst() {
        node.open("s-1", ENV);
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(503);
        failureOf(node.resuming("s-1"));
        upstream.session("s-1").isRunning();

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("starting");

        node.untilState("s-1", "running");
        assertThat(upstream.session("s-1").commands()).hasSize(2);
    }

    @Test
    void whatOthersWokeGetsItsVariablesFirst() {
        node.open("s-1", ENV);
        await(node.pausing("s-1"));
        upstream.session("s-1").isRunning();

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("starting");

        node.untilState("s-1", "running");
        assertThat(upstream.session("s-1").commands()).hasSize(2);
    }

    @Test
    void aSandboxThatReplacedTheOneThatWeKnowGetsTheVariablesFirst() {
        node.open("s-1", ENV);
        upstream.forget("s-1");
        upstream.session("s-1").isRunning();

        assertThat(await(node.adopting("rt2")).getString("state")).isEqualTo("starting");

        node.untilState("s-1", "running");
        assertThat(upstream.session("s-1").commands()).hasSize(1);
    }

    @Test
    void variablesThatCouldNotBeSetAreSetBeforeItIsTakenToRun() {
        node.open("s-1", ENV);
        await(node.pausing("s-1"));
        upstream.session("s-1").actionsExitWith(3);
        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("environment_failed");
        upstream.session("s-1").actionsExitWith(0);

        await(node.inspecting("s-1"));

        node.untilState("s-1", "running");
        assertThat(upstream.session("s-1").commands()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatComesUpThoughItsWakeHadFailedIsWaitedFor(boolean answered) {
        node.open("s-1");
        await(node.pausing("s-1"));
        Script resume = upstream.on("POST", "/resume");
        (answered ? resume.answers(503) : resume.hangs()).then(200);
        failureOf(node.resuming("s-1"));
        upstream.session("s-1").isStarting();

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("starting");

        upstream.session("s-1").isRunning();
        node.untilState("s-1", "running");
    }

    @Test
    void oneFalse404DoesNotLoseASandboxThatRuns() {
        node.open("s-1");
        upstream.on("GET", "/sessions/s-1").answersHtml(404, "<h1>no such route</h1>");

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("running");
    }

    @Test
    void whatUpstreamSeemedToHaveDroppedComesBackByItsTraffic() {
        node.open("s-1");
        upstream.on("GET", "/sessions/s-1").answers(404);
        upstream.on("GET", "/runtime/rt1").answers(404);
        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("stopped");

        assertThat(await(node.adopting("rt1")).getString("state")).isEqualTo("running");
    }

    @Test
    void whatWasClosedHereDoesNotComeBack() {
        node.open("s-1");
        await(node.closing("s-1"));
        upstream.session("s-1").isRunning();

        assertThat(failureOf(node.adopting("rt1")).code()).isEqualTo("unknown_session");
    }

    @Test
    void anInspectionOfWhatUpstreamForgotStopsTheSession() {
        node.open("s-1");
        upstream.forget("s-1");

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("stopped");
    }

    @Test
    void manyWhoInspectAtOnceCostUpstreamOneCall() {
        node.open("s-1");
        int before = upstream.calls("GET /sessions/s-1");

        await(Future.all(
                IntStream.range(0, 50).mapToObj(i -> node.inspecting("s-1")).toList()));

        assertThat(upstream.calls("GET /sessions/s-1")).isEqualTo(before + 1);
    }

    @Test
    void aSessionInATransitionIsNotDisturbed() {
        upstream.startTakes(Duration.ofSeconds(60));
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("GET /rt1/runtime/alive", 1));
        int before = upstream.calls("GET /sessions/s-1");

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("starting");

        assertThat(upstream.calls("GET /sessions/s-1")).isEqualTo(before);
        await(node.closing("s-1"));
        failureOf(opening);
    }

    @Test
    void whatAnInspectionFoundIsNoNewsOfWhatHappenedSince() {
        node.open("s-1");
        await(node.inspecting("s-1"));
        await(node.pausing("s-1"));
        upstream.session("s-1").isStopped();

        assertThat(await(node.inspecting("s-1")).getString("state")).isEqualTo("stopped");
    }
}
