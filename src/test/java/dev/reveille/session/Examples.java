package dev.reveille.session;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sessions for tests of all rooms, in every state there is. */
public final class Examples {
    public static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    public static final Lease LEASE = new Lease("node-a", NOON.plusSeconds(60));

    private Examples() {}

    public static SandboxRuntime runtime(String id) {
        return new SandboxRuntime(
                new RuntimeId(id), URI.create("http://up.test/" + id + "/runtime"), Optional.of("key-" + id), Map.of());
    }

    /** What is asked for when nothing special is. */
    public static SessionSpec plainSpec() {
        return new SessionSpec("{}", Map.of(), ClosePolicy.STOP, false, Optional.empty());
    }

    /** New at noon, for the tenant {@code default}. */
    public static Session session(String id, SandboxState state) {
        return Session.first(new SessionId(id), "default", plainSpec(), state, Cause.CLIENT, NOON);
    }

    public static SandboxState running(String runtimeId) {
        return new SandboxState.Running(runtime(runtimeId));
    }

    public static SandboxState paused(String runtimeId) {
        return new SandboxState.Paused(runtime(runtimeId));
    }

    /** One of each state, those that may be without a runtime with one. */
    public static List<SandboxState> everyState() {
        SandboxRuntime runtime = runtime("rt1");
        return List.of(
                new SandboxState.Building(LEASE, Optional.of("build-1")),
                new SandboxState.Starting(LEASE, Optional.of(runtime)),
                new SandboxState.Running(runtime),
                new SandboxState.Pausing(LEASE, runtime),
                new SandboxState.Paused(runtime),
                new SandboxState.Resuming(LEASE, runtime),
                new SandboxState.Stopping(LEASE, Optional.of(runtime)),
                new SandboxState.Stopped(),
                new SandboxState.Failed(Optional.of(runtime), new GatewayFailure.RuntimeCrashed("it broke")));
    }

    /** One of each failure. */
    public static List<GatewayFailure> everyFailure() {
        Duration soon = Duration.ofMillis(1500);
        return List.of(
                new GatewayFailure.InvalidRequest("a"),
                new GatewayFailure.NoSuchResource(405, "b"),
                new GatewayFailure.TooLarge("c"),
                new GatewayFailure.HeadTooLong(431, "the header fields are too long"),
                new GatewayFailure.Unsupported(505, "d1"),
                new GatewayFailure.TooSlow("d2"),
                new GatewayFailure.Unauthorized("d"),
                new GatewayFailure.Forbidden("e"),
                new GatewayFailure.UnknownSession("f"),
                new GatewayFailure.WrongState("g"),
                new GatewayFailure.RuntimeDisconnected(504, "h"),
                new GatewayFailure.RuntimePaused("i", soon),
                new GatewayFailure.RuntimeStarting("i2", soon),
                new GatewayFailure.StepFailed(GatewayFailure.Step.BUILD, "j"),
                new GatewayFailure.StepFailed(GatewayFailure.Step.START, "k"),
                new GatewayFailure.StepFailed(GatewayFailure.Step.RESUME, "l"),
                new GatewayFailure.StepFailed(GatewayFailure.Step.ENVIRONMENT, "m"),
                new GatewayFailure.StepFailed(GatewayFailure.Step.PAUSE, "n"),
                new GatewayFailure.StepFailed(GatewayFailure.Step.STOP, "o"),
                new GatewayFailure.RuntimeCrashed("p"),
                new GatewayFailure.WakeTimeout("q"),
                new GatewayFailure.StartTimeout("r"),
                new GatewayFailure.BuildTimeout("s"),
                new GatewayFailure.TooManyWaiting("s", soon),
                new GatewayFailure.QuotaExceeded("t", soon),
                new GatewayFailure.RuntimeApiUnavailable("u"),
                new GatewayFailure.BodyNotReplayable("v"),
                new GatewayFailure.ShuttingDown("w", soon),
                new GatewayFailure.Internal("x"));
    }
}
