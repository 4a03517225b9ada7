package dev.reveille.lifecycle;

import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Predicate;

/** Closes a session as its policy says. */
final class CloseErrand {
    private final Errand errand;
    private Predicate<Session> owed = session -> true;

    CloseErrand(Errand errand) {
        this.errand = errand;
    }

    Future<Session> close() {
        return errand.known().compose(this::close);
    }

    private Future<Session> close(Session session) {
        Optional<ClosePolicy> asked = errand.command().policy();
        if (session.spec().attachOnly() && asked.equals(Optional.of(ClosePolicy.STOP))) {
            return Errand.failed(new GatewayFailure.WrongState(
                    "session " + session.id() + " is attach_only: closing it never stops its sandbox"));
        }
        return switch (asked.orElse(session.spec().effectiveClosePolicy())) {
            case KEEP -> Future.succeededFuture(session);
            case PAUSE -> pause(session);
            case STOP -> stop(session);
        };
    }

    private Future<Session> pause(Session session) {
        return session.state() instanceof SandboxState.Stopped
                ? Future.succeededFuture(session)
                : new PauseErrand(errand).pause(session);
    }

    /**
     * Whatever its policy: whoever may close it has said so. Leaves a session alone for which {@code isOwed} does not hold,
     * whenever it is found to be so.
     */
    Future<Session> stopWhile(Predicate<Session> isOwed) {
        owed = isOwed;
        return lookAndStop();
    }

    /** Does not wait for a transition under way: a close wins over everything but another close. */
    private Future<Session> stop(Session session) {
        SandboxState state = session.state();
        if (state instanceof SandboxState.Stopped || !owed.test(session)) {
            return Future.succeededFuture(session);
        }
        if (errand.joined() && state instanceof SandboxState.Failed failed && failedToStop(failed)) {
            return Errand.failed(failed.failure());
        }
        if (state instanceof SandboxState.Stopping) {
            return errand.abandoned(session) ? errand.takeOver(session, this::lookAndStop) : errand.join(this::stop);
        }
        SandboxState stopping = new SandboxState.Stopping(errand.leaseFor(Step.STOP), session.runtime());
        return errand.begin(session, stopping, this::stop, this::lookAndStop);
    }

    private static boolean failedToStop(SandboxState.Failed failed) {
        return (failed.failure() instanceof GatewayFailure.StepFailed step && step.step() == Step.STOP)
                || failed.failure() instanceof GatewayFailure.RuntimeApiUnavailable
                || failed.failure() instanceof GatewayFailure.QuotaExceeded;
    }

    private Future<Session> lookAndStop() {
        return errand.known().compose(this::stop);
    }
}
