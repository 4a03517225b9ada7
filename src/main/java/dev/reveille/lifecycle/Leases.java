package dev.reveille.lifecycle;

import dev.reveille.bus.ClusterNode;
import dev.reveille.config.LifecycleSettings;
import dev.reveille.config.UpstreamSettings;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.Lease;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** How long each transition may take, and whose it is. */
final class Leases {
    private static final Duration SLACK = Duration.ofSeconds(15);

    /** How much later than a node's work one may hear that it is a member. */
    private static final Duration NEWS_LATE = Duration.ofSeconds(5);

    private final ClusterNode node;
    private final LifecycleSettings times;
    private final Duration grace;
    private final InstantSource clock;

    /** @param upstream how long the call may take that cleans up after a failure */
    Leases(ClusterNode node, LifecycleSettings times, UpstreamSettings upstream, InstantSource clock) {
        this.node = node;
        this.times = times;
        this.grace = upstream.callTimeout()
                .plus(upstream.retryDelay())
                .multipliedBy(upstream.attempts())
                .plus(SLACK);
        this.clock = clock;
    }

    /** A lease of this node for {@code step}, from now on. */
    Lease forStep(Step step) {
        Duration limit = switch (step) {
            case BUILD -> times.buildTimeout();
            case START -> times.startTimeout();
            case RESUME, ENVIRONMENT -> times.resumeTimeout();
            case PAUSE -> times.pauseTimeout();
            case STOP -> times.stopTimeout();
        };
        return new Lease(node.id(), Clocks.millis(clock).plus(limit).plus(grace));
    }

    /** A lease for the transition that {@code abandoned} is in. */
    Lease again(Session abandoned) {
        return forStep(step(abandoned.state()));
    }

    /** Which step a session in {@code state} is at. */
    static Step step(SandboxState state) {
        return switch (state.word()) {
            case "building" -> Step.BUILD;
            case "resuming" -> Step.RESUME;
            case "pausing" -> Step.PAUSE;
            case "stopping" -> Step.STOP;
            default -> Step.START;
        };
    }

    /**
     * When the transition under {@code lease} has to be over. Between that and anybody else's taking it over is time to
     * clean up and to write down how it ended.
     */
    Instant deadline(Lease lease) {
        return lease.until().minus(grace);
    }

    /** Whether nobody carries {@code session} through its transition any more. */
    boolean abandoned(Session session) {
        return session.state()
                .lease()
                .filter(l -> l.hasRunOut(clock.instant()) || gone(l.node(), session.changedAt()))
                .isPresent();
    }

    /** Whether {@code session} has long been under a lease of this node, that is, whether its course should be known here. */
    boolean ours(Session session) {
        return session.state()
                .lease()
                .filter(l -> l.node().equals(node.id()))
                .filter(l -> session.changedAt().plus(NEWS_LATE).isBefore(clock.instant()))
                .isPresent();
    }

    /** A node may begin before all others have heard that it has joined; and one may have left before this one came. */
    private boolean gone(String other, Instant since) {
        return node.hasLeft(other)
                || (!node.knows(other) && since.plus(NEWS_LATE).isBefore(clock.instant()));
    }
}
