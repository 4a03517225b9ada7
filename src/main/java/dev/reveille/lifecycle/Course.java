package dev.reveille.lifecycle;

import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.Lease;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** One transition on its way: the session as we last left it. Whoever else changes the session ends our course. */
final class Course {
    private final SessionRegistry registry;
    private final Leases leases;
    private final InstantSource clock;
    private final Optional<SandboxRuntime> before;
    private final Session begun;
    private final Opener opener;
    private Session at;
    private Lease lease;
    private Optional<SandboxRuntime> lastRuntime;
    private Optional<SandboxRuntime> started;
    private final Promise<SandboxRuntime> accepted = Promise.promise();
    private Optional<Progress> progress = Optional.empty();
    private boolean givenUp;

    /**
     * @param before the runtime that the session had when the course began
     * @param begun the session in its transition
     */
    Course(
            SessionRegistry registry,
            Leases leases,
            InstantSource clock,
            Optional<SandboxRuntime> before,
            Session begun,
            Opener opener) {
        this.registry = registry;
        this.leases = leases;
        this.clock = clock;
        this.before = before;
        this.begun = begun;
        this.opener = opener;
        this.at = begun;
        this.lease = begun.state().lease().orElseThrow();
        this.lastRuntime = begun.runtime().or(() -> before);
        this.started = begun.state() instanceof SandboxState.Starting left && left.startedForIt()
                ? left.known()
                : Optional.empty();
    }

    /** The session as this course last left it. */
    Session at() {
        return at;
    }

    /** The session as it was when the course began. */
    Session begun() {
        return begun;
    }

    /** The runtime that the session has, or had last: it may be from before the course. */
    Optional<SandboxRuntime> lastRuntime() {
        return lastRuntime;
    }

    /** Whether {@code runtime} is the one that the session had before: nobody else's, then. */
    boolean had(SandboxRuntime runtime) {
        return before.filter(old -> old.id().equals(runtime.id())).isPresent();
    }

    /** A lease for the next step, from now on. */
    Lease leaseFor(Step step) {
        return leases.forStep(step);
    }

    /** The lease of the step that is under way, or was the last. */
    Lease lease() {
        return lease;
    }

    /** When the step that is under way has to be over. */
    Instant deadline() {
        return leases.deadline(lease());
    }

    /** Who opens the session, if that is what the course is for. */
    Opener opener() {
        return opener;
    }

    /** The sandbox that this course has started, or the node that it took the opening over from; if one has. */
    Optional<SandboxRuntime> started() {
        return started;
    }

    void hasStarted(SandboxRuntime runtime) {
        started = Optional.of(runtime);
    }

    /**
     * Completes once upstream has set about waking the sandbox, with the key that counts from now on. Never fails, and never
     * completes if the course does not come that far.
     */
    Future<SandboxRuntime> accepted() {
        return accepted.future();
    }

    void wasAccepted(SandboxRuntime current) {
        accepted.tryComplete(current);
    }

    /** {@code looker} is told what is heard of the sandbox. */
    void isSeenBy(Progress looker) {
        progress = Optional.of(looker);
    }

    /** Who is told what is heard of the sandbox; empty if nobody is. */
    Optional<Progress> progress() {
        return progress;
    }

    /** Whether nobody has taken the session out of our hands, as far as this node knows. */
    boolean ours() {
        return !givenUp
                && registry.seen(at.id())
                        .map(s -> s.revision() == at.revision())
                        .orElse(false);
    }

    /** The course has failed. Calls that are still under way may come back, but take no step any more. */
    void giveUp() {
        givenUp = true;
    }

    /** Takes one step. @return the session after it; fails with {@link Superseded} if somebody was faster */
    Future<Session> advance(SandboxState next, String detail) {
        return givenUp ? Future.failedFuture(new Superseded()) : change(next, detail);
    }

    /** The last step of a course that was given up. Fails as {@link #advance} does. */
    Future<Session> settle(SandboxState last, String detail) {
        return last instanceof SandboxState.Failed && last.runtime().isPresent()
                ? change(opener.specIfInVain().map(at::withSpec).orElse(at), last, detail)
                : change(last, detail);
    }

    private Future<Session> change(SandboxState next, String detail) {
        return change(at, next, detail);
    }

    private Future<Session> change(Session as, SandboxState next, String detail) {
        Session from = at;
        return registry.change(from, as.to(next, from.cause(), detail, Clocks.millis(clock)))
                .compose(won -> won.map(Future::succeededFuture).orElseGet(() -> Future.failedFuture(new Superseded())))
                .onSuccess(now -> {
                    at = now;
                    lastRuntime = now.runtime().or(() -> lastRuntime);
                    lease = now.state().lease().orElse(lease);
                });
    }
}
