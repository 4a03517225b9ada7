package dev.reveille.lifecycle;

import dev.reveille.bus.RecordsQuery;
import dev.reveille.bus.RuntimeCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.registry.Route;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.PodStatus;
import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What clients of the runtime API get to see. Each call looks at upstream, takes over what is new, and answers with what is
 * true here; where upstream does not answer, or not in time, with the last that is known. What belongs to another tenant does
 * not exist.
 */
final class RuntimeRecords {
    /** For a look after which the last that is known would do as well. Clients give up after 10 s, some of them for good. */
    private static final Duration LOOK = Duration.ofMillis(2500);

    /** For one without which there is no answer. */
    private static final Duration FIRST_LOOK = Duration.ofSeconds(6);

    /** How long a session may take to settle before the answer tells that it has not. */
    private static final Duration SETTLE = Duration.ofSeconds(4);

    /** More names would not fit into the line of a request. */
    private static final int BATCH = 100;

    private static final int NOT_FOUND = 404;
    private static final int SERVER_ERROR = 500;
    private static final Set<String> LIVE = Set.of("running", "starting");

    private final SessionRegistry registry;
    private final Upstream upstream;
    private final Discovery discovery;
    private final PublicRoute publicRoute;
    private final PublicUrls urls;

    RuntimeRecords(
            SessionRegistry registry,
            Upstream upstream,
            Discovery discovery,
            PublicRoute publicRoute,
            PublicUrls urls) {
        this.registry = registry;
        this.upstream = upstream;
        this.discovery = discovery;
        this.publicRoute = publicRoute;
        this.urls = urls;
    }

    // One session.

    /** The record of a session. Fails with {@code unknown_session}. */
    Future<JsonObject> record(SessionCommand command) {
        String tenant = command.tenant().orElseThrow();
        return registry.find(command.id())
                .compose(found -> found.isPresent()
                        ? record(found.get(), tenant, settleTime(command))
                        : recordOfUnknown(tenant, command.id()));
    }

    private static Duration settleTime(SessionCommand command) {
        Duration half = command.patience().dividedBy(2);
        return half.compareTo(SETTLE) < 0 ? half : SETTLE;
    }

    private Future<JsonObject> record(Session session, String tenant, Duration settle) {
        if (!session.tenant().equals(tenant)) {
            return unknown(session.id());
        }
        return settled(session, settle)
                .compose(this::inspected)
                .compose(now -> now.state() instanceof SandboxState.Stopped
                        ? recordOfUpstream(tenant, session.id())
                        : shown(now));
    }

    /** The session once it has settled, or as it stands after {@code settle}. */
    private Future<Session> settled(Session session, Duration settle) {
        if (session.settled() || settle.isZero()) {
            return Future.succeededFuture(session);
        }
        return registry.until(session.id(), Session::settled, settle)
                .map(found -> found.orElseGet(() -> registry.seen(session.id()).orElse(session)));
    }

    private Future<JsonObject> recordOfUnknown(String tenant, SessionId id) {
        return firstLook(discovery.adopt(id, tenant))
                .compose(found -> found.filter(s -> s.tenant().equals(tenant)).isPresent()
                        ? shown(found.get())
                        : recordOfUpstream(tenant, id));
    }

    /** Of one that has ended here, or never was, upstream may still have something to tell. */
    private Future<JsonObject> recordOfUpstream(String tenant, SessionId id) {
        return upstream.told()
                .record(tenant, id)
                .filter(told -> upstream.tenants().seesOnlyItsOwn(tenant))
                .map(told -> RuntimeDocument.record(told, urls).put("session_id", id.value()))
                .map(Future::succeededFuture)
                .orElseGet(() -> unknown(id));
    }

    /** The session as its owner sees it now. */
    Future<JsonObject> shown(Session session) {
        return publicRoute
                .reached(session)
                .map(reached -> RuntimeDocument.record(
                        session, upstream.told().record(session.tenant(), session.id()), reached, urls));
    }

    /** The session after a look at upstream; as it is if that fails or takes too long. */
    Future<Session> inspected(Session session) {
        return inTime(discovery.inspect(session)).otherwise(session);
    }

    // The pod of one.

    /** How the pod of a runtime is doing. Fails with {@code unknown_session}. */
    Future<JsonObject> pod(RuntimeCommand command) {
        boolean known = registry.route(command.id().value()) != null;
        return find(command)
                .compose(found -> found.map(session ->
                                known ? pod(session, command.id()) : pod(session, command.id(), Optional.empty()))
                        .orElseGet(() -> podOfUnknown(command)));
    }

