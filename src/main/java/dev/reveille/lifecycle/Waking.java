package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.Resumption;
import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.util.Locale;
import java.util.Optional;

/** From resuming to running: {@code /resume}, wait until alive, set the variables again. */
final class Waking {
    private final Upstream upstream;
    private final Arrival arrival;
    private final Leftovers leftovers;

    Waking(Upstream upstream, Arrival arrival, Leftovers leftovers) {
        this.upstream = upstream;
        this.arrival = arrival;
        this.leftovers = leftovers;
    }

    /** Whether a wake ended with {@code error} because upstream would not resume the sandbox. */
    static boolean isRefusal(Throwable error) {
        boolean told = error instanceof FailureException || UpstreamFailures.isUpstreams(error);
        return told && isRefusal(UpstreamFailures.of(Step.RESUME, error));
    }

    /** The same of what all were told. */
    static boolean isRefusal(GatewayFailure failure) {
        return failure instanceof GatewayFailure.StepFailed broken && broken.step() == Step.RESUME;
    }

    /** For a course whose session is resuming. */
    Future<Session> wake(Course course) {
        SandboxRuntime runtime = course.at().runtime().orElseThrow();
        return resume(course, runtime)
                .compose(current -> course.ours() ? takeOver(course, runtime, current) : tooLate(course, current))
                .onSuccess(course::wasAccepted)
                .compose(current -> arrival.of(course, current, ""));
    }

    /**
     * For one that another node left in the middle: it may have been resumed already, or another started in its place, so
     * look before acting.
     */
    Future<Session> goOn(Course course) {
        SandboxRuntime runtime = course.at().runtime().orElseThrow();
        return upstream.lookUp(course.at())
                .compose(found -> comingUp(found, runtime)
                        .map(current -> takeOver(course, runtime, current)
                                .onSuccess(course::wasAccepted)
                                .compose(known -> arrival.of(course, known, "")))
                        .or(() -> inItsPlace(course, found).map(other -> goOn(course, other)))
                        .orElseGet(() -> wake(course)));
    }

    /** Where tenants share an upstream key, one of another name may be somebody else's. */
    private Optional<SandboxRuntime> inItsPlace(Course course, Optional<RuntimeRecord> found) {
        return found.filter(RuntimeRecord::comingUp)
                .flatMap(RuntimeRecord::runtime)
                .filter(r -> upstream.tenants().seesOnlyItsOwn(course.at().tenant()));
    }

    private Future<Session> goOn(Course course, SandboxRuntime other) {
        return course.advance(
                        new SandboxState.Starting(course.leaseFor(Step.START), Optional.of(other)),
                        "the runtime API has started another sandbox for it")
                .compose(known -> arrival.of(course, other, ""));
    }

    /** @return the runtime as it is now, with the key that counts from now on */
    private Future<SandboxRuntime> resume(Course course, SandboxRuntime runtime) {
        return upstream.resume(course.at(), runtime.id())
                .compose(
                        done -> done.alreadyAwake() ? awake(course, runtime) : resumed(runtime, done),
                        error -> upstream.afterSilence(course.at(), error)
                                .compose(found -> comingUp(found, runtime)
                                        .map(Future::succeededFuture)
                                        .orElseGet(() -> Future.failedFuture(error))));
    }

    private static Future<SandboxRuntime> resumed(SandboxRuntime runtime, Resumption done) {
        return Future.succeededFuture(
                done.sessionKey().map(runtime::withSessionKey).orElse(runtime));
    }

    /**
     * Upstream says that there is nothing to resume. That is the answer to a repeated call too, so the key may be another;
     * and where upstream says that it sleeps none the less, waiting would be in vain.
     */
    private Future<SandboxRuntime> awake(Course course, SandboxRuntime runtime) {
        return upstream.lookUp(course.at())
                .map(found -> comingUp(found, runtime)
                        .orElseThrow(() -> new GatewayFailure.StepFailed(
                                        Step.RESUME,
                                        "the runtime API refuses to resume the sandbox, and says that it is "
                                                + found.map(r -> r.status()
                                                                .name()
                                                                .toLowerCase(Locale.ROOT))
                                                        .orElse("gone"))
                                .asException()))
                .recover(error -> UpstreamFailures.isUpstreams(error)
                        ? Future.succeededFuture(runtime)
                        : Future.failedFuture(error));
    }

    private static Optional<SandboxRuntime> comingUp(Optional<RuntimeRecord> found, SandboxRuntime runtime) {
        return found.filter(RuntimeRecord::comingUp)
                .flatMap(RuntimeRecord::runtime)
                .filter(r -> r.id().equals(runtime.id()))
                .map(r -> r.completedBy(runtime));
    }

    /** A key that rotates on resume counts from now on, for the probe and the variables too. */
    private static Future<SandboxRuntime> takeOver(Course course, SandboxRuntime known, SandboxRuntime current) {
        return current.equals(known)
                ? Future.succeededFuture(known)
                : course.advance(new SandboxState.Resuming(course.lease(), current), "the sandbox has a new key")
                        .map(current);
    }

    /** The session was closed meanwhile. Upstream may have carried out the resume after the stop. */
    private Future<SandboxRuntime> tooLate(Course course, SandboxRuntime current) {
        return leftovers.endUnwanted(course, current).compose(done -> Future.failedFuture(new Superseded()));
    }
}
