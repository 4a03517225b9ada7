package dev.reveille.lifecycle;

import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends sandboxes that came up for nobody. Never fails: what cannot be ended is told in the log. */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private final SessionRegistry registry;
    private final Upstream upstream;

    Leftovers(SessionRegistry registry, Upstream upstream) {
        this.registry = registry;
        this.upstream = upstream;
    }

    /**
     * For an answer of upstream that came after the session was closed, or given up: whoever did that could not know of
     * the sandbox.
     */
    Future<Void> endUnwanted(Course course, SandboxRuntime runtime) {
        return registry.find(course.at().id())
                .compose(now -> wanted(course, now, runtime) ? Future.succeededFuture() : stop(course, runtime))
                .otherwiseEmpty()
                .mapEmpty();
    }

    private static boolean wanted(Course course, Optional<Session> now, SandboxRuntime runtime) {
        if (now.isEmpty() || now.get().state() instanceof SandboxState.Stopping) {
            return false;
        }
        boolean has = now.get().runtime().map(r -> r.id().equals(runtime.id())).orElse(false);
        boolean startedForIt =
                course.started().filter(r -> r.id().equals(runtime.id())).isPresent();
        boolean keeps = now.get().state() instanceof SandboxState.Failed
                && (!startedForIt || now.get().spec().effectiveClosePolicy() != ClosePolicy.STOP);
        return has || keeps || !now.get().settled();
    }

    /**
     * Before the failure of an opening is told: ends the sandbox that was started for it, unless the session's policy keeps
     * sandboxes. Whoever opens the session again then finds none that is about to end.
     *
     * @return the runtime that is left: if the opening came to none, the one that the session had last
     */
    Future<Optional<SandboxRuntime>> cleanUp(Course course) {
        Optional<SandboxRuntime> left =
                course.at().runtime().or(course::started).or(course::lastRuntime);
        boolean ends = course.started().isPresent() && course.at().spec().effectiveClosePolicy() == ClosePolicy.STOP;
        if (!ends) {
            return Future.succeededFuture(left);
        }
        // Another node may have taken the session over, and be waiting for just this sandbox.
        return registry.find(course.at().id())
                .compose(now -> now.equals(Optional.of(course.at()))
                        ? stop(course, course.started().get())
                        : Future.succeededFuture(false))
                .map(ended -> left.filter(r -> !ended))
                .otherwise(left);
    }

    /** @return whether it is ended */
    private Future<Boolean> stop(Course course, SandboxRuntime runtime) {
        return upstream.stop(course.at(), runtime.id())
                .map(true)
                .onFailure(error -> LOG.warn(
                        "session={} runtime={} is wanted by nobody and could not be stopped: {}",
                        course.at().id(),
                        runtime.id(),
                        error instanceof RuntimeApiException known ? known.detail() : error.toString()))
                .otherwise(false);
    }
}
