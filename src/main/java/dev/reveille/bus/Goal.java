package dev.reveille.bus;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import java.util.Optional;
import java.util.Set;

/** Where a command is to bring a session, and on which ways. */
@SuppressWarnings("ImmutableEnumChecker") // what Set.of makes never changes
enum Goal {
    AWAKE(Set.of("building", "starting", "resuming"), Set.of("running")),
    ASLEEP(Set.of("pausing"), Set.of("paused")),
    CLOSED(Set.of("pausing", "stopping"), Set.of("paused", "stopped"));

    private final Set<String> ways;
    private final Set<String> ends;

    Goal(Set<String> ways, Set<String> ends) {
        this.ways = ways;
        this.ends = ends;
    }

    /** Whether a session that was on its way as {@code before} has come where the command was to bring it. */
    boolean reached(SessionView before, SessionView settled) {
        return ways.contains(before.state()) && ends.contains(settled.state());
    }

    /**
     * Why the command has failed, if it has. A session that was on the way to somewhere else, or that is asleep again, has
     * not: then the command is to be given anew.
     */
    Optional<FailureException> failure(SessionView before, SessionView settled) {
        return ways.contains(before.state()) ? failure(settled).map(GatewayFailure::asException) : Optional.empty();
    }

    private Optional<GatewayFailure> failure(SessionView settled) {
        return switch (settled.state()) {
            case "failed" ->
                Optional.of(settled.failure().orElseGet(() -> new GatewayFailure.Internal(settled.detail())));
            case "running" -> Optional.of(new GatewayFailure.StepFailed(Step.PAUSE, settled.detail()));
            case "stopped" -> Optional.of(new GatewayFailure.UnknownSession("session " + settled.id() + " was closed"));
            default -> Optional.empty();
        };
    }
}