    private Future<JsonObject> pod(Session session, RuntimeId runtime) {
        return inTime(upstream.pod(session.tenant(), runtime))
                .map(report -> report.status().outcome() != PodStatus.Outcome.READY)
                .otherwise(error -> error instanceof RuntimeApiException refused && refused.status() == NOT_FOUND)
                .compose(doubtful -> doubtful ? inspected(session) : Future.succeededFuture(session))
                .compose(now -> pod(now, runtime, upstream.told().pod(runtime)));
    }

    private Future<JsonObject> pod(Session session, RuntimeId runtime, Optional<JsonObject> told) {
        return publicRoute.reached(session).map(reached -> RuntimeDocument.pod(session, runtime, told, reached, urls));
    }

    /** Nothing that we may know, such as one that sleeps since before this gateway began. */
    private Future<JsonObject> podOfUnknown(RuntimeCommand command) {
        if (!upstream.tenants().seesOnlyItsOwn(command.tenant())) {
            return unknown(command.id());
        }
        return inTime(upstream.pod(command.tenant(), command.id()))
                .map(report -> RuntimeDocument.pod(report.told(), command.id(), urls))
                .recover(error -> error instanceof RuntimeApiException refused && refused.status() == NOT_FOUND
                        ? unknown(command.id())
                        : Future.failedFuture(asFailure(error)));
    }

    /**
     * The session that a runtime belongs to, adopted if need be; empty if nobody knows one.
     *
     * <p>Fails with {@code unknown_session} if it is another tenant's, with {@code runtime_api_unavailable} if upstream would
     * have to be asked and does not answer.
     */
    Future<Optional<Session>> find(RuntimeCommand command) {
        Route route = registry.route(command.id().value());
        Future<Optional<Session>> found = route == null
                ? firstLook(discovery.adopt(command.id(), command.tenant()))
                : Future.succeededFuture(Optional.of(route.session()));
        return found.compose(session ->
                session.filter(s -> !s.tenant().equals(command.tenant())).isPresent()
                        ? unknown(command.id())
                        : Future.succeededFuture(session));
    }

    // Many.

    /** The records that {@code query} asks for, as {@code {runtimes: [...]}}. */
    Future<JsonObject> records(RecordsQuery query) {
        Future<List<JsonObject>> records =
                query.ids().map(ids -> named(query.tenant(), ids)).orElseGet(() -> live(query.tenant()));
        return records.map(all -> new JsonObject().put("runtimes", new JsonArray(all)));
    }

    /** All that run or start, by upstream's list and our own knowledge; without upstream by the latter alone. */
    private Future<List<JsonObject>> live(String tenant) {
        boolean ownKey = upstream.tenants().seesOnlyItsOwn(tenant);
        Map<SessionId, Session> before = known(tenant);
        return inTime(upstream.list(tenant))
                .compose(listed -> inTime(heard(tenant, before, listed, ownKey)))
                .map(listed -> {
                    registry.all().stream()
                            .filter(s -> s.tenant().equals(tenant) && !s.settled())
                            .forEach(s -> listed.putIfAbsent(s.id(), s));
                    return listed;
                })
                .otherwise(unavailable -> known(tenant))
                .compose(sessions -> all(sessions.values(), this::shown))
                .map(records -> records.stream()
                        .filter(r -> LIVE.contains(r.getString("status")) && hasSandbox(r))
                        .toList());
    }

    /** Clients take it for granted, and fail on the whole answer where one has none. */
    private static boolean hasSandbox(JsonObject record) {
        return record.containsKey("runtime_id");
    }

    private Map<SessionId, Session> known(String tenant) {
        Map<SessionId, Session> known = new LinkedHashMap<>();
        registry.all().stream().filter(s -> s.tenant().equals(tenant)).forEach(s -> known.put(s.id(), s));
        return known;
    }

    /**
     * Takes over what upstream tells of {@code tenant}'s sessions. Where others have the same key, of those known here.
     *
     * @param before the sessions as they stood when upstream was asked: its answer is no news of what happened since
     */
    private Future<Map<SessionId, Session>> heard(
            String tenant, Map<SessionId, Session> before, List<RuntimeRecord> told, boolean ownKey) {
        List<RuntimeRecord> named =
                told.stream().filter(r -> r.sessionId().isPresent()).toList();
        return all(named, record -> heard(tenant, before, record, ownKey)).map(sessions -> {
            Map<SessionId, Session> theirs = new LinkedHashMap<>();
            sessions.stream()
                    .flatMap(Optional::stream)
                    .filter(s -> s.tenant().equals(tenant))
                    .forEach(s -> theirs.put(s.id(), s));
            return theirs;
        });
    }

