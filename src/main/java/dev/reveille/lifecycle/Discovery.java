package dev.reveille.lifecycle;

import dev.reveille.access.Tenants;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.runtimeapi.RuntimeRecord.Status;
import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What upstream knows and we do not: where a settled session really stands, and sessions that others started. Each question
 * is asked once at a time and its answer is good for a moment, so that many callers cost upstream one call.
 */
final class Discovery {
    private static final Duration GOOD_FOR = Duration.ofSeconds(1);

    private final SessionRegistry registry;
    private final Upstream upstream;
    private final Transitions transitions;
    private final Leases leases;
    private final Ledger ledger;
    private final InstantSource clock;
    private final SingleFlight<At, Session> inspections;
    private final SingleFlight<As, Optional<Session>> sessions;
    private final SingleFlight<String, List<RuntimeRecord>> lists;

    /** What is found out of a session is good for its revision alone. */
    private record At(SessionId id, long revision) {}

    /** Each tenant sees something else. */
    private record As(String tenant, SessionId id) {}

    Discovery(
            SessionRegistry registry,
            Upstream upstream,
            Transitions transitions,
            Leases leases,
            Ledger ledger,
            InstantSource clock) {
        this.ledger = ledger;
        this.registry = registry;
        this.upstream = upstream;
        this.transitions = transitions;
        this.leases = leases;
        this.clock = clock;
        this.inspections = new SingleFlight<>(GOOD_FOR, clock);
        this.sessions = new SingleFlight<>(GOOD_FOR, clock);
        this.lists = new SingleFlight<>(GOOD_FOR, clock);
    }

    /**
     * Asks upstream about a session and takes over what it says. One that is in a transition is left alone.
     *
     * @return the session as it stands then; fails with {@code runtime_api_unavailable}
     */
    Future<Session> inspect(Session session) {
        if (!session.settled()) {
            return Future.succeededFuture(session);
        }
        return inspections.ask(
                new At(session.id(), session.revision()),
                () -> upstream.lookUp(session)
                        .recover(error -> unavailable(error))
                        .compose(found -> found.isPresent() ? reconcile(session, found) : missing(session)));
    }

    /** One 404 may be a router's. What has a runtime is gone only if upstream does not know that either. */
    private Future<Session> missing(Session session) {
        return session.runtime()
                .map(runtime -> upstream.isGone(session.tenant(), runtime.id()))
                .orElseGet(() -> Future.succeededFuture(true))
                .compose(gone -> gone ? reconcile(session, Optional.empty()) : Future.succeededFuture(session));
    }

    private Future<Session> reconcile(Session session, Optional<RuntimeRecord> found) {
        Optional<SandboxState> truth = found.map(r -> foreign(session, r) ? nothing(session) : truth(session, r))
                .orElseGet(() -> nothing(session))
                .filter(session.state()::leadsTo);
        if (truth.isEmpty() || truth.get().equals(session.state())) {
            return Future.succeededFuture(session);
        }
        String detail = truth.get() instanceof SandboxState.Failed failed
                ? failed.failure().detail()
                : found.map(RuntimeRecord::detail).orElse("the runtime API does not know it any more");
        Session next = session.to(truth.get(), Cause.UPSTREAM, detail, Clocks.millis(clock));
        return (next.settled() ? registry.change(session, next) : transitions.begin(session, next, Opener.NOBODY))
                .compose(won -> won.map(Future::succeededFuture)
                        .orElseGet(() -> registry.find(session.id()).map(now -> now.orElse(session))));
    }

    /** Another sandbox of that name, and nobody can tell whose. */
    private boolean foreign(Session session, RuntimeRecord found) {
        return !upstream.tenants().seesOnlyItsOwn(session.tenant())
                && !found.runtime()
                        .map(SandboxRuntime::id)
                        .equals(session.runtime().map(SandboxRuntime::id));
    }

    /** Where a session stands that upstream does not know; empty if that is nothing new. */
    private static Optional<SandboxState> nothing(Session session) {
        return session.runtime().map(gone -> new SandboxState.Stopped());
    }

