package dev.reveille.sandboxhost;

import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** All sandboxes of a host, by runtime and by session. Changed on one context only. */
final class Sandboxes {
    /** How many that are stopped stay known. */
    private static final int STOPPED_KEPT = 1_000;

    private final Sandbox.Surroundings around;
    private final int limit;
    private final Map<String, Sandbox> byRuntime = new ConcurrentHashMap<>();
    private final Map<String, Sandbox> bySession = new ConcurrentHashMap<>();
    private final Deque<Sandbox> stopped = new ArrayDeque<>();

    /**
     * @param limit how many may be live at once
     */
    Sandboxes(Sandbox.Surroundings around, int limit) {
        this.around = around;
        this.limit = limit;
    }

    /** Takes in a sandbox of an earlier host. */
    void restore(SandboxRecord record) {
        add(Sandbox.restored(around, record));
    }

    Optional<Sandbox> ofRuntime(String runtimeId) {
        return Optional.ofNullable(byRuntime.get(runtimeId));
    }

    Optional<Sandbox> ofSession(String sessionId) {
        return Optional.ofNullable(bySession.get(sessionId));
    }

    List<Sandbox> live() {
        return byRuntime.values().stream()
                .filter(sandbox -> sandbox.status().live())
                .toList();
    }

    /**
     * The session's sandbox: as it is where it is live, resumed where it is paused, given another life over its
     * workspace where it has failed, else a new one.
     *
     * @throws Refusal (429) when too many are live
     */
    Sandbox start(SandboxSpec spec) {
        Sandbox known = bySession.get(spec.sessionId());
        if (known == null || known.status() == Status.STOPPED) {
            return startNew(spec);
        }
        if (known.status() == Status.ERROR) {
            checkLimit();
            known.start(spec);
            return known;
        }
        resume(known);
        return known;
    }

    /**
     * @throws Refusal (429) when too many are live, (409) when this one cannot be resumed
     */
    void resume(Sandbox sandbox) {
        if (sandbox.status() == Status.PAUSED) {
            checkLimit();
        }
        sandbox.resume();
    }

    Future<Void> stop(Sandbox sandbox) {
        if (sandbox.status() != Status.STOPPED) {
            stopped.add(sandbox);
        }
        Future<Void> gone = sandbox.stop();
        while (stopped.size() > STOPPED_KEPT) {
            Sandbox oldest = stopped.remove();
            byRuntime.remove(oldest.identity().runtimeId(), oldest);
            bySession.remove(oldest.identity().sessionId(), oldest);
        }
        return gone;
    }

    /** Ends every process and keeps every workspace of a sandbox that was not stopped. */
    Future<Void> leave() {
        return Future.join(byRuntime.values().stream().map(Sandbox::leave).toList())
                .mapEmpty();
    }

    /** Tells every process to end, from any thread and without waiting. */
    void terminate() {
        byRuntime.values().forEach(Sandbox::terminate);
    }

    private Sandbox startNew(SandboxSpec spec) {
        checkLimit();
        Sandbox sandbox = Sandbox.fresh(around, spec);
        add(sandbox);
        sandbox.start(spec);
        return sandbox;
    }

    private void add(Sandbox sandbox) {
        byRuntime.put(sandbox.identity().runtimeId(), sandbox);
        bySession.put(sandbox.identity().sessionId(), sandbox);
    }

    private void checkLimit() {
        int live = live().size();
        if (live >= limit) {
            throw new Refusal(
                    429, "live sandboxes: " + live + " (expected: fewer than embedded.max-sandboxes " + limit + ")");
        }
    }
}
