package dev.reveille.lifecycle;

import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.WakeHistory;
import dev.reveille.session.Cause;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins transitions and carries them to their end. Belongs to one event loop.
 *
 * <p>A transition begins by compare-and-set; whoever loses does nothing. From then on each step is another one, so that a
 * close, or another node's takeover, ends ours at its next step. However it goes, the session settles.
 */
final class Transitions {
    private static final Logger LOG = LoggerFactory.getLogger(Transitions.class);

    /** After a deadline, so that a wait that knows it itself ends first, and says more. */
    private static final Duration LATE = Duration.ofMillis(50);

    private final Vertx vertx;
    private final SessionRegistry registry;
    private final Leases leases;
    private final Steps steps;
    private final Leftovers leftovers;
    private final MeterRegistry meters;
    private final Duration silence;
    private final InstantSource clock;
    private final Map<SessionId, Course> carried = new HashMap<>();
    private final UsualTime starts = new UsualTime();
    private final UsualTime wakes = new UsualTime();
    private boolean leaving;

    /** @param silence as {@link Progress#of} takes it */
    Transitions(
            Vertx vertx,
            SessionRegistry registry,
            Leases leases,
            Steps steps,
            Leftovers leftovers,
            MeterRegistry meters,
            Duration silence,
            InstantSource clock) {
        this.vertx = vertx;
        this.registry = registry;
        this.leases = leases;
        this.steps = steps;
        this.leftovers = leftovers;
        this.meters = meters;
        this.silence = silence;
        this.clock = clock;
    }

    /** What the transitions do, each from its state on. */
    record Steps(Opening opening, Waking waking, Ending ending) {
        Future<Session> from(Course course) {
            SandboxState state = course.at().state();
            if (state instanceof SandboxState.Resuming) {
                return course.at().cause() == Cause.NODE_LOST ? waking.goOn(course) : opening.resume(course);
            }
            if (state instanceof SandboxState.Pausing) {
                return ending.pause(course);
            }
            return state instanceof SandboxState.Stopping ? ending.stop(course) : opening.open(course);
        }
    }

    /** Begins the first transition of a session that is new. @return it; empty if the session is there already */
    Future<Optional<Session>> begin(Session first, Opener opener) {
        return registry.create(first).onSuccess(won -> won.ifPresent(s -> carry(Optional.empty(), s, opener)));
    }

    /** Begins the transition {@code next}. @return it; empty if {@code from} is no longer how things are */
    Future<Optional<Session>> begin(Session from, Session next, Opener opener) {
        return registry.change(from, next).onSuccess(won -> won.ifPresent(s -> carry(from.runtime(), s, opener)));
    }

    /** As {@link #begin(Session, Session, Opener)}, to {@code state}, for nobody who opens it. */
    Future<Optional<Session>> begin(Session from, SandboxState state, Cause cause) {
        return begin(from, from.to(state, cause, "", Clocks.millis(clock)), Opener.NOBODY);
    }

    /** Goes on with a transition that nobody carries any more. @return it; empty if somebody was faster */
    Future<Optional<Session>> takeOver(Session abandoned) {
        SandboxState state =
                abandoned.state().carriedUnder(leases.again(abandoned)).orElseThrow();
        Session next = abandoned.to(state, Cause.NODE_LOST, "taken over", Clocks.millis(clock));
        return begin(abandoned, next, Opener.NOBODY);
    }

    /**
     * The runtime that a session of ours is being woken with, once upstream has set about it. Does not complete for one that
     * another node carries: its settling is all that is heard of it here.
     */
    Future<SandboxRuntime> accepted(SessionId id) {
        Course course = carried.get(id);
        return course == null ? Promise.<SandboxRuntime>promise().future() : course.accepted();
    }

    /** Whether a course of ours has brought {@code session} to where it is. */
    boolean carries(Session session) {
        Course course = carried.get(session.id());
        return course != null && course.at().revision() >= session.revision();
    }

    boolean leaving() {
        return leaving;
    }

    /** This node is about to leave: what fails from now on is no outcome. Another node takes it over. */
    void leave() {
        leaving = true;
    }