    /** Where the session stands according to upstream; empty if that tells nothing new. */
    private Optional<SandboxState> truth(Session session, RuntimeRecord found) {
        Optional<SandboxRuntime> runtime =
                found.runtime().map(r -> session.runtime().map(r::completedBy).orElse(r));
        return switch (found.status()) {
            case RUNNING -> runtime.map(live -> up(session, live));
            case PAUSED -> runtime.map(SandboxState.Paused::new);
            case STOPPED ->
                session.state() instanceof SandboxState.Stopped
                        ? Optional.empty()
                        : Optional.of(new SandboxState.Stopped());
            case ERROR ->
                session.state() instanceof SandboxState.Failed
                        ? Optional.empty()
                        : Optional.of(new SandboxState.Failed(runtime.or(session::runtime), crashed(found)));
            case STARTING ->
                runtime.filter(coming -> mayComeUp(session.state()))
                        .map(coming -> new SandboxState.Starting(leases.forStep(Step.START), Optional.of(coming)));
            case OTHER -> Optional.empty();
        };
    }

    /** What came up without us has not got its variables: it is let at nobody before it has. */
    private SandboxState up(Session session, SandboxRuntime live) {
        boolean same = session.state() instanceof SandboxState.Running running
                && running.live().id().equals(live.id());
        return same || session.spec().initialEnv().isEmpty()
                ? new SandboxState.Running(live)
                : new SandboxState.Starting(leases.forStep(Step.START), Optional.of(live));
    }

    /** What we took to be asleep, gone or too late may have been set going by others, or take longer than we waited. */
    private static boolean mayComeUp(SandboxState state) {
        boolean late = state instanceof SandboxState.Failed failed && mayBeLate(failed.failure());
        return late || state instanceof SandboxState.Paused || state instanceof SandboxState.Stopped;
    }

    /** Whether what failed may take place all the same: upstream may have set about it, whatever it answered. */
    private static boolean mayBeLate(GatewayFailure failure) {
        return switch (failure.kind()) {
            case START_TIMEOUT, WAKE_TIMEOUT, RUNTIME_API_UNAVAILABLE -> true;
            case STEP_FAILED ->
                failure instanceof GatewayFailure.StepFailed failed
                        && (failed.step() == Step.START || failed.step() == Step.RESUME);
            default -> false;
        };
    }

    private static GatewayFailure crashed(RuntimeRecord found) {
        return new GatewayFailure.RuntimeCrashed(
                found.detail().isEmpty()
                        ? "the sandbox broke, says the runtime API"
                        : "the sandbox broke: " + found.detail());
    }

    /** @return the session that upstream knows under {@code id}, adopted for {@code tenant}; empty if there is none */
    Future<Optional<Session>> adopt(SessionId id, String tenant) {
        if (!upstream.tenants().seesOnlyItsOwn(tenant)) {
            return Future.succeededFuture(Optional.empty());
        }
        return sessions.ask(
                new As(tenant, id),
                () -> upstream.lookUp(tenant, id)
                        .recover(error -> unavailable(error))
                        .compose(found -> found.map(r -> adopt(id, tenant, r))
                                .orElseGet(() -> Future.succeededFuture(Optional.empty()))));
    }

    /** As {@link #adopt(SessionId, String)}, for the first tenant as whose upstream knows it: services have no tenant. */
    Future<Optional<Session>> adopt(SessionId id) {
        Future<Optional<Session>> found = Future.succeededFuture(Optional.empty());
        for (String tenant : upstream.tenants().names()) {
            found = found.compose(known -> known.isPresent() ? Future.succeededFuture(known) : adopt(id, tenant));
        }
        return found;
    }

