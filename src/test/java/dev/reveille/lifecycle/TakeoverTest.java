package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static dev.reveille.testing.Eventually.eventually;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Lease;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FakeSandbox;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transitions that nobody carries any more, and sessions that nobody needs any more. */
@ExtendWith(VertxExtension.class)
class TakeoverTest {
    private static final String[] OFTEN = {"registry.repair-interval=10ms", "upstream.call-timeout=300ms"};

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private final InstantSource clock = () -> Instant.now().plus(ahead.get());
    private FakeRuntimeApi upstream;
    private Vertx vertx;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(upstream.uri(), vertx, clock, OFTEN);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aStartOfANodeThatLeftIsCarriedOn() {
        node.finds(session(new SandboxState.Starting(lostLease(), Optional.empty()), plain()));

        Session running = node.untilState("s-1", "running");

        assertThat(running.cause()).isEqualTo(Cause.NODE_LOST);
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aStartThatUpstreamCarriesAlreadyIsNotStartedTwice() {
        upstream.session("s-1").isRunning();
        node.finds(session(new SandboxState.Starting(lostLease(), Optional.empty()), plain()));

        node.untilState("s-1", "running");

        assertThat(upstream.calls("POST /start")).isZero();
    }

    @Test
    void aStartWhoseSandboxHasANameIsWaitedFor() {
        FakeSandbox sandbox = upstream.session("s-1").isRunning();
        node.finds(session(new SandboxState.Starting(lostLease(), Optional.of(runtime(sandbox))), plain()));

        node.untilState("s-1", "running");

        assertThat(upstream.calls("POST *")).isZero();
    }

    /** The node that left would have stopped it before it told the failure. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStartThatFailsLeavesNoSandboxThatWasStartedForIt(boolean startedForIt) {
        FakeSandbox sandbox = upstream.session("s-1").isStarting().reports("starting", "failed");
        node.finds(
                session(new SandboxState.Starting(lostLease(), Optional.of(runtime(sandbox)), startedForIt), plain()));

        node.untilState("s-1", "failed");

        assertThat(upstream.calls("POST /stop")).isEqualTo(startedForIt ? 1 : 0);
    }

    @Test
    void aResumeThatUpstreamCarriesAlreadyIsNotOrderedTwice() {
        FakeSandbox sandbox = upstream.session("s-1").isRunning().withKey("rotated");
        node.finds(session(new SandboxState.Resuming(lostLease(), runtime(sandbox)), env()));

        Session running = node.untilState("s-1", "running");

        assertThat(upstream.calls("POST /resume")).isZero();
        assertThat(running.runtime().orElseThrow().sessionKey()).contains("rotated");
        assertThat(sandbox.commands()).hasSize(1);
    }

    @Test
    void aResumeThatWasNotOrderedIsOrdered() {
        FakeSandbox sandbox = upstream.session("s-1").isPaused();
        node.finds(session(new SandboxState.Resuming(lostLease(), runtime(sandbox)), plain()));

        node.untilState("s-1", "running");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    /** The node that left may have had it started in place of the one that was not resumed. */
    @Test
    void aResumeInPlaceOfWhichUpstreamHasStartedAnotherSandboxGoesOnWithThat() {
        FakeSandbox other = upstream.session("s-1").isRunning();
        SandboxRuntime old = new SandboxRuntime(new RuntimeId("rt0"), other.url(), Optional.empty(), Map.of());
        node.finds(session(new SandboxState.Resuming(lostLease(), old), plain()));

        Session running = node.untilState("s-1", "running");

        assertThat(running.runtime().orElseThrow().id().value()).isEqualTo("rt1");
        assertThat(upstream.calls("POST *")).isZero();
    }

    @Test
    void aPauseIsCarriedOn() {
        FakeSandbox sandbox = upstream.session("s-1").isRunning();
        node.finds(session(new SandboxState.Pausing(lostLease(), runtime(sandbox)), plain()));

        node.untilState("s-1", "paused");

        assertThat(upstream.calls("POST /pause")).isEqualTo(1);
    }

    @Test
    void aStopIsCarriedOn() {
        FakeSandbox sandbox = upstream.session("s-1").isRunning();
        node.finds(session(new SandboxState.Stopping(lostLease(), Optional.of(runtime(sandbox))), plain()));

        node.untilState("s-1", "stopped");

        assertThat(sandbox.status()).isEqualTo("stopped");
    }

    @Test
    void aStopWhoseSandboxHadNoNameYetFindsIt() {
        FakeSandbox sandbox = upstream.session("s-1").isStarting();
        node.finds(session(new SandboxState.Stopping(lostLease(), Optional.empty()), plain()));

        node.untilState("s-1", "stopped");

        assertThat(sandbox.status()).isEqualTo("stopped");
    }

    @Test
    void aBuildThatWasHandedInIsFollowed() {
        upstream.on("GET", "/build_status")
                .answersJson(new JsonObject().put("status", "SUCCESS").put("image", "repo:tag"));
        upstream.on("GET", "/image_exists")
                .answersJson(new JsonObject().put("exists", false))
                .usual();
        upstream.hasImage("repo:tag");
        node.finds(session(new SandboxState.Building(lostLease(), Optional.of("build-7")), build()));

        node.untilState("s-1", "running");

        assertThat(upstream.calls("POST /build")).isZero();
        assertThat(upstream.requests("GET /build_status").get(0).uri()).endsWith("build_id=build-7");
    }

    @Test
    void aBuildWhoseContextLeftWithItsNodeFailsAndSaysWhatToDo() {
        node.finds(session(new SandboxState.Building(lostLease(), Optional.empty()), build()));

        Session failed = node.untilState("s-1", "failed");

        assertThat(failure(failed).code()).isEqualTo("start_failed");
        assertThat(failure(failed).retryable()).isTrue();
        assertThat(failure(failed).detail()).endsWith("open the session again");
    }

    @Test
    void aLeaseThatHasRunOutIsTakenOverFromALivingNode() {
        FakeSandbox sandbox = upstream.session("s-1").isPaused();
        Lease ours = new Lease("node-here", now().plusSeconds(60));
        node.finds(session(new SandboxState.Resuming(ours, runtime(sandbox)), plain()));
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("resuming");

        ahead.set(ofMinutes(2));

        node.untilState("s-1", "running");
    }

    @Test
    void aTransitionThatCouldNotBeSettledIsSettledInTheEnd() throws Exception {
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.resumeTakes(ofMinutes(10));
        var waking = node.resuming("s-1");
        await(upstream.whenCalled("POST /resume", 1));

        // The step to running and the one to failed are both lost.
        node.map().fails("replaceIfPresent", 2);
        upstream.session("s-1").isRunning();
        eventually("both were tried", ofMillis(1), () -> node.map().failures("replaceIfPresent") == 0);
        ahead.set(ofHours(1));

        assertThat(await(waking).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aTransitionWhoseBeginWasNotConfirmedIsCarriedOn() {
        node.open("s-1");
        await(node.pausing("s-1"));
        node.map().repeats("replaceIfPresent");
        var waking = node.resuming("s-1");
        node.untilState("s-1", "resuming");

        ahead.set(ofSeconds(10));

        assertThat(await(waking).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aStepThatWasNotConfirmedIsTakenAllTheSame() {
        upstream.on("POST", "/start").usual().afterMillis(50);
        var opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 1));
        node.map().repeats("replaceIfPresent");
        node.until("s-1", s -> s.runtime().isPresent());

        ahead.set(ofSeconds(10));

        assertThat(await(opening).getString("state")).isEqualTo("running");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void whatIsOverIsForgottenAfterAWhile() {
        node.open("s-1");
        await(node.closing("s-1"));
        upstream.on("POST", "/start").answers(500);
        failureOf(node.opening("s-2", new JsonObject()));
        assertThat(node.session("s-1")).isPresent();

        ahead.set(ofHours(2));

        assertThat(node.gone("s-1")).isTrue();
        assertThat(node.gone("s-2")).isTrue();
    }

    @Test
    void aSessionThatUpstreamDroppedLongAgoIsForgottenInTheEnd() {
        node.open("s-1");
        node.open("s-2");
        upstream.forget("s-1");

        ahead.set(ofHours(2));
        node.untilState("s-1", "stopped");
        ahead.set(ofHours(4));

        assertThat(node.gone("s-1")).isTrue();
        assertThat(node.session("s-2").orElseThrow().state().word()).isEqualTo("running");
    }

    @Test
    void oneSessionsTroubleIsNoOthers() {
        node.map().fails("replaceIfPresent", 1);
        for (String id : List.of("s-1", "s-2", "s-3")) {
            FakeSandbox sandbox = upstream.session(id).isPaused();
            node.finds(session(id, new SandboxState.Resuming(lostLease(), runtime(sandbox)), plain()));
        }

        for (String id : List.of("s-1", "s-2", "s-3")) {
            node.untilState(id, "running");
        }
    }

    @Test
    void whenANodeLeavesAnotherFinishesWhatItBegan() {
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").hangs().usual();
        node.resuming("s-1").onFailure(gone -> {});
        await(upstream.whenCalled("POST /resume", 1));
        node.leaves();

        ahead.set(ofHours(1));
        TestNode other = TestNode.before(upstream.uri(), vertx, clock, OFTEN);

        other.untilState("s-1", "running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(2);
    }

    private Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    /** Of a node that is not there, though it has not run out. */
    private Lease lostLease() {
        return new Lease("node-gone", now().plus(ofHours(1)));
    }

    private Session session(SandboxState state, SessionSpec spec) {
        return session("s-1", state, spec);
    }

    private Session session(String id, SandboxState state, SessionSpec spec) {
        return Session.first(new SessionId(id), "default", spec, state, Cause.CLIENT, now());
    }

    private static SandboxRuntime runtime(FakeSandbox sandbox) {
        return new SandboxRuntime(new RuntimeId(sandbox.runtimeId()), sandbox.url(), sandbox.sessionKey(), Map.of());
    }

    private static GatewayFailure failure(Session failed) {
        return ((SandboxState.Failed) failed.state()).failure();
    }

    private static SessionSpec plain() {
        return spec(Map.of(), Optional.empty());
    }

    private static SessionSpec env() {
        return spec(Map.of("A", "1"), Optional.empty());
    }

    private static SessionSpec build() {
        return spec(Map.of(), Optional.of(new SessionSpec.Build("repo:tag", List.of())));
    }

    private static SessionSpec spec(Map<String, String> env, Optional<SessionSpec.Build> build) {
        String request = new JsonObject().put("session_id", "s-1").encode();
        return new SessionSpec(request, env, ClosePolicy.STOP, false, build);
    }
}
