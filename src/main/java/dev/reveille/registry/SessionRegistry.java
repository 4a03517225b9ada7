package dev.reveille.registry;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.SessionListing;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of the cluster, seen from this node. May be called from every thread.
 *
 * <p>Whoever wins {@link #change} acts, and only the winner: the change is logged, told to this node's waiters and
 * published from here.
 */
public final class SessionRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(SessionRegistry.class);

    private final SessionStore store;
    private final ClusterNode node;
    private final EventBus bus;
    private final RoutingTable table;
    private final Waiters waiters;

    public SessionRegistry(Vertx vertx, SessionStore store, ClusterNode node) {
        this(vertx, store, node, routed -> {}, unrouted -> {});
    }

    /**
     * @param routed told of each runtime to which this node gets a route; on any thread, and must be quick
     * @param unrouted told of each to which it has none any more, in the same way
     */
    public SessionRegistry(
            Vertx vertx,
            SessionStore store,
            ClusterNode node,
            Consumer<RuntimeId> routed,
            Consumer<RuntimeId> unrouted) {
        this.table = new RoutingTable(routed, unrouted);
        this.store = Objects.requireNonNull(store, "store");
        this.node = Objects.requireNonNull(node, "node");
        this.bus = vertx.eventBus();
        this.waiters = new Waiters(vertx);
    }

    /** The session as the shared map has it; empty if there is none. */
    public Future<Optional<Session>> find(SessionId id) {
        Optional<Session> before = table.session(id);
        return store.get(id).onSuccess(found -> learn(before, found));
    }

    /** The session as this node last heard of it, at once. */
    public Optional<Session> seen(SessionId id) {
        return table.session(id);
    }

    /** The route to a runtime, at once; null if none is known. */
    public Route route(String runtimeId) {
        return table.route(runtimeId);
    }

    /** All sessions that this node has heard of. */
    public Collection<Session> all() {
        return table.all();
    }

    /** Up to {@code limit + 1} sessions, by id; one more than asked for tells that there is a next page. */
    List<Session> list(SessionListing asked) {
        return table.following(asked.after().orElse("")).stream()
                .filter(s -> asked.tenant().map(s.tenant()::equals).orElse(true))
                .filter(s -> asked.state().map(s.state().word()::equals).orElse(true))
                .limit(asked.limit() + 1L)
                .toList();
    }

    /** @return {@code first}; empty if a session of that id is there already */
    public Future<Optional<Session>> create(Session first) {
        Optional<Session> before = table.session(first.id());
        return store.create(first).map(won -> won ? announced(before, Optional.empty(), first) : Optional.empty());
    }

    /** @return {@code next}; empty if {@code expected} is no longer what stands in the registry */
    public Future<Optional<Session>> change(Session expected, Session next) {
        Optional<Session> before = table.session(expected.id());
        return store.replace(expected, next)
                .map(won -> won ? announced(before, Optional.of(expected), next) : Optional.empty());
    }

    /** Drops a session that nobody needs any more. @return whether {@code expected} was still what stood there */
    public Future<Boolean> forget(Session expected) {
        return store.remove(expected).compose(gone -> {
            if (gone) {
                table.forget(expected);
                return Future.succeededFuture(true);
            }
            return find(expected.id()).map(false);
        });
    }

    /**
     * Waits for a session that is known here.
     *
     * @return the session once {@code point} holds, which may be at once; empty if that took longer than {@code patience}
     */
    public Future<Optional<Session>> until(SessionId id, Predicate<Session> point, Duration patience) {
        Future<Optional<Session>> waiting = waiters.add(id, point, patience);
        // Looked up after the waiter stands: a change in between is not missed.
        table.session(id).filter(point).ifPresent(waiters::tell);
        return waiting;
    }

    /** Takes over what {@code found} says, {@code before} being what this node knew when it asked. */
    void learn(Optional<Session> before, Optional<Session> found) {
        if (table.correct(before, found)) {
            waiters.tell(found.orElseThrow());
        }
    }

    /** Reads the whole shared map. @return how many sessions it holds */
    Future<Integer> reload() {
        Map<SessionId, Session> before =
                table.all().stream().collect(Collectors.toMap(Session::id, Function.identity()));
        return store.all().map(sessions -> {
            for (Session session : sessions) {
                learn(Optional.ofNullable(before.remove(session.id())), Optional.of(session));
            }
            before.values().forEach(gone -> learn(Optional.of(gone), Optional.empty()));
            return sessions.size();
        });
    }

    private Optional<Session> announced(Optional<Session> known, Optional<Session> before, Session now) {
        learn(known, Optional.of(now));
        SessionChange change = SessionChange.between(before, now, node.id());
        LOG.info(
                "session={} state={}→{} revision={} cause={} by={} took={}ms{}",
                change.sessionId(),
                change.previous().orElse("none"),
                change.state(),
                change.revision(),
                change.cause().word(),
                change.node(),
                change.took().toMillis(),
                change.detail().isEmpty() ? "" : " detail=\"" + change.detail() + "\"");
        Catalogue.CHANGED.publish(bus, change);
        Catalogue.changed(change.sessionId()).publish(bus, change);
        return Optional.of(now);
    }
}