    /**
     * However many runtimes are asked for, upstream is asked for its list once at a time, for each tenant.
     *
     * @return the session whose runtime is {@code runtime}, if upstream lists it as live, or knows the session whose it was;
     *     empty if there is none; fails with {@code runtime_api_unavailable} only if no tenant's list has it and one could
     *     not be had
     */
    Future<Optional<Session>> adopt(RuntimeId runtime) {
        Tenants tenants = upstream.tenants();
        List<Future<Optional<Session>>> looks = tenants.names().stream()
                .filter(tenants::seesOnlyItsOwn)
                .map(tenant -> adoptListed(runtime, tenant))
                .toList();
        return Future.join(looks).transform(done -> {
            Optional<Session> found = looks.stream()
                    .filter(Future::succeeded)
                    .flatMap(look -> look.result().stream())
                    .findFirst();
            if (found.isPresent()) {
                return Future.succeededFuture(found);
            }
            return done.failed() ? Future.failedFuture(done.cause()) : byLedger(runtime, ledger.of(runtime));
        });
    }

    /** What sleeps is in no list. */
    private Future<Optional<Session>> byLedger(RuntimeId runtime, Optional<Ledger.Name> name) {
        return name.map(n -> adopt(n.session(), n.tenant())
                        .map(found -> found.filter(
                                s -> s.runtime().map(SandboxRuntime::id).equals(Optional.of(runtime))))
                        .compose(found -> found.isPresent()
                                ? Future.succeededFuture(found)
                                : upstream.isGone(n.tenant(), runtime)
                                        .onSuccess(gone -> ledger.forget(runtime, gone))
                                        .map(found)))
                .orElseGet(() -> Future.succeededFuture(Optional.empty()));
    }

    /** As {@link #adopt(RuntimeId)}, by the list of {@code tenant} alone. */
    Future<Optional<Session>> adopt(RuntimeId runtime, String tenant) {
        return upstream.tenants().seesOnlyItsOwn(tenant)
                ? adoptListed(runtime, tenant)
                        .compose(found -> found.isPresent()
                                ? Future.succeededFuture(found)
                                : byLedger(
                                        runtime,
                                        ledger.of(runtime)
                                                .filter(n -> n.tenant().equals(tenant))))
                : Future.succeededFuture(Optional.empty());
    }

    /**
     * Adopts all live sessions that {@code tenant} surely owns.
     *
     * @return how many there are; fails with {@code runtime_api_unavailable}
     */
    Future<Integer> adoptAll(String tenant) {
        if (!upstream.tenants().seesOnlyItsOwn(tenant)) {
            return Future.succeededFuture(0);
        }
        return upstream.list(tenant)
                .recover(error -> unavailable(error))
                .compose(all -> Future.join(all.stream()
                                .filter(r -> r.sessionId().isPresent())
                                .map(r -> adopt(r.sessionId().get(), tenant, r))
                                .toList())
                        .map(adopted -> (int) adopted.list().stream()
                                .filter(found -> ((Optional<?>) found).isPresent())
                                .count()));
    }

    /** Takes over what upstream told of a session unasked. @return the session as it stands then */
    Future<Session> heard(Session session, RuntimeRecord told) {
        return session.settled() ? reconcile(session, Optional.of(told)) : Future.succeededFuture(session);
    }

    private Future<Optional<Session>> adoptListed(RuntimeId runtime, String tenant) {
        return listed(tenant)
                .compose(all -> all.stream()
                        .filter(r -> r.sessionId().isPresent()
                                && r.runtime().map(SandboxRuntime::id).equals(Optional.of(runtime)))
                        .findFirst()
                        .map(r -> adopt(r.sessionId().get(), tenant, r))
                        .orElseGet(() -> Future.succeededFuture(Optional.empty())))
                .map(found ->
                        found.filter(s -> s.runtime().map(SandboxRuntime::id).equals(Optional.of(runtime))));
    }

    private Future<List<RuntimeRecord>> listed(String tenant) {
        return lists.ask(tenant, () -> upstream.list(tenant).recover(error -> unavailable(error)));
    }

    /** That of a session that no client has opened here. */
    static SessionSpec specOfNobody(SessionId id) {
        return new SessionSpec(
                new JsonObject().put("session_id", id.value()).encode(),
                Map.of(),
                ClosePolicy.STOP,
                false,
                Optional.empty());
    }

