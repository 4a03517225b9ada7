package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.AliveProbe;
import dev.reveille.runtimeapi.PodReport;
import dev.reveille.runtimeapi.PodStatus;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import dev.reveille.session.SandboxRuntime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Waits until a sandbox answers. Two looks go on side by side: {@code /alive} of the sandbox itself and then as clients see it, through our own listener, which alone decides
 * that it is ready, and its pod status, which alone decides that it never will be. Trouble with either look is "not yet".
 */
final class Readiness {
    private final Vertx vertx;
    private final Upstream upstream;
    private final AliveProbe probe;
    private final PublicRoute publicRoute;
    private final Pace pace;
    private final InstantSource clock;

    Readiness(
            Vertx vertx, Upstream upstream, AliveProbe probe, PublicRoute publicRoute, Pace pace, InstantSource clock) {
        this.vertx = vertx;
        this.upstream = upstream;
        this.probe = probe;
        this.publicRoute = publicRoute;
        this.pace = pace;
        this.clock = clock;
    }

    /**
     * @param tenant whose key opens the runtime API
     * @param deadline when to give up
     * @param wanted asked before each look; once false the wait ends as superseded
     * @param heard told what upstream says of the pod, each time
     * @return succeeds when {@code /alive} has answered 200; fails with {@code runtime_crashed}, with {@link TimedOut} at
     *     the deadline, or with {@link Superseded}
     */
    Future<Void> await(
            String tenant,
            SandboxRuntime runtime,
            Instant deadline,
            BooleanSupplier wanted,
            Consumer<PodReport> heard) {
        Wait wait = new Wait(tenant, runtime, deadline, wanted, heard);
        wait.lookAtSandbox();
        wait.lookAtPod();
        return wait.over.future().onComplete(done -> wait.end());
    }

    /** One wait. Both looks end with it. */
    private final class Wait {
        private final String tenant;
        private final SandboxRuntime runtime;
        private final Instant deadline;
        private final BooleanSupplier wanted;
        private final Consumer<PodReport> heard;
        private final Instant began = clock.instant();
        private final Promise<Void> over = Promise.promise();
        private final long limit;
        private String lastSeen = "nothing was heard of it";

        private Wait(
                String tenant,
                SandboxRuntime runtime,
                Instant deadline,
                BooleanSupplier wanted,
                Consumer<PodReport> heard) {
            this.tenant = tenant;
            this.runtime = runtime;
            this.deadline = deadline;
            this.wanted = wanted;
            this.heard = heard;
            this.limit = vertx.setTimer(
                    Math.max(1, Duration.between(began, deadline).toMillis()),
                    t -> over.tryFail(new TimedOut(lastSeen)));
        }

        private void lookAtSandbox() {
            if (ended()) {
                return;
            }
            probe.alive(runtime)
                    .compose(alive -> alive ? reached() : Future.succeededFuture(false))
                    .onComplete(answers -> {
                        if (answers.succeeded() && answers.result()) {
                            over.tryComplete();
                        } else {
                            later(this::lookAtSandbox);
                        }
                    });
        }

        private Future<Boolean> reached() {
            return publicRoute.answers(runtime).onSuccess(yes -> {
                if (!yes) {
                    lastSeen = "it answers, but not through this gateway";
                }
            });
        }

        private void lookAtPod() {
            if (ended()) {
                return;
            }
            upstream.pod(tenant, runtime.id()).onSuccess(heard::accept).onComplete(report -> {
                if (report.failed()) {
                    lastSeen = "the runtime API could not tell its status";
                } else if (report.result().status().outcome() == PodStatus.Outcome.FATAL) {
                    over.tryFail(crashed(report.result()).asException());
                } else {
                    lastSeen = "its pod is " + word(report.result()) + ", but it does not answer";
                }
                later(this::lookAtPod);
            });
        }

        private void later(Runnable look) {
            if (!ended()) {
                Duration gap = pace.next(Duration.between(began, clock.instant()));
                vertx.setTimer(Math.max(1, gap.toMillis()), t -> look.run());
            }
        }

        private boolean ended() {
            if (!over.future().isComplete() && !wanted.getAsBoolean()) {
                over.tryFail(new Superseded());
            } else if (!over.future().isComplete() && !clock.instant().isBefore(deadline)) {
                over.tryFail(new TimedOut(lastSeen));
            }
            return over.future().isComplete();
        }

        private void end() {
            vertx.cancelTimer(limit);
        }
    }

    private static GatewayFailure crashed(PodReport report) {
        String why = report.status() == PodStatus.CRASH_LOOP_BACK_OFF
                ? "the sandbox crashed and is being restarted, potentially due to memory usage"
                : "the sandbox is unavailable (pod status: " + word(report) + ")";
        String reasons = report.restartReasons().isEmpty()
                ? ""
                : "; restarted " + report.restartCount() + " times: "
                        + Quoted.plain(String.join(", ", report.restartReasons()), 300);
        return new GatewayFailure.RuntimeCrashed(why + reasons);
    }

    private static String word(PodReport report) {
        return report.status().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
}
