package dev.reveille.lifecycle;

import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionWish;
import dev.reveille.registry.Route;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.Cause;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runtimes whose end was promised to a client, and that upstream did not end when it was asked to. They are asked for again
 * until it does, or nobody believes in it any more. Remembered by this node alone. Belongs to one event loop.
 */
final class OwedStops {
    private static final Logger LOG = LoggerFactory.getLogger(OwedStops.class);
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final Set<String> COMING_UP = Set.of("building", "starting", "resuming", "running");

    /** Whoever names runtimes that nobody knows could go on for ever. */
    private static final int MOST = 4_000;

    private final SessionRegistry registry;
    private final Upstream upstream;
    private final Lifecycle lifecycle;
    private final InstantSource clock;
    private final Map<Whose, Owed> owed = new HashMap<>();

    /** What one tenant says of a runtime is nothing to another. */
    private record Whose(String tenant, RuntimeId runtime) {}

    /** @param session as it was then; empty if nobody here knew the runtime */
    private record Owed(Optional<Session> session, Instant since) {
        /** Whether no client, at whatever node, has set {@code now} going again. */
        boolean isOwedBy(Session now) {
            return now.changes().stream()
                    .filter(change -> change.cause() == Cause.CLIENT && COMING_UP.contains(change.state()))
                    .noneMatch(change -> cameLater(change, now));
        }

        /** By the clock, where nobody knew a session: another node's may differ, and what is in doubt is wanted. */
        private boolean cameLater(SessionChange change, Session now) {
            return session.map(then -> !then.sameLife(now) || change.revision() > then.revision())
                    .orElseGet(() -> !change.at().isBefore(since));
        }
    }

    OwedStops(SessionRegistry registry, Upstream upstream, Lifecycle lifecycle, InstantSource clock) {
        this.registry = registry;
        this.upstream = upstream;
        this.lifecycle = lifecycle;
        this.clock = clock;
    }

    void add(Session session) {
        session.runtime().ifPresent(runtime -> add(session.tenant(), runtime.id(), Optional.of(session)));
    }

    /** For one that nobody here knows, and that {@code tenant}'s upstream key may end. */
    void add(String tenant, RuntimeId runtime) {
        add(tenant, runtime, Optional.empty());
    }

    private void add(String tenant, RuntimeId runtime, Optional<Session> session) {
        if (owed.size() < MOST) {
            owed.putIfAbsent(new Whose(tenant, runtime), new Owed(session, Clocks.millis(clock)));
        }
    }

    /** {@code call} makes a session of {@code tenant} wanted again: from now on, and with the runtime that it comes to. */
    Future<Session> wanted(String tenant, SessionId id, Supplier<Future<Session>> call) {
        forget(tenant, id);
        return call.get().onSuccess(this::wanted);
    }

    /** What a client wants at another node. */
    void heard(SessionWish wish) {
        if (wish.aim() == SessionWish.Aim.AWAKE) {
            forget(wish.tenant(), wish.id());
        }
    }

    private void forget(String tenant, SessionId id) {
        // What was not known when it was promised may have been adopted since.
        registry.seen(id)
                .filter(s -> s.tenant().equals(tenant))
                .flatMap(Session::runtime)
                .ifPresent(runtime -> wanted(tenant, runtime.id()));
        owed.entrySet()
                .removeIf(e -> e.getKey().tenant().equals(tenant)
                        && e.getValue().session().map(Session::id).equals(Optional.of(id)));
    }

    private void wanted(Session now) {
        boolean over = now.state() instanceof SandboxState.Stopping || now.state() instanceof SandboxState.Failed;
        now.runtime().filter(r -> !over).ifPresent(r -> wanted(now.tenant(), r.id()));
    }

    /** The runtime is wanted again by {@code tenant}. */
    void wanted(String tenant, RuntimeId runtime) {
        owed.remove(new Whose(tenant, runtime));
    }

    /** Asks for each once more. */
    void pay() {
        List.copyOf(owed.entrySet()).forEach(entry -> pay(entry.getKey(), entry.getValue()));
    }

    private void pay(Whose whose, Owed one) {
        Optional<Session> session =
                Optional.ofNullable(registry.route(whose.runtime().value())).map(Route::session);
        boolean gone = session.isEmpty() && one.session().isPresent();
        boolean others = session.filter(s -> !s.tenant().equals(whose.tenant())).isPresent();
        if (gone || others) {
            owed.remove(whose, one);
            return;
        }
        if (one.since().plus(LONGEST).isBefore(clock.instant())) {
            LOG.warn("runtime={} could not be stopped, and is left alone now", whose.runtime());
            owed.remove(whose, one);
            return;
        }
        session.map(s -> stop(whose, one, s))
                .orElseGet(() -> upstream.api().stop(upstream.tenants().upstreamKey(whose.tenant()), whose.runtime()))
                .onSuccess(stopped -> owed.remove(whose, one))
                .onFailure(error ->
                        LOG.info("runtime={} could not be stopped yet: {}", whose.runtime(), error.getMessage()));
    }

    private Future<Void> stop(Whose whose, Owed one, Session session) {
        SessionCommand close = SessionCommand.byClient(session.id(), whose.tenant(), LONGEST);
        return new CloseErrand(lifecycle.errand(close)).stopWhile(one::isOwedBy).mapEmpty();
    }
}
