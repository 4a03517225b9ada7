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
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
    private final Activity activity;
    private final Repair repair;

    /**
     * @param routed told of each runtime to which this node gets a route; on any thread, and must be quick
     * @param unrouted told of each to which it has none any more, in the same way
     * @param retained how long sessions are remembered after their end, at least
     * @param clock the time; handed in so that tests can
     */
    public SessionRegistry(
            Vertx vertx,
            SessionStore store,
            ClusterNode node,
            Consumer<RuntimeId> routed,
            Consumer<RuntimeId> unrouted,
            Duration retained,
            InstantSource clock) {
        Objects.requireNonNull(retained, "retained");
        Objects.requireNonNull(clock, "clock");
        this.activity = new Activity(clock, this::isRouted);
        this.table = new RoutingTable(routed, ((Consumer<RuntimeId>) activity::forget).andThen(unrouted), clock);
        this.store = Objects.requireNonNull(store, "store");
        this.node = Objects.requireNonNull(node, "node");
        this.bus = vertx.eventBus();
        this.waiters = new Waiters(vertx);
        this.repair = new Repair(vertx, store, table, this::learn, retained, clock);
    }

    /** The session as the shared map has it, put back if that has lost it; empty if there is none. */
    public Future<Optional<Session>> find(SessionId id) {
        return repair.find(id);
    }

    /** The session as this node last heard of it, at once. */
    public Optional<Session> seen(SessionId id) {
        return table.session(id);
    }

    /**
     * Since when this node knows that a session is over; empty if it is not. That may be long after its record says: between
     * the making of a record and its coming into the map a member may have stood still.
     */
    public Optional<Instant> end(SessionId id) {
        return table.end(id);
    }

    /** The route to a runtime, at once; null if none is known. */
    public Route route(String runtimeId) {
        return table.route(runtimeId);
    }

    /** Who uses which sandbox through this node. */
    public Activity activity() {
        return activity;
    }

    private boolean isRouted(String runtimeId) {
        return table.route(runtimeId) != null;
    }

    /** All sessions that this node has heard of. */
    public Collection<Session> all() {
        return table.all();
    }

    /** How many of a tenant's sessions are in each state, by its word; of none there is no number. */
    public Map<String, Integer> totals(String tenant) {
        return table.totals().of(tenant);
    }

    /** How many sessions of all tenants are in a state. */
    public int total(String state) {
        return table.totals().in(state);
    }

    /** How many repairs it takes until all sessions were compared with the shared map. */
    public int repairs() {
        return repair.turns();
    }

    /** Up to {@code limit + 1} sessions, by id; one more than asked for tells that there is a next page. */
    List<Session> list(SessionListing asked) {
        return table.following(asked.after().orElse("")).stream()
                .filter(s -> asked.tenant().map(s.tenant()::equals).orElse(true))
                .filter(s -> asked.state().map(s.state().word()::equals).orElse(true))
                .limit(asked.limit() + 1L)
                .toList();
    }

    /** Tells {@code listener} of all sessions that are known here, and from then on of all that this node learns. */
    public void follow(SessionListener listener) {
        table.follow(listener);
    }

    /** Tells {@code listener} no more. */
    public void unfollow(SessionListener listener) {
        table.unfollow(listener);
    }

    /** @return {@code first}, with a note that it is this node's; empty if a session of that id is there already */
    public Future<Optional<Session>> create(Session first) {
        Optional<Session> before = table.session(first.id());
        Session ours = first.madeBy(node.id());
        return store.create(ours)
                .onSuccess(won -> {
                    if (won) {
                        table.begins(ours.id());
                    }
                })
                .map(won -> won ? announced(before, Optional.empty(), ours) : Optional.empty());
    }

    /**
     * Swaps a record for its successor. Where members took with them the record of a session that has a sandbox, {@code
     * expected} stands as long as nothing else was heard; others may have been forgotten, and stay so.
     *
     * @return {@code next}, with a note that it is this node's; empty if {@code expected} is no longer what stands in the
     *     registry
     */
    public Future<Optional<Session>> change(Session expected, Session next) {
        Optional<Session> before = table.session(expected.id());
        Session ours = next.madeBy(node.id());
        return store.replace(expected, ours)
                .compose(won -> won || !repair.isLost(expected) ? Future.succeededFuture(won) : store.create(ours))
                .map(won -> won ? announced(before, Optional.of(expected), ours) : Optional.empty());
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

    /**
     * Hears of all that other nodes change, from now on.
     *
     * @param shaken told on any thread when something may have been lost: with a member that left, or because another half of
     *     the cluster did it
     */
    void follow(Runnable shaken) {
        node.onChange(shaken);
        node.follow(SessionStore.MAP, new ClusterNode.MapListener() {
            @Override
            public void put(String value) {
                SessionStore.understood(value).filter(table::apply).ifPresent(waiters::tell);
            }

            @Override
            public void removed(String value) {
                SessionStore.understood(value).ifPresent(table::forget);
            }
        });
    }

    /** Reads the whole shared map, and puts back what it has lost. @return how many sessions it holds */
    Future<Integer> reload() {
        return repair.all();
    }

    /** The same, a part at a time where there is much. @return when done; fails if the map could not be read */
    Future<?> repair() {
        return repair.some();
    }

    /** Looks again at all sessions that somebody waits for here: news may have been lost. */
    Future<?> refresh() {
        return repair.findAll(waiters.awaited().iterator());
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