    private void carry(Optional<SandboxRuntime> before, Session session, Opener opener) {
        Course course = new Course(registry, leases, clock, before, session, opener);
        carried.put(session.id(), course);
        if (comesUp(session.state())) {
            Progress.of(vertx, course, usual(session.state()), silence, clock);
        }
        inTime(course)
                .recover(error -> failed(course, error))
                .onComplete(over -> {
                    carried.remove(session.id(), course);
                    course.progress().ifPresent(Progress::end);
                })
                .onSuccess(settled -> measured(course, settled))
                .onFailure(error -> {
                    if (error instanceof Superseded) {
                        LOG.debug("session={} is carried by somebody else now", session.id());
                    } else {
                        // Its lease runs out, and whoever finds that takes it over.
                        LOG.error("session={} could not be settled", session.id(), error);
                    }
                });
    }

    private static boolean comesUp(SandboxState state) {
        return state instanceof SandboxState.Building
                || state instanceof SandboxState.Starting
                || state instanceof SandboxState.Resuming;
    }

    /** How long it takes from {@code state} to running; empty if nobody knows. */
    private Optional<Duration> usual(SandboxState state) {
        if (state instanceof SandboxState.Building) {
            return Optional.empty();
        }
        return (state instanceof SandboxState.Resuming ? wakes : starts).median();
    }

    /** However upstream behaves, the course is over at its deadline. */
    private Future<Session> inTime(Course course) {
        Promise<Session> over = Promise.promise();
        limit(course, over);
        Future.succeededFuture(course).compose(steps::from).onComplete(end -> {
            if (end.succeeded()) {
                over.tryComplete(end.result());
            } else {
                over.tryFail(end.cause());
            }
        });
        return over.future();
    }

    /** Each step of a course has its own deadline. */
    private void limit(Course course, Promise<Session> over) {
        if (course.at().settled() || over.future().isComplete()) {
            return;
        }
        Duration left = Duration.between(clock.instant(), course.deadline()).plus(LATE);
        if (left.isNegative()) {
            over.tryFail(new TimedOut("the runtime API was still being asked"));
            return;
        }
        long timer = vertx.setTimer(Math.max(1, left.toMillis()), t -> limit(course, over));
        over.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    private Future<Session> failed(Course course, Throwable error) {
        course.giveUp();
        if (error instanceof Superseded || leaving) {
            return Future.failedFuture(new Superseded());
        }
        SandboxState state = course.at().state();
        GatewayFailure failure = UpstreamFailures.of(Leases.step(state), error);
        return state instanceof SandboxState.Pausing
                ? steps.ending().goOnRunning(course, failure)
                : leftovers
                        .cleanUp(course)
                        .compose(left -> course.settle(new SandboxState.Failed(left, failure), failure.detail()))
                        .compose(settled -> settled.over() && nothingKnown(course, failure)
                                ? registry.forget(settled).map(settled)
                                : Future.succeededFuture(settled));
    }

    /** A session that is not there, or not its opener's, leaves no record: the next question for it asks upstream again. */
    private static boolean nothingKnown(Course course, GatewayFailure failure) {
        return failure instanceof GatewayFailure.UnknownSession
                || (failure instanceof GatewayFailure.Forbidden
                        && course.begun().revision() == 1);
    }

    /** A start that was a wake in the end says nothing of other starts, nor does a wake that was a start of other wakes. */
    private void learned(Course course, Session settled, Optional<Duration> wake) {
        SandboxState from = course.begun().state();
        if (!(settled.state() instanceof SandboxState.Running)) {
            return;
        }
        if (wake.isPresent()) {
            wakes.took(wake.get());
        } else if (from instanceof SandboxState.Starting) {
            starts.took(took(course, settled));
        }
    }

    private static Duration took(Course course, Session settled) {
        return Duration.between(course.begun().changedAt(), settled.changedAt());
    }

    private void measured(Course course, Session settled) {
        Optional<Duration> wake = WakeHistory.wakeThatLedTo(settled);
        learned(course, settled, wake);
        wake.ifPresent(took -> measured(took, settled));
        Timer.builder("reveille.transitions")
                .description("Transitions of sessions, from their begin to their end")
                .tag("from", course.begun().state().word())
                .tag("to", settled.state().word())
                .publishPercentileHistogram()
                .register(meters)
                .record(took(course, settled));
    }

    private void measured(Duration wake, Session settled) {
        Timer.builder("reveille.wakes")
                .description("Wakes, from their begin to the sandbox being ready, or their failure")
                .tag("outcome", settled.state() instanceof SandboxState.Running ? "ready" : "failed")
                .publishPercentileHistogram()
                .register(meters)
                .record(wake);
    }
}
