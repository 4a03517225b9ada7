package dev.reveille.lifecycle;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;

/** Puts a session to sleep. */
final class PauseErrand {
    private final Errand errand;
    /** Whether we saw the session being paused: if it runs afterwards, that failed. */
    private boolean sawPausing;

    PauseErrand(Errand errand) {
        this.errand = errand;
    }

    Future<Session> pause() {
        return errand.known().compose(this::pause);
    }

    Future<Session> pause(Session session) {
        SandboxState state = session.state();
        if (errand.abandoned(session)) {
            return errand.takeOver(session, this::pause);
        }
        if (state instanceof SandboxState.Paused) {
            return Future.succeededFuture(session);
        }
        if (state instanceof SandboxState.Stopping) {
            return Errand.closed(session);
        }
        if (state instanceof SandboxState.Pausing) {
            return errand.join(this::ended);
        }
        if (!session.settled()) {
            return errand.behind(this::pause);
        }
        if (state instanceof SandboxState.Running running) {
            return sawPausing
                    ? Errand.failed(new GatewayFailure.StepFailed(Step.PAUSE, session.detail()))
                    : errand.begin(
                            session,
                            new SandboxState.Pausing(errand.leaseFor(Step.PAUSE), running.live()),
                            this::ended,
                            this::pause);
        }
        return Errand.failed(new GatewayFailure.WrongState(
                "session " + session.id() + " is " + state.word() + " (expected: running)"));
    }

    private Future<Session> ended(Session settled) {
        sawPausing = true;
        return pause(settled);
    }
}
