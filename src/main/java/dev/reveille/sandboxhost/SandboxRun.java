package dev.reveille.sandboxhost;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of a sandbox, on ports of its own, from its start to its end. It tells its watcher when the process is
 * there, has answered, or has ended unasked; and nothing any more once it was told to end.
 */
final class SandboxRun {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxRun.class);
    private static final long FIRST_PROBE_MILLIS = 10;
    private static final long SLOWEST_PROBE_MILLIS = 250;
    private static final long PROBE_TIMEOUT_MILLIS = 2_000;

    private final Sandbox.Surroundings around;
    private final Ports.Lot ports;
    private final Watcher watcher;
    private volatile SandboxProcess process;
    private volatile boolean over;

    SandboxRun(Sandbox.Surroundings around, Ports.Lot ports, Watcher watcher) {
        this.around = around;
        this.ports = ports;
        this.watcher = watcher;
    }

    /** Hears of a run, on the sandbox's context. */
    interface Watcher {
        void appeared();

        void ready();

        /** It has ended without being told to; {@code reason} says how, with its last words. */
        void died(String reason);
    }

    Ports.Lot ports() {
        return ports;
    }

    /** Whether there is a process now that may accept connections. */
    boolean hasProcess() {
        SandboxProcess present = process;
        return present != null && present.isAlive();
    }

    /**
     * Starts the process. To be called once.
     *
     * @param before when the folder is free for it
     * @return succeeds when it is there or could not be started, which the watcher hears
     */
    Future<Void> begin(SandboxProcess.Launch launch, SandboxFolder folder, Future<Void> before) {
        Future<SandboxProcess> spawned =
                before.compose(v -> spawn(launch, folder)).onSuccess(this::appeared);
        spawned.onFailure(e -> tell(() -> watcher.died("could not be started: " + e.getMessage())));
        return spawned.transform(done -> Future.succeededFuture());
    }

    /**
     * Ends the process, once it is there. To be called once.
     *
     * @param begun what {@link #begin} has answered
     * @return succeeds when it is gone and its ports are free
     */
    Future<Void> end(Future<Void> begun) {
        over = true;
        Promise<Void> ended = Promise.promise();
        begun.compose(v -> process == null ? Future.succeededFuture() : process.end())
                .onComplete(done -> around.context().runOnContext(v -> {
                    around.ports().giveBack(ports);
                    ended.complete();
                }));
        return ended.future();
    }

    /** Tells the process to end, from any thread and without waiting; {@link #end} may follow. */
    void terminate() {
        over = true;
        SandboxProcess present = process;
        if (present != null) {
            present.terminate();
        }
    }

    private Future<SandboxProcess> spawn(SandboxProcess.Launch launch, SandboxFolder folder) {
        return around.worker()
                .executeBlocking(
                        () -> {
                            folder.create();
                            return SandboxProcess.start(launch);
                        },
                        false);
    }

    private void appeared(SandboxProcess there) {
        process = there;
        there.gone(around.context())
                .onSuccess(reason -> tell(() -> watcher.died(reason)))
                .onFailure(e -> LOG.error("pid={} lost sight of it", there.pid(), e));
        tell(watcher::appeared);
        probe(FIRST_PROBE_MILLIS);
    }

    private void probe(long delay) {
        around.vertx().setTimer(delay, id -> {
            if (!over) {
                alive().onComplete(
                                yes -> tell(watcher::ready),
                                no -> probe(Math.min(SLOWEST_PROBE_MILLIS, delay + delay / 4)));
            }
        });
    }

    private Future<Void> alive() {
        RequestOptions alive = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost("127.0.0.1")
                .setPort(ports.runtime())
                .setURI("/alive")
                .setTimeout(PROBE_TIMEOUT_MILLIS);
        return around.client()
                .request(alive)
                .compose(request -> request.send())
                .compose(response -> response.body()
                        .compose(body -> response.statusCode() == 200
                                ? Future.<Void>succeededFuture()
                                : Future.failedFuture("status " + response.statusCode())));
    }

    private void tell(Runnable news) {
        if (!over) {
            news.run();
        }
    }
}
