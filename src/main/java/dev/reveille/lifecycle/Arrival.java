package dev.reveille.lifecycle;

import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;

/** The end of every start and every wake: the sandbox answers, its variables are set, the session runs. */
final class Arrival {
    private final Readiness readiness;
    private final PublicRoute publicRoute;
    private final InitialEnv initialEnv;

    Arrival(Readiness readiness, PublicRoute publicRoute, InitialEnv initialEnv) {
        this.readiness = readiness;
        this.publicRoute = publicRoute;
        this.initialEnv = initialEnv;
    }

    /** @return the running session; fails as {@link Readiness#await} and {@link InitialEnv#apply} do */
    Future<Session> of(Course course, SandboxRuntime runtime, String detail) {
        return readiness
                .await(
                        course.at().tenant(),
                        runtime,
                        course.deadline(),
                        course::ours,
                        report -> course.progress().ifPresent(p -> p.heard(report)))
                .compose(ready -> initialEnv.apply(runtime, course.at().spec().initialEnv()))
                .compose(set -> course.advance(new SandboxState.Running(runtime), detail))
                .onSuccess(publicRoute::isReached);
    }
}
