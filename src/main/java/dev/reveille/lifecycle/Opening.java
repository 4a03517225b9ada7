package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.runtimeapi.RuntimeRecord.Status;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionSpec;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * From nothing known to running, as OpenHands' client does it: look up; running: attach; paused: resume; stopped, absent,
 * odd, or not to be resumed: build if asked, start; or fail where only attaching is allowed. What is coming up is attached to as well by those who
 * only attach; the others start it, which upstream takes as one start.
 */
final class Opening {
    private final Upstream upstream;
    private final ImageBuild builds;
    private final Waking waking;
    private final Arrival arrival;
    private final Leftovers leftovers;

    Opening(Upstream upstream, ImageBuild builds, Waking waking, Arrival arrival, Leftovers leftovers) {
        this.upstream = upstream;
        this.builds = builds;
        this.waking = waking;
        this.arrival = arrival;
        this.leftovers = leftovers;
    }

    /** For a course whose session is starting or building. */
    Future<Session> open(Course course) {
        Optional<SandboxRuntime> known = course.at().runtime();
        if (known.isPresent()) {
            return arrival.of(course, known.get(), "");
        }
        return upstream.lookUp(course.at())
                .recover(error -> Future.failedFuture(
                        UpstreamFailures.of(Step.START, error).asException()))
                .compose(found -> foreign(course, found) ? forbidden() : attachOrBegin(course, found));
    }

    /** Where tenants share an upstream key, only what a session itself had before is surely its tenant's. */
    private boolean foreign(Course course, Optional<RuntimeRecord> found) {
        return found.filter(r -> r.status() != Status.STOPPED)
                        .flatMap(RuntimeRecord::runtime)
                        .filter(r -> !course.had(r))
                        .isPresent()
                && !upstream.tenants().seesOnlyItsOwn(course.at().tenant());
    }

    private static Future<Session> forbidden() {
        return Future.failedFuture(new GatewayFailure.Forbidden("a session of this name exists at the runtime API, and"
                        + " nobody here can tell whose it is: give each tenant an upstream-api-key of its own")
                .asException());
    }

    private Future<Session> attachOrBegin(Course course, Optional<RuntimeRecord> found) {
        Optional<SandboxRuntime> runtime = found.flatMap(RuntimeRecord::runtime);
        Status status = found.map(RuntimeRecord::status).orElse(Status.STOPPED);
        boolean attachOnly = course.at().spec().attachOnly();
        if (runtime.isPresent() && status == Status.RUNNING) {
            return attach(course, runtime.get(), "attached to the running sandbox");
        }
        if (runtime.isPresent() && status == Status.PAUSED) {
            return course.advance(
                            new SandboxState.Resuming(course.leaseFor(Step.RESUME), runtime.get()), "it was paused")
                    .compose(attached -> resume(course, runtime.get(), !attachOnly));
        }
        if (runtime.isPresent() && status == Status.STARTING && attachOnly) {
            return attach(course, runtime.get(), "attached to the starting sandbox");
        }
        if (attachOnly) {
            return Future.failedFuture(new GatewayFailure.UnknownSession(
                            "there is no sandbox to attach to, and attach_only forbids to start one")
                    .asException());
        }
        return begin(course, runtime.filter(r -> status == Status.STARTING));
    }

    /** For a course whose session is resuming. */
    Future<Session> resume(Course course) {
        return resume(
                course, course.at().runtime().orElseThrow(), course.opener().mayStart());
    }

    private Future<Session> resume(Course course, SandboxRuntime asleep, boolean mayStart) {
        return waking.wake(course)
                .recover(error -> mayStart && Waking.isRefusal(error)
                        ? startInstead(course, asleep)
                        : Future.failedFuture(error));
    }

    /**
     * Upstream's start is one that resumes too (OpenHands#8564), and may do what its resume does not. What it brings up then is
     * not ours to stop if it fails: it holds what was in it before. So the session goes on resuming until upstream has named
     * what it starts: by its runtime it is found, and ended. An image that has to be built first is a beginning from nothing.
     */
    private Future<Session> startInstead(Course course, SandboxRuntime asleep) {
        SandboxState next = course.at().spec().build().isPresent()
                ? new SandboxState.Starting(course.leaseFor(Step.BUILD), Optional.empty())
                : new SandboxState.Resuming(course.leaseFor(Step.START), asleep);
        return course.advance(next, "the runtime API refuses to resume it")
                .compose(going -> begin(course, Optional.of(asleep)));
    }

    private Future<Session> attach(Course course, SandboxRuntime runtime, String how) {
        return course.advance(new SandboxState.Starting(course.leaseFor(Step.START), Optional.of(runtime)), "")
                .compose(attached -> arrival.of(course, runtime, how));
    }

    /** @param there the sandbox that upstream has already, if it has: not ours to stop */
    private Future<Session> begin(Course course, Optional<SandboxRuntime> there) {
        SessionSpec spec = course.at().spec();
        return spec.build()
                .map(image -> builds.built(course, image)
                        .compose(built -> course.advance(
                                        new SandboxState.Starting(course.leaseFor(Step.START), Optional.empty()), "")
                                .compose(next -> start(course, withImage(spec, built), there))))
                .orElseGet(() -> start(course, spec.startRequest(), there));
    }

    private static String withImage(SessionSpec spec, String image) {
        return new JsonObject(spec.startRequest()).put("image", image).encode();
    }

    private Future<Session> start(Course course, String request, Optional<SandboxRuntime> there) {
        return upstream.start(course.at(), request)
                .recover(error -> upstream.afterSilence(course.at(), error)
                        .compose(found -> found.filter(RuntimeRecord::comingUp)
                                .map(Future::succeededFuture)
                                .orElseGet(() -> Future.failedFuture(error))))
                .recover(error -> Future.failedFuture(
                        UpstreamFailures.of(Step.START, error).asException()))
                .compose(Opening::runtime)
                .compose(runtime -> named(course, runtime, there))
                .compose(runtime -> arrival.of(course, runtime, ""));
    }

    private static Future<SandboxRuntime> runtime(RuntimeRecord started) {
        return started.runtime()
                .map(Future::succeededFuture)
                .orElseGet(() -> Future.failedFuture(
                        new GatewayFailure.StepFailed(Step.START, "the runtime API's answer names no sandbox")
                                .asException()));
    }

    private Future<SandboxRuntime> named(Course course, SandboxRuntime runtime, Optional<SandboxRuntime> there) {
        boolean ours = there.filter(r -> r.id().equals(runtime.id())).isEmpty();
        if (ours) {
            course.hasStarted(runtime);
        }
        return course.advance(new SandboxState.Starting(course.lease(), Optional.of(runtime), ours), "")
                .map(runtime)
                .recover(lost -> lost instanceof Superseded
                        ? leftovers.endUnwanted(course, runtime).compose(done -> Future.failedFuture(lost))
                        : Future.failedFuture(lost));
    }
}