    private Future<Optional<Session>> heard(
            String tenant, Map<SessionId, Session> before, RuntimeRecord record, boolean ownKey) {
        SessionId id = record.sessionId().orElseThrow();
        Optional<Session> asked = Optional.ofNullable(before.get(id)).filter(s -> has(s, record));
        if (asked.isPresent()) {
            return discovery.heard(asked.get(), record).transform(done -> Future.succeededFuture(registry.seen(id)));
        }
        return ownKey
                ? discovery.adopt(id, tenant, record).otherwise(failed -> registry.seen(id))
                : Future.succeededFuture(registry.seen(id).filter(s -> has(s, record)));
    }

    private static boolean has(Session session, RuntimeRecord record) {
        return session.runtime().map(SandboxRuntime::id).equals(record.runtime().map(SandboxRuntime::id));
    }

    /** Those of {@code ids} that somebody knows, in that order. */
    private Future<List<JsonObject>> named(String tenant, List<SessionId> ids) {
        if (ids.isEmpty()) {
            return Future.succeededFuture(List.of());
        }
        List<List<SessionId>> batches = new ArrayList<>();
        for (int from = 0; from < ids.size(); from += BATCH) {
            batches.add(ids.subList(from, Math.min(ids.size(), from + BATCH)));
        }
        boolean ownKey = upstream.tenants().seesOnlyItsOwn(tenant);
        return all(batches, batch -> batch(tenant, batch, ownKey))
                .map(left -> left.stream().flatMap(List::stream).collect(Collectors.toSet()))
                .compose(left -> all(new LinkedHashSet<>(ids), id -> one(tenant, id, left.contains(id))))
                .map(records -> records.stream()
                        .flatMap(Optional::stream)
                        .filter(RuntimeRecords::hasSandbox)
                        .toList());
    }

    /** Takes over what upstream tells of these at once. @return those that have to be asked for by themselves */
    private Future<List<SessionId>> batch(String tenant, List<SessionId> ids, boolean ownKey) {
        Map<SessionId, Session> before = new HashMap<>();
        ids.forEach(
                id -> registry.seen(id).filter(s -> s.tenant().equals(tenant)).ifPresent(s -> before.put(id, s)));
        return inTime(upstream.lookUp(tenant, ids))
                .compose(told -> inTime(heard(tenant, before, told, ownKey)).map(heard -> missing(before, told)))
                .otherwise(error -> isOlder(error) ? ids : List.of());
    }

    /** Settled sessions with a sandbox of which upstream has told nothing: it may have dropped them. */
    private static List<SessionId> missing(Map<SessionId, Session> before, List<RuntimeRecord> told) {
        Set<SessionId> named =
                told.stream().flatMap(r -> r.sessionId().stream()).collect(Collectors.toSet());
        return before.values().stream()
                .filter(s -> s.settled() && s.runtime().isPresent())
                .map(Session::id)
                .filter(id -> !named.contains(id))
                .toList();
    }

    /** Older runtime APIs take "batch" for the name of a session. */
    private static boolean isOlder(Throwable error) {
        return error instanceof RuntimeApiException upstream
                && (upstream.kind() == RuntimeApiException.Kind.GARBLED
                        || (upstream.kind() == RuntimeApiException.Kind.REFUSED && upstream.status() < SERVER_ERROR));
    }

    /** @param look whether upstream has to be asked for this one by itself */
    private Future<Optional<JsonObject>> one(String tenant, SessionId id, boolean look) {
        if (look) {
            return record(SessionCommand.byClient(id, tenant, Duration.ZERO))
                    .map(Optional::of)
                    .otherwise(Optional.empty());
        }
        return registry.seen(id)
                .filter(s -> s.tenant().equals(tenant) && !(s.state() instanceof SandboxState.Stopped))
                .map(s -> shown(s).map(Optional::of))
                .orElseGet(() -> Future.succeededFuture(Optional.empty()));
    }

    private static <A, B> Future<List<B>> all(Iterable<A> these, Function<A, Future<B>> look) {
        List<Future<B>> looks = new ArrayList<>();
        these.forEach(one -> looks.add(look.apply(one)));
        return Future.all(looks).map(done -> looks.stream().map(Future::result).toList());
    }

    static <T> Future<T> inTime(Future<T> look) {
        return look.timeout(LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static <T> Future<T> firstLook(Future<T> look) {
        return look.timeout(FIRST_LOOK.toMillis(), TimeUnit.MILLISECONDS)
                .recover(error -> Future.failedFuture(asFailure(error)));
    }

    private static RuntimeException asFailure(Throwable error) {
        return UpstreamFailures.unavailable(error).asException();
    }

    static <T> Future<T> unknown(RuntimeId id) {
        return Future.failedFuture(new GatewayFailure.UnknownSession("there is no runtime " + id).asException());
    }

    private static <T> Future<T> unknown(SessionId id) {
        return Future.failedFuture(new GatewayFailure.UnknownSession("there is no session " + id).asException());
    }
}
