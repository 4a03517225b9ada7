package dev.reveille.lifecycle;

import dev.reveille.access.Tenants;
import dev.reveille.runtimeapi.PodReport;
import dev.reveille.runtimeapi.Resumption;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The runtime API as a session's tenant sees it. Remembers what it last told. Belongs to one event loop. */
final class Upstream {
    private static final int NOT_FOUND = 404;

    private static final Set<RuntimeApiException.Kind> PERHAPS_DONE =
            EnumSet.of(RuntimeApiException.Kind.UNANSWERED, RuntimeApiException.Kind.GARBLED);

    private final RuntimeApi api;
    private final Tenants tenants;
    private final LastTold told = new LastTold();

    /**
     * @param api shared by all
     * @param tenants know the keys
     */
    Upstream(RuntimeApi api, Tenants tenants) {
        this.api = api;
        this.tenants = tenants;
    }

    RuntimeApi api() {
        return api;
    }

    Tenants tenants() {
        return tenants;
    }

    LastTold told() {
        return told;
    }

    Optional<String> key(Session session) {
        return tenants.upstreamKey(session.tenant());
    }

    Future<Optional<RuntimeRecord>> lookUp(Session session) {
        return lookUp(session.tenant(), session.id());
    }

    Future<Optional<RuntimeRecord>> lookUp(String tenant, SessionId id) {
        return api.session(tenants.upstreamKey(tenant), id)
                .onSuccess(found -> found.ifPresentOrElse(
                        record -> told.heard(tenant, record), () -> told.heardNothing(tenant, id)));
    }

    /** The active runtimes that {@code tenant}'s key shows. */
    Future<List<RuntimeRecord>> list(String tenant) {
        return api.list(tenants.upstreamKey(tenant)).onSuccess(all -> all.forEach(r -> told.heard(tenant, r)));
    }

    /** As {@link RuntimeApi#sessions}. */
    Future<List<RuntimeRecord>> lookUp(String tenant, List<SessionId> ids) {
        return api.sessions(tenants.upstreamKey(tenant), ids).onSuccess(all -> all.forEach(r -> told.heard(tenant, r)));
    }

    Future<PodReport> pod(String tenant, RuntimeId runtime) {
        return api.pod(tenants.upstreamKey(tenant), runtime).onSuccess(told::heard);
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

    /** Whether upstream says of a session's runtime, too, that there is none. Trouble with asking is no yes. */
    Future<Boolean> isGone(String tenant, RuntimeId runtime) {
        return pod(tenant, runtime)
                .map(known -> false)
                .otherwise(error -> error instanceof RuntimeApiException refused && refused.status() == NOT_FOUND);
    }

    Future<RuntimeRecord> start(Session session, String request) {
        return api.start(key(session), request)
                .onSuccess(started -> told.heard(session.tenant(), session.id(), started.told()));
    }

    Future<Resumption> resume(Session session, RuntimeId runtime) {
        return api.resume(key(session), runtime)
                .onSuccess(done -> done.told().ifPresent(said -> {
                    JsonObject known =
                            told.record(session.tenant(), session.id()).orElseGet(JsonObject::new);
                    told.heard(session.tenant(), session.id(), known.copy().mergeIn(said));
                }));
    }

    Future<Void> pause(Session session, RuntimeId runtime) {
        return api.pause(key(session), runtime);
    }

    Future<Void> stop(Session session, RuntimeId runtime) {
        return api.stop(key(session), runtime);
    }
}
