package dev.reveille.sandboxhost;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sandbox from its start to its stop. All of it happens on one context.
 *
 * <p>The {@linkplain SandboxState state} changes at once when a call asks for it; the {@linkplain SandboxRun process} and
 * the {@linkplain SandboxRecord record} on disk follow.
 */
final class Sandbox implements SandboxRun.Watcher {
    private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
    private static final long NO_TIMER = -1;

    private final Surroundings around;
    private final SandboxIdentity identity;
    private final SandboxFolder folder;
    private final RecordKeeper keeper;
    private SandboxSpec spec;

    private SandboxState state;
    private volatile SandboxRun run;
    /** Complete when the last thing that was begun with a process is done. */
    private Future<Void> before = Future.succeededFuture();

    private Future<Void> ended = Future.succeededFuture();
    private long deadline = NO_TIMER;
    private long acceptedNanos;

    private Sandbox(Surroundings around, SandboxIdentity identity, SandboxSpec spec, SandboxState state) {
        this.around = around;
        this.identity = identity;
        this.spec = spec;
        this.state = state;
        this.folder = new SandboxFolder(around.directory().resolve(identity.runtimeId()));
        this.keeper = new RecordKeeper(around.worker(), folder);
    }

    /** One that has never run; {@link #start} must follow. */
    static Sandbox fresh(Surroundings around, SandboxSpec spec) {
        SandboxIdentity identity = SandboxIdentity.fresh(spec.sessionId(), around.hostUrl());
        return new Sandbox(around, identity, spec, SandboxState.unborn());
    }

    /** One that an earlier host has left: paused if it was live, otherwise as it was. */
    static Sandbox restored(Surroundings around, SandboxRecord record) {
        SandboxIdentity identity = new SandboxIdentity(
                record.runtimeId(), record.spec().sessionId(), record.sessionApiKey(), around.hostUrl());
        return new Sandbox(around, identity, record.spec(), record.state().afterItsHost());
    }

    /**
     * What all sandboxes of a host share.
     *
     * @param hostUrl the host's base URL, without a path
     */
    record Surroundings(
            Vertx vertx,
            Context context,
            WorkerExecutor worker,
            HttpClient client,
            Ports ports,
            Launcher launcher,
            Path directory,
            Duration startTimeout,
            String hostUrl) {}

    SandboxIdentity identity() {
        return identity;
    }

    Status status() {
        return state.status();
    }

    /** Whether there is a process now that may accept connections. */
    boolean hasProcess() {
        return run != null && run.hasProcess();
    }

    /** The port of {@code runtime}, {@code vscode}, {@code work-1} or {@code work-2}, while there are any. */
    OptionalInt port(String service) {
        return run == null ? OptionalInt.empty() : OptionalInt.of(run.ports().of(service));
    }

    /** Begins its first process, or, after an error, another life over the same workspace. */
    void start(SandboxSpec wanted) {
        spec = wanted;
        begin(state.starting(), "start");
    }

    /**
     * Starts a new process over the kept workspace; nothing is done where there is one already.
     *
     * @throws Refusal (409) when it is stopped or has failed
     */
    void resume() {
        SandboxState next = state.resuming();
        if (!next.equals(state)) {
            begin(next, "resume");
        }
    }

    /**
     * Ends the process and keeps the workspace; may be called again.
     *
     * @return succeeds when the process is gone
     * @throws Refusal (409) when it is stopped or has failed
     */
    Future<Void> pause() {
        SandboxState next = state.pausing();
        if (!next.equals(state)) {
            change(next, "pause");
            endRun();
        }
        return before;
    }

    /** Ends the process for good and deletes the folder. Succeeds when the process is gone. May be called again. */
    Future<Void> stop() {
        if (state.status() != Status.STOPPED) {
            change(state.stopped(), "stop");
            endRun();
            ended = Future.join(before, keeper.kept()).mapEmpty();
            before = keeper.delete(before);
        }
        return ended;
    }

    /** Ends the process and leaves everything else as it is, since the host ends. */
    Future<Void> leave() {
        if (state.status().live()) {
            change(state.afterItsHost(), "shutdown");
        }
        endRun();
        return Future.join(before, keeper.kept()).otherwiseEmpty().mapEmpty();
    }

    /** Tells the process to end, from any thread and without waiting: the JVM is going. */
    void terminate() {
        SandboxRun present = run;
        if (present != null) {
            present.terminate();
        }
    }

    /** Succeeds when what has happened so far would be known after a sudden end of the host. */
    Future<Void> kept() {
        return keeper.kept();
    }

    JsonObject json() {
        return podJson()
                .put("url", identity.url())
                .put("session_api_key", identity.sessionApiKey())
                .put(
                        "work_hosts",
                        new JsonObject().put(identity.service("work-1"), 12000).put(identity.service("work-2"), 12001))
                .put("resume_count", state.resumeCount())
                .put("last_start_millis", state.lastStartMillis());
    }

    JsonObject podJson() {
        return new JsonObject()
                .put("runtime_id", identity.runtimeId())
                .put("session_id", identity.sessionId())
                .put("status", state.status().word())
                .put("pod_status", state.pod().word())
                .put("restart_count", state.restartCount())
                .put("restart_reasons", new JsonArray(state.restartReasons()));
    }

    @Override
    public void appeared() {
        state = state.appeared();
    }

    @Override
    public void ready() {
        long took = (System.nanoTime() - acceptedNanos) / 1_000_000;
        change(state.ready(took), "ready took=" + took + "ms");
    }

    @Override
    public void died(String reason) {
        SandboxState next = state.died(reason);
        if (next.status() == Status.ERROR) {
            fail(next);
            return;
        }
        state = next;
        endRun();
        launch();
    }

    private void begin(SandboxState next, String cause) {
        change(next, cause);
        acceptedNanos = System.nanoTime();
        deadline = around.vertx().setTimer(around.startTimeout().toMillis(), id -> tooLate());
        launch();
    }

    private void launch() {
        try {
            run = new SandboxRun(around, around.ports().take(), this);
        } catch (Refusal noPorts) {
            fail(state.failed(PodStatus.FAILED, noPorts.getMessage()));
            return;
        }
        before = run.begin(around.launcher().launch(spec, identity, folder, run.ports()), folder, before);
    }

    private void tooLate() {
        fail(state.failed(PodStatus.FAILED, "not ready within " + around.startTimeout()));
    }

    private void fail(SandboxState failed) {
        change(failed, "failure");
        endRun();
    }

    /** The next state, of another status than the present one. */
    private void change(SandboxState next, String cause) {
        cancelDeadline();
        LOG.info(
                "session={} runtime={} state={}→{} cause={}",
                identity.sessionId(),
                identity.runtimeId(),
                state.status().word(),
                next.status().word(),
                cause);
        state = next;
        keeper.keep(new SandboxRecord(identity.runtimeId(), identity.sessionApiKey(), spec, state));
    }

    private void cancelDeadline() {
        if (deadline != NO_TIMER) {
            around.vertx().cancelTimer(deadline);
            deadline = NO_TIMER;
        }
    }

    /** Ends the present process, if there is one; {@code before} is then complete when it is gone. */
    private void endRun() {
        SandboxRun last = run;
        run = null;
        if (last != null) {
            before = last.end(before);
        }
    }
}
