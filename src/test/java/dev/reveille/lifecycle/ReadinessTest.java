package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.GatewayFailure;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class ReadinessTest {
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
    void readyBeforeTheRouteWorksIsNotReady() {
        upstream.startTakes(ofMillis(20)).readyBeforeRoute(ofMillis(300));
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");

        assertThat(upstream.calls("GET /rt1/runtime/alive")).isGreaterThan(1);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 401, 403, 404, 429, 500, 502, 503, 504})
    void aliveAnsweringAnythingButYesIsNotYet(int status) {
        upstream.session("s-1").on("GET", "/alive").answers(status).times(3).then(200);
        TestNode node = TestNode.before(upstream, vertx);

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");

        assertThat(upstream.calls("GET /rt1/runtime/alive")).isEqualTo(4);
        assertThat(upstream.calls("POST /resume")).isZero();
    }

    @Test
    void aliveHangingOrBreakingOffIsNotYet() {
        upstream.session("s-1").on("GET", "/alive").hangs().resets().breaksOff().usual();
        TestNode node = TestNode.before(upstream, vertx, "lifecycle.alive-timeout=100ms");

        assertThat(node.open("s-1").getString("state")).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pending", "running", "not found", "Evicting", "ready"})
    void podsOfTheseWordsAreWaitedFor(String word) {
        upstream.session("s-1").isStarting().reports("running", word);
        TestNode node = TestNode.before(upstream, vertx);

        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("GET /runtime/rt1", 3));
        upstream.session("s-1").routeIsOpen(true);

        assertThat(await(opening).getString("state")).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"failed", "UNKNOWN"})
    void podsOfTheseWordsAreLost(String word) {
        upstream.session("s-1").isStarting().reports("running", word);
        TestNode node = TestNode.before(upstream, vertx);

        GatewayFailure failure = failureOf(node.opening("s-1", new JsonObject()));

        assertThat(failure.code()).isEqualTo("runtime_crashed");
        assertThat(failure.detail())
                .isEqualTo("the sandbox is unavailable (pod status: " + word.toLowerCase(java.util.Locale.ROOT) + ")");
    }

    @Test
    void aCrashLoopIsToldWithItsReasons() {
        upstream.session("s-1").crash().reports("running", "CrashLoopBackOff");
        TestNode node = TestNode.before(upstream, vertx);

        GatewayFailure failure = failureOf(node.opening("s-1", new JsonObject()));

        assertThat(failure.code()).isEqualTo("runtime_crashed");
        assertThat(failure.detail())
                .isEqualTo("the sandbox crashed and is being restarted, potentially due to memory usage;"
                        + " restarted 1 times: OOMKilled");
    }

    @Test
    void troubleWithTheRuntimeApiWhileWaitingIsNotYet() {
        upstream.session("s-1").isStarting().reports("running", "pending");
        upstream.on("GET", "/runtime/*")
                .answers(500)
                .times(4)
                .answers(404)
                .answersText("{{")
                .resets()
                .hangs();
        TestNode node = TestNode.before(upstream, vertx, "upstream.call-timeout=500ms", "upstream.attempts=1");

        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("GET /runtime/rt1", 8));
        upstream.session("s-1").routeIsOpen(true);

        assertThat(await(opening).getString("state")).isEqualTo("running");
    }

    @Test
    void aStartEndsAtItsDeadlineAndSaysWhatWasSeenLast() {
        upstream.session("s-1").isStarting().reports("running", "pending");
        TestNode node = TestNode.before(upstream, vertx, "lifecycle.start-timeout=200ms");

        GatewayFailure failure = failureOf(node.opening("s-1", new JsonObject()));

        assertThat(failure.code()).isEqualTo("start_timeout");
        assertThat(failure.detail())
                .isEqualTo("the sandbox was not ready in time: its pod is pending, but it does not answer");
    }

    @Test
    void aResumeEndsAtItsOwnDeadline() {
        TestNode node = TestNode.before(upstream, vertx, "lifecycle.resume-timeout=200ms");
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answersJson(new JsonObject());

        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("wake_timeout");
    }

    @Test
    void theWakeInAnOpeningEndsAtTheDeadlineOfWakes() {
        upstream.session("s-1").isPaused();
        upstream.on("POST", "/resume").answersJson(new JsonObject());
        TestNode node = TestNode.before(upstream, vertx, "lifecycle.resume-timeout=200ms");

        assertThat(failureOf(node.opening("s-1", new JsonObject())).code()).isEqualTo("wake_timeout");
    }

    @Test
    void onceItIsOverNobodyLooksAnyMore() {
        TestNode node = TestNode.before(upstream, vertx);
        upstream.startTakes(ofMillis(30));
        node.open("s-1");
        int looks = upstream.calls("GET /rt1/runtime/alive");

        await(node.pausing("s-1"));
        await(node.closing("s-1"));

        assertThat(upstream.calls("GET /rt1/runtime/alive")).isEqualTo(looks);
    }
}
