package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static dev.reveille.testing.Eventually.eventually;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.registry.WakeHistory;
import dev.reveille.session.Examples;
import dev.reveille.session.Lease;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FakeSandbox;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The wakes that are measured, which are those that the overview tells of. */
@ExtendWith(VertxExtension.class)
class CountedWakesTest {
    private FakeRuntimeApi upstream;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(upstream, vertx, "registry.repair-interval=10ms");
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void anOpeningThatFindsASleepingSandboxWakesIt() throws Exception {
        upstream.session("s-1").isPaused();

        node.open("s-1");

        transitionsAre(1);
        assertThat(wakes("ready")).isEqualTo(1);
        agreesWithTheOverview();
    }

    @Test
    void aStartInPlaceOfAResumeIsNoWake() throws Exception {
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);

        node.open("s-1");

        transitionsAre(3);
        assertThat(wakes("ready")).isZero();
        assertThat(wakes("failed")).isZero();
        agreesWithTheOverview();
    }

    @Test
    void aResumeThatFailsIsAWakeThatFailed() throws Exception {
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409);

        failureOf(node.resuming("s-1"));

        transitionsAre(3);
        assertThat(wakes("failed")).isEqualTo(1);
        agreesWithTheOverview();
    }

    @Test
    void aWakeThatAnotherNodeBeganTookAsLongAsBothHaveWorkedOnIt() throws Exception {
        FakeSandbox sandbox = upstream.session("s-1").isPaused();
        SandboxRuntime runtime =
                new SandboxRuntime(new RuntimeId(sandbox.runtimeId()), sandbox.url(), sandbox.sessionKey(), Map.of());
        Instant begin = Instant.now().minusSeconds(60).truncatedTo(ChronoUnit.MILLIS);
        Lease lost = new Lease("node-gone", begin.plusSeconds(30));
        Session paused = Examples.session("s-1", new SandboxState.Paused(runtime));
        node.finds(paused.to(new SandboxState.Resuming(lost, runtime), begin));

        node.untilState("s-1", "running");

        transitionsAre(1);
        assertThat(timer("ready").totalTime(TimeUnit.SECONDS)).isGreaterThanOrEqualTo(60);
        agreesWithTheOverview();
    }

    private void transitionsAre(int count) throws Exception {
        eventually(
                "so many transitions are measured",
                ofMillis(2),
                () -> node.meters().find("reveille.transitions").timers().stream()
                                .mapToLong(Timer::count)
                                .sum()
                        == count);
    }

    private long wakes(String outcome) {
        Timer timer = timer(outcome);
        return timer == null ? 0 : timer.count();
    }

    private Timer timer(String outcome) {
        return node.meters().find("reveille.wakes").tag("outcome", outcome).timer();
    }

    private void agreesWithTheOverview() {
        WakeHistory overview = new WakeHistory(List.of(Tenants.EVERYBODY), InstantSource.system());
        node.session("s-1").orElseThrow().changes().forEach(overview::saw);
        List<WakeHistory.Wake> told = overview.of(Tenants.EVERYBODY).recent();

        assertThat(told.stream().filter(WakeHistory.Wake::ready)).hasSize((int) wakes("ready"));
        assertThat(told.stream().filter(wake -> !wake.ready())).hasSize((int) wakes("failed"));
        long measured = node.meters().find("reveille.wakes").timers().stream()
                .mapToLong(timer -> (long) timer.totalTime(TimeUnit.MILLISECONDS))
                .sum();
        assertThat(told.stream().map(WakeHistory.Wake::took).reduce(Duration.ZERO, Duration::plus))
                .isEqualTo(ofMillis(measured));
    }
}
