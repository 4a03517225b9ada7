package dev.reveille.registry;

import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds what this node knows against the shared map: learns what it has missed, and puts back what the map has lost. May be
 * called from every thread.
 */
final class Repair {
    private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

    /** How many sessions one look reads. */
    private static final int AT_ONCE = 2_000;

    /** How many reads of the map are under way together. */
    private static final int TOGETHER = 50;

    private final Vertx vertx;
    private final SessionStore store;
    private final RoutingTable table;
    private final BiConsumer<Optional<Session>, Optional<Session>> learn;
    private final Duration retained;
    private final InstantSource clock;
    private volatile String inTurn = "";

    /** When the shared map was last compared with what is known here; null before the first time. */
    private volatile Instant compared;

    /**
     * @param learn told what was known before a look, and what the map has
     * @param retained how long sessions are remembered after their end, at least
     */
    Repair(
            Vertx vertx,
            SessionStore store,
            RoutingTable table,
            BiConsumer<Optional<Session>, Optional<Session>> learn,
            Duration retained,
            InstantSource clock) {
        this.vertx = vertx;
        this.store = store;
        this.table = table;
        this.learn = learn;
        this.retained = retained;
        this.clock = clock;
    }

    /** The session as the shared map has it, put back if that has lost it; empty if there is none. */
    Future<Optional<Session>> find(SessionId id) {
        Optional<Session> before = table.session(id);
        return store.get(id)
                .compose(found -> found.isEmpty() && before.filter(this::isLost).isPresent()
                        ? restore(before.get()).compose(done -> store.get(id))
                        : Future.succeededFuture(found))
                .onSuccess(found -> learn.accept(before, found));
    }

    /** The same for many. @return when done, well if all could be read */
    Future<?> findAll(Iterator<SessionId> ids) {
        List<Future<?>> some = new ArrayList<>();
        while (ids.hasNext() && some.size() < TOGETHER) {
            some.add(find(ids.next()));
        }
        return some.isEmpty() ? Future.succeededFuture() : Future.join(some).compose(done -> findAll(ids));
    }

    /**
     * Whether members took the record with them, for one that is missing in the map. The other reason would be that its session
     * has ended and was forgotten: that takes longer than since the map was last looked at, when it had a sandbox.
     */
    boolean isLost(Session session) {
        Instant last = compared;
        return session.runtime().isPresent()
                && stands(session)
                && last != null
                && clock.instant().isBefore(last.plus(retained));
    }

    /** Whether nothing else was heard of it. */
    private boolean stands(Session session) {
        return table.session(session.id()).filter(session::equals).isPresent();
    }

    /** Reads the whole shared map. @return how many sessions it holds */
    Future<Integer> all() {
        Map<SessionId, Session> before =
                table.all().stream().collect(Collectors.toMap(Session::id, Function.identity()));
        Instant begun = clock.instant();
        // Thousands of records take longer to read than an event loop may be kept.
        return store.all()
                .compose(texts -> vertx.executeBlocking(() -> {
                            int understood = 0;
                            for (String text : texts) {
                                Optional<Session> session = SessionStore.understood(text);
                                session.ifPresent(
                                        s -> learn.accept(Optional.ofNullable(before.remove(s.id())), session));
                                understood += session.isPresent() ? 1 : 0;
                            }
                            return understood;
                        })
                        .compose(size -> missing(before.values()).map(size))
                        .onSuccess(size -> compared = begun));
    }

    /**
     * Reads it too; but where there is too much for one go, it looks which sessions there are, and reads the next {@value
     * #AT_ONCE} in turn.
     *
     * @return when done; fails if the map could not be read
     */
    Future<?> some() {
        Instant begun = clock.instant();
        return table.size() <= AT_ONCE ? all() : store.ids().compose(ids -> some(ids, begun));
    }

    private Future<?> some(Set<String> ids, Instant begun) {
        List<Session> gone =
                table.all().stream().filter(s -> !ids.contains(s.id().value())).toList();
        Stream<SessionId> unheard =
                ids.stream().map(SessionId::new).filter(id -> table.session(id).isEmpty());
        List<SessionId> next =
                table.following(inTurn).stream().limit(AT_ONCE).map(Session::id).toList();
        inTurn = next.size() < AT_ONCE ? "" : next.get(AT_ONCE - 1).value();
        return missing(gone)
                .onSuccess(done -> compared = begun)
                .compose(done -> findAll(Stream.concat(unheard, next.stream()).iterator()));
    }

    /** How often {@link #some} takes until all sessions were compared. */
    int turns() {
        return table.size() / AT_ONCE + 1;
    }

    /** For sessions that are known here and not in the map. */
    private Future<?> missing(Collection<Session> sessions) {
        List<Future<?>> restored = new ArrayList<>();
        for (Session session : sessions) {
            if (isLost(session)) {
                restored.add(restore(session));
            } else {
                learn.accept(Optional.of(session), Optional.empty());
            }
        }
        return restored.isEmpty() ? Future.succeededFuture() : Future.join(restored);
    }

    /** Others may know it as well, and less of it. */
    private Future<?> restore(Session lost) {
        LOG.info("session={} revision={} is missing in the cluster: put back", lost.id(), lost.revision());
        return store.create(lost)
                .compose(won -> won ? Future.succeededFuture(Optional.<Session>empty()) : store.get(lost.id()))
                .compose(there -> there.filter(s -> s.createdAt().equals(lost.createdAt()))
                        .filter(s -> s.revision() < lost.revision())
                        .map(older -> store.replace(older, lost))
                        .orElseGet(() -> Future.succeededFuture(true)));
    }
}
