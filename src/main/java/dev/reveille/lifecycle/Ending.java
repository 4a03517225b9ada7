package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.runtimeapi.RuntimeRecord.Status;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** From running to paused, and from anywhere to stopped: order it, then wait until upstream reports it. */
final class Ending {
    private final Upstream upstream;
    private final Polling polling;

    Ending(Upstream upstream, Polling polling) {
        this.upstream = upstream;
        this.polling = polling;
    }

    /**
     * For a course whose session is pausing. Where upstream refuses, it is asked how things are: a sandbox that sleeps
     * anyway is paused, one that is gone is stopped. Fails if it goes on running, or nobody knows.
     */
    Future<Session> pause(Course course) {
        SandboxRuntime runtime = course.at().runtime().orElseThrow();
        return upstream.pause(course.at(), runtime.id())
                .compose(
                        accepted -> reported(course, Report::endsPause, () -> look(course, runtime))
                                .map(found -> found.orElse(Report.of(Status.PAUSED))),
                        refused -> look(course, runtime)
                                .map(Optional::of)
                                .otherwise(Optional.empty())
                                .map(found -> found.filter(Report::isDown))
                                .compose(found -> found.map(Future::succeededFuture)
                                        .orElseGet(() -> Future.failedFuture(refused))))
                .compose(now -> pausedOrElse(course, runtime, now));
    }

    /** Fails where upstream does not know the session, but its runtime: that is a router's 404, and no report. */
    private Future<Report> look(Course course, SandboxRuntime runtime) {
        return upstream.lookUp(course.at())
                .compose(found -> found.isPresent() ? told(found, runtime) : gone(course, runtime));
    }

    private static Future<Report> told(Optional<RuntimeRecord> found, SandboxRuntime runtime) {
        return Future.succeededFuture(Report.of(found, runtime));
    }

    private Future<Report> gone(Course course, SandboxRuntime runtime) {
        return upstream.isGone(course.at().tenant(), runtime.id())
                .compose(gone -> gone
                        ? Future.succeededFuture(Report.of(Status.STOPPED))
                        : Future.failedFuture(new GatewayFailure.RuntimeApiUnavailable(
                                        "the runtime API does not know the session now")
                                .asException()));
    }

    private static Future<Session> pausedOrElse(Course course, SandboxRuntime runtime, Report now) {
        return switch (now.status()) {
            case PAUSED -> course.advance(new SandboxState.Paused(runtime), "");
            case STOPPED -> course.advance(new SandboxState.Stopped(), "the sandbox is gone");
            case RUNNING, STARTING, ERROR, OTHER ->
                Future.failedFuture(new GatewayFailure.StepFailed(Step.PAUSE, "the sandbox did not fall asleep in time")
                        .asException());
        };
    }

    /**
     * For a session whose pause failed: as far as anybody knows its sandbox runs. If it does not, the next request finds
     * that out and wakes it.
     */
    Future<Session> goOnRunning(Course course, GatewayFailure failure) {
        SandboxRuntime runtime = course.at().runtime().orElseThrow();
        return course.settle(new SandboxState.Running(runtime), failure.detail());
    }

    /** For a course whose session is stopping. A sandbox that is already gone is stopped too. */
    Future<Session> stop(Course course) {
        return whatToStop(course)
                .compose(runtime -> runtime.map(r -> stop(course, r)).orElseGet(Future::succeededFuture))
                .compose(gone -> course.advance(new SandboxState.Stopped(), ""));
    }

    private Future<Void> stop(Course course, SandboxRuntime runtime) {
        return upstream.stop(course.at(), runtime.id())
                .compose(accepted -> reported(
                        course,
                        r -> !r.isThere(),
                        () -> upstream.lookUp(course.at()).map(found -> Report.of(found, runtime))))
                .compose(found -> found.filter(Report::isThere).isEmpty()
                        ? Future.succeededFuture()
                        : Future.failedFuture(new GatewayFailure.StepFailed(
                                        Step.STOP, "the runtime API accepted it, but the sandbox is still there")
                                .asException()));
    }

    /**
     * A session that was closed before its sandbox had a name may have one by now. But where tenants share an upstream key,
     * what bears the session's name may be somebody else's.
     */
    private Future<Optional<SandboxRuntime>> whatToStop(Course course) {
        Optional<SandboxRuntime> known = course.at().runtime();
        boolean mayLook = upstream.tenants().seesOnlyItsOwn(course.at().tenant());
        return known.isPresent() || !mayLook
                ? Future.succeededFuture(known)
                : upstream.lookUp(course.at())
                        .map(found ->
                                found.filter(r -> r.status() != Status.STOPPED).flatMap(RuntimeRecord::runtime));
    }

    /** @return what upstream reported last; empty if it could not be asked, in which case its having accepted counts */
    private Future<Optional<Report>> reported(Course course, Predicate<Report> done, Supplier<Future<Report>> look) {
        return polling.until(done, look, course.deadline(), course::ours);
    }

    /** What upstream says of one runtime, {@code STOPPED} if it knows none or another. */
    private record Report(Status status) {
        static Report of(Status status) {
            return new Report(status);
        }

        static Report of(Optional<RuntimeRecord> found, SandboxRuntime runtime) {
            return new Report(found.filter(r -> r.runtime()
                            .map(known -> known.id().equals(runtime.id()))
                            .orElse(false))
                    .map(RuntimeRecord::status)
                    .orElse(Status.STOPPED));
        }

        /** Whether there is nothing more to wait for after a pause. */
        boolean endsPause() {
            return isDown() || status == Status.ERROR;
        }

        boolean isDown() {
            return status == Status.PAUSED || status == Status.STOPPED;
        }

        boolean isThere() {
            return status == Status.RUNNING || status == Status.STARTING || status == Status.PAUSED;
        }
    }
}