    /** @return the session that {@code found} tells of, adopted for {@code tenant} if it is news; empty if it has no sandbox */
    Future<Optional<Session>> adopt(SessionId id, String tenant, RuntimeRecord found) {
        Instant now = Clocks.millis(clock);
        Optional<SandboxState> state = stateOf(found);
        if (state.isEmpty()) {
            return Future.succeededFuture(Optional.empty());
        }
        Session adopted = Session.first(id, tenant, specOfNobody(id), state.get(), Cause.ADOPTED, now);
        return registry.find(id)
                .compose(known -> known.map(old -> adoptAgain(old, adopted)).orElseGet(() -> adoptFirst(adopted)));
    }

    /** Somebody else may adopt it at the same time. */
    private Future<Optional<Session>> adoptFirst(Session adopted) {
        return (adopted.settled() ? registry.create(adopted) : transitions.begin(adopted, Opener.NOBODY))
                .compose(won -> won.isPresent() ? Future.succeededFuture(won) : registry.find(adopted.id()));
    }

    /**
     * A session that we know, but with another runtime than the one that upstream has for it now, or with none because
     * upstream seemed to have dropped it. What was found may be older than what is known here, so upstream is asked once
     * more: what it says now holds for as long as nobody changes the session.
     */
    private Future<Optional<Session>> adoptAgain(Session known, Session adopted) {
        if (!isNews(known, adopted.tenant(), adopted.state())) {
            return Future.succeededFuture(Optional.of(known));
        }
        return lookAgain(known)
                .recover(error -> unavailable(error))
                .compose(found -> found.flatMap(this::stateOf)
                        .filter(state -> isNews(known, adopted.tenant(), state))
                        .map(state -> adoptAs(known, state))
                        .orElseGet(() -> Future.succeededFuture(Optional.of(known))));
    }

    /** One 404 may be a router's: upstream's list may have it none the less. */
    private Future<Optional<RuntimeRecord>> lookAgain(Session known) {
        return upstream.lookUp(known)
                .compose(found -> found.isPresent()
                        ? Future.succeededFuture(found)
                        : upstream.list(known.tenant())
                                .map(all -> all.stream()
                                        .filter(r -> r.sessionId().equals(Optional.of(known.id())))
                                        .findFirst()));
    }

    /** What was closed here stays closed: upstream may still be ending it. */
    private static boolean isNews(Session known, String tenant, SandboxState found) {
        boolean closed = known.state() instanceof SandboxState.Stopped && known.cause() != Cause.UPSTREAM;
        return known.settled()
                && !closed
                && known.tenant().equals(tenant)
                && !known.runtime()
                        .map(SandboxRuntime::id)
                        .equals(found.runtime().map(SandboxRuntime::id))
                && known.state().leadsTo(found);
    }

    private Future<Optional<Session>> adoptAs(Session known, SandboxState state) {
        SandboxState first = state instanceof SandboxState.Running running ? up(known, running.live()) : state;
        Session next = known.to(first, Cause.ADOPTED, "", Clocks.millis(clock));
        return (next.settled() ? registry.change(known, next) : transitions.begin(known, next, Opener.NOBODY))
                .compose(won -> won.isPresent() ? Future.succeededFuture(won) : registry.find(known.id()));
    }

    private Optional<SandboxState> stateOf(RuntimeRecord found) {
        Optional<SandboxRuntime> runtime = found.runtime();
        if (found.status() == Status.RUNNING) {
            return runtime.map(SandboxState.Running::new);
        }
        if (found.status() == Status.PAUSED) {
            return runtime.map(SandboxState.Paused::new);
        }
        if (found.status() == Status.STARTING && runtime.isPresent()) {
            return Optional.of(new SandboxState.Starting(leases.forStep(Step.START), runtime));
        }
        if (found.status() == Status.ERROR && runtime.isPresent()) {
            return Optional.of(new SandboxState.Failed(runtime, crashed(found)));
        }
        return Optional.empty();
    }

    private static <T> Future<T> unavailable(Throwable error) {
        return Future.failedFuture(UpstreamFailures.unavailable(error).asException());
    }
}
