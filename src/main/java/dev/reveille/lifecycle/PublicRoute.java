package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.AliveProbe;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Whether clients reach a sandbox, found out by asking it as they do: through this node's own public listener. Ready is what
 * has answered there. Belongs to one event loop.
 */
final class PublicRoute {
    private static final int MOST = 50_000;

    /** Whoever asks has a client that waits. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final PublicUrls urls;
    private final AliveProbe probe;
    /** Runtime → the revision of its session that is known to be reached. */
    private final Map<RuntimeId, Long> reached = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<RuntimeId, Long> eldest) {
            return size() > MOST;
        }
    };

    PublicRoute(PublicUrls urls, AliveProbe probe) {
        this.urls = urls;
        this.probe = probe;
    }

    /** Whether the sandbox answers now. While nothing listens there is nobody to be misled. Never fails. */
    Future<Boolean> answers(SandboxRuntime runtime) {
        return urls.local(runtime.id()).map(probe::alive).orElseGet(() -> Future.succeededFuture(true));
    }

    /** Whether the sandbox, if it runs, has answered since it came to. Asks only where that is not known. Never fails. */
    Future<Boolean> reached(Session session) {
        if (!(session.state() instanceof SandboxState.Running running)) {
            return Future.succeededFuture(false);
        }
        Long known = reached.get(running.live().id());
        if (known != null && known == session.revision()) {
            return Future.succeededFuture(true);
        }
        return answers(running.live())
                .onSuccess(yes -> {
                    if (yes) {
                        isReached(session);
                    }
                })
                .timeout(LOOK.toMillis(), TimeUnit.MILLISECONDS)
                .otherwise(false);
    }

    /** The sandbox has just answered. */
    void isReached(Session running) {
        running.runtime().ifPresent(runtime -> reached.put(runtime.id(), running.revision()));
    }
}
