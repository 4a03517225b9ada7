package dev.reveille.lifecycle;

import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;

/** Wakes a session, for a client or for traffic. */
final class ResumeErrand {
    /** A runtime API that does not say how it is may still wake it. */
    private static final long LOOK_SECONDS = 2;

    private final Errand errand;

    ResumeErrand(Errand errand) {
        this.errand = errand;
    }

    Future<Session> resume() {
        return errand.known().compose(this::resume);
    }

    private Future<Session> resume(Session session) {
        SandboxState state = session.state();
        if (errand.abandoned(session)) {
            return errand.takeOver(session, this::resume);
        }
        if (state instanceof SandboxState.Stopping || state instanceof SandboxState.Stopped) {
            return Errand.closed(session);
        }
        if (state instanceof SandboxState.Pausing) {
            return errand.behind(this::resume).compose(errand::unlessOver);
        }
        if (!session.settled()) {
            return errand.join(this::resume);
        }
        if (state instanceof SandboxState.Failed failed) {
            return outcome(session, failed);
        }
        if (state instanceof SandboxState.Paused) {
            return begin(session);
        }
        boolean foundAsleep = errand.command().seenRevision() == session.revision();
        return foundAsleep ? looked(session) : Future.succeededFuture(session);
    }

    /**
     * A router said that it sleeps. If upstream says so too that is noted, as whoever met it then met nobody; if not, or if
     * nobody knows, it is woken all the same.
     */
    private Future<Session> looked(Session session) {
        return errand.discovery()
                .inspect(session)
                .timeout(LOOK_SECONDS, TimeUnit.SECONDS)
                .otherwise(session)
                .compose(now ->
                        now.state() instanceof SandboxState.Running ? begin(now) : errand.again(() -> resume(now)));
    }

    private Future<Session> begin(Session session) {
        SandboxState resuming = new SandboxState.Resuming(
                errand.leaseFor(Step.RESUME), session.runtime().orElseThrow());
        return errand.begin(session, resuming, this::resume, this::resume);
    }

    /** If it failed since the caller looked, that is the outcome of the wake that the caller asks for. */
    private Future<Session> outcome(Session session, SandboxState.Failed failed) {
        long seen = errand.command().seenRevision();
        boolean since = seen > 0 && seen < session.revision();
        return errand.joined() || since ? Errand.failed(failed.failure()) : inspected(session, failed);
    }

    /** A failed session may be well again, or just asleep. */
    private Future<Session> inspected(Session session, SandboxState.Failed failed) {
        return errand.discovery()
                .inspect(session)
                .compose(now -> now.state() instanceof SandboxState.Failed
                        ? Errand.failed(failed.failure())
                        : errand.again(() -> resume(now)));
    }
}
