package dev.reveille.registry;

import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's copy of all sessions, and the routes to their runtimes. Reading takes no lock; older news never replaces
 * newer.
 */
final class RoutingTable {
    private static final Logger LOG = LoggerFactory.getLogger(RoutingTable.class);

    /** Of so many forgotten sessions it is remembered that they were. */
    private static final int REMEMBERED = 10_000;

    private final ConcurrentSkipListMap<String, Session> sessions = new ConcurrentSkipListMap<>();
    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private final Totals totals = new Totals();
    private final Consumer<RuntimeId> routed;
    private final Consumer<RuntimeId> unrouted;
    private final List<SessionListener> listeners = new ArrayList<>();

    /**
     * When the sessions began that were forgotten last. What was long on its way may still tell of one, and must not
     * bring it back.
     */
    private final Map<String, Instant> forgotten = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** When it was heard that a session has come to its end. */
    private final Map<String, Instant> ends = new ConcurrentHashMap<>();

    private final InstantSource clock;

    /**
     * @param routed told of each runtime that gets a route and had none; at once, so that it must be quick
     * @param unrouted told of each runtime that has no route any more, in the same way
     */
    RoutingTable(Consumer<RuntimeId> routed, Consumer<RuntimeId> unrouted, InstantSource clock) {
        this.routed = routed;
        this.unrouted = unrouted;
        this.clock = clock;
    }

    /** Tells {@code listener} of all sessions that are known, and of all that is learned from now on. */
    synchronized void follow(SessionListener listener) {
        listeners.add(listener);
        for (Session session : sessions.values()) {
            tell(listener, Optional.empty(), Optional.of(session));
        }
    }

    synchronized void unfollow(SessionListener listener) {
        listeners.remove(listener);
    }

    /**
     * Takes over what has just happened to a session.
     *
     * @return whether it was news; false if this or a later revision is known
     */
    synchronized boolean apply(Session session) {
        Session known = sessions.get(session.id().value());
        boolean old = known != null && known.revision() >= session.revision() && !startsAnew(known, session);
        if (old || !isNews(session)) {
            return false;
        }
        replace(known, session);
        return true;
    }

    /** It begins here and now, and whatever is heard of it is not of one that was forgotten. */
    synchronized void begins(SessionId id) {
        forgotten.remove(id.value());
    }

    /**
     * There is no moment in which neither is known, nor a route that both have: requests look without a lock.
     *
     * @param known null if nothing was
     */
    private void replace(Session known, Session session) {
        Session former = sessions.put(session.id().value(), session);
        if (former != null) {
            totals.remove(former);
        }
        totals.add(session);
        if (session.over()) {
            ends.put(session.id().value(), clock.instant());
        } else {
            ends.remove(session.id().value());
        }
        session.runtime().ifPresent(r -> {
            if (routes.put(r.id().value(), Route.of(session, r)) == null) {
                routed.accept(r.id());
            }
        });
        if (known != null) {
            known.runtime()
                    .filter(old ->
                            session.runtime().map(r -> !r.id().equals(old.id())).orElse(true))
                    .ifPresent(old -> removeRoute(known, old));
        }
        tellIfUnrouted(known);
        tell(Optional.ofNullable(known), Optional.of(session));
    }

    /**
     * Takes over what the shared map held. Where nothing was heard since the read began, that is the truth, whatever its
     * revision: the session may have been forgotten and opened again.
     *
     * @param before what was known here when the read began
     * @param read what it found
     * @return whether it was news
     */
    synchronized boolean correct(Optional<Session> before, Optional<Session> read) {
        boolean contradicted = before.isPresent()
                && !read.equals(before)
                && before.get().equals(sessions.get(before.get().id().value()));
        if (!contradicted) {
            return read.isPresent() && apply(read.get());
        }
        if (read.filter(this::isNews).isPresent()) {
            replace(before.get(), read.get());
            return true;
        }
        if (read.isEmpty()) {
            remember(before.get());
        }
        drop(before.get());
        tellIfUnrouted(before.get());
        tell(before, Optional.empty());
        return false;
    }

    private void remember(Session gone) {
        forgotten.put(gone.id().value(), gone.createdAt());
    }

    private boolean isNews(Session told) {
        return !told.createdAt().equals(forgotten.get(told.id().value()));
    }

    /** A session that was forgotten and opened again counts from 1 again. */
    private static boolean startsAnew(Session known, Session session) {
        return session.createdAt().isAfter(known.createdAt());
    }

    /** It was taken out of the shared map. */
    synchronized void forget(Session session) {
        remember(session);
        if (drop(session)) {
            tell(Optional.of(session), Optional.empty());
        }
        tellIfUnrouted(session);
    }

    private boolean drop(Session session) {
        boolean known = sessions.remove(session.id().value(), session);
        if (known) {
            totals.remove(session);
            ends.remove(session.id().value());
            session.runtime().ifPresent(r -> removeRoute(session, r));
        }
        return known;
    }

    private void tell(Optional<Session> before, Optional<Session> now) {
        for (SessionListener listener : listeners) {
            tell(listener, before, now);
        }
    }

    private static void tell(SessionListener listener, Optional<Session> before, Optional<Session> now) {
        try {
            listener.heard(before, now);
        } catch (RuntimeException defect) {
            LOG.error("a listener for sessions failed", defect);
        }
    }

    private void tellIfUnrouted(Session former) {
        if (former != null) {
            former.runtime()
                    .map(SandboxRuntime::id)
                    .filter(id -> !routes.containsKey(id.value()))
                    .ifPresent(unrouted);
        }
    }

    /** Another session may have that runtime by now. */
    private void removeRoute(Session session, SandboxRuntime runtime) {
        routes.computeIfPresent(
                runtime.id().value(), (id, route) -> route.session().id().equals(session.id()) ? null : route);
    }

    Optional<Session> session(SessionId id) {
        return Optional.ofNullable(sessions.get(id.value()));
    }

    /** Since when it is known here that a session is over; empty if it is not. */
    Optional<Instant> end(SessionId id) {
        return Optional.ofNullable(ends.get(id.value()));
    }

    /** Null rather than empty: this is on the way of every request. */
    Route route(String runtimeId) {
        return routes.get(runtimeId);
    }

    int size() {
        return sessions.size();
    }

    Totals totals() {
        return totals;
    }

    Collection<Session> all() {
        return sessions.values();
    }

    /** Those whose id follows {@code after}, in the order of their ids. */
    Collection<Session> following(String after) {
        return sessions.tailMap(after, false).values();
    }
}
