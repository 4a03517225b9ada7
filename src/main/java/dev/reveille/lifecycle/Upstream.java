package dev.reveille.lifecycle;

import dev.reveille.access.Tenants;
import dev.reveille.runtimeapi.Resumption;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The runtime API as a session's tenant sees it.
 *
 * @param api shared by all
 * @param tenants know the keys
 */
record Upstream(RuntimeApi api, Tenants tenants) {
    private static final int NOT_FOUND = 404;

    private static final Set<RuntimeApiException.Kind> PERHAPS_DONE =
            EnumSet.of(RuntimeApiException.Kind.UNANSWERED, RuntimeApiException.Kind.GARBLED);

    Optional<String> key(Session session) {
        return tenants.upstreamKey(session.tenant());
    }

    Future<Optional<RuntimeRecord>> lookUp(Session session) {
        return api.session(key(session), session.id());
    }

    /**
     * After a call that was sent but not answered, or not in understandable words: upstream may have carried it out, and
     * knows.
     *
     * @return what upstream knows of the session; fails with {@code error} if that is of another kind, or upstream cannot be
     *     asked
     */
    Future<Optional<RuntimeRecord>> afterSilence(Session session, Throwable error) {
        boolean silence = error instanceof RuntimeApiException lost && PERHAPS_DONE.contains(lost.kind());
        return silence
                ? lookUp(session).recover(unavailable -> Future.failedFuture(error))
                : Future.failedFuture(error);
    }

    /** Whether upstream says of the session's runtime, too, that there is none. Trouble with asking is no yes. */
    Future<Boolean> isGone(Session session, RuntimeId runtime) {
        return api.pod(key(session), runtime)
                .map(known -> false)
                .otherwise(error -> error instanceof RuntimeApiException refused && refused.status() == NOT_FOUND);
    }

    Future<RuntimeRecord> start(Session session, String request) {
        return api.start(key(session), request);
    }

    Future<Resumption> resume(Session session, RuntimeId runtime) {
        return api.resume(key(session), runtime);
    }

    Future<Void> pause(Session session, RuntimeId runtime) {
        return api.pause(key(session), runtime);
    }

    Future<Void> stop(Session session, RuntimeId runtime) {
        return api.stop(key(session), runtime);
    }
}
