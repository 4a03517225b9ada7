package dev.reveille.watch;

import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** One tenant's sessions as watchers were last told of them. Belongs to the hub's context. */
final class TenantView {
    /** So many that were forgotten are remembered. */
    static final int GONE = 1_000;

    private final InstantSource clock;
    private final Supplier<Duration> latestNews;
    private final Map<String, Known> sessions = new TreeMap<>();
    private final Map<Long, Told> lately = new LinkedHashMap<>();
    private final Deque<Gone> gone = new ArrayDeque<>();
    private List<Message> states;
    private long census;
    private long newest;
    private long incomplete;

    /** @param latestNews longer than news takes to reach each node, a repair included, and than clocks differ */
    TenantView(InstantSource clock, Supplier<Duration> latestNews) {
        this.clock = clock;
        this.latestNews = latestNews;
    }

    /**
     * A session.
     *
     * @param print its {@link Cursor#print}
     * @param state where it stands, for all who begin
     */
    record Known(Session session, long print, Message state) {
        static Known of(Session session) {
            return new Known(session, Cursor.print(session), Messages.state(session, ""));
        }
    }

    /** One that was forgotten. */
    record Gone(StatusEvent.Forgotten what, long print, Instant at) {
        boolean beganBy(long millis) {
            return what.createdAt().toEpochMilli() <= millis;
        }
    }

    Optional<Session> session(SessionId id) {
        return Optional.ofNullable(sessions.get(id.value())).map(Known::session);
    }

    /** By their ids. */
    Collection<Known> sessions() {
        return sessions.values();
    }

    /** Where each stands; the same list, and the same messages, until one of them changes. */
    List<Message> states() {
        if (states == null) {
            states = sessions.values().stream().map(Known::state).toList();
        }
        return states;
    }

    /** Those that were forgotten last, the latest first. */
    Iterator<Gone> gone() {
        return gone.descendingIterator();
    }

    void put(Session session) {
        Known now = Known.of(session);
        Known before = sessions.put(session.id().value(), now);
        census += Cursor.share(now.print()) - (before == null ? 0 : Cursor.share(before.print()));
        states = null;
    }

    void remove(Session session) {
        Known before = sessions.remove(session.id().value());
        if (before != null) {
            census -= Cursor.share(before.print());
            lately.remove(before.print());
            states = null;
        }
    }

    void isGone(Gone session) {
        gone.addLast(session);
        if (gone.size() > GONE) {
            gone.removeFirst();
        }
    }

    /**
     * A change was told.
     *
     * @param at when it was made
     */
    void told(Session session, long revision, Instant at) {
        long print = Cursor.print(session);
        long began = session.createdAt().toEpochMilli();
        newest = Math.max(newest, at.toEpochMilli());
        lately.remove(print);
        lately.put(print, new Told(revision, began, Math.max(began, at.toEpochMilli())));
        if (lately.size() > Cursor.MOST) {
            Iterator<Told> oldest = lately.values().iterator();
            incomplete = Math.max(incomplete, oldest.next().until());
            oldest.remove();
        }
    }

    /** Behind all that was told until now, the last being {@code number} of {@code hub}. */
    Cursor cursor(long hub, long number) {
        long now = clock.millis();
        long longest = latestNews.get().toMillis();
        long horizon = Math.max(0, now - longest);
        lately.values().removeIf(told -> isOld(told, horizon));
        Map<Long, Long> later = new LinkedHashMap<>();
        long before = census;
        for (Map.Entry<Long, Told> told : lately.entrySet()) {
            later.put(told.getKey(), told.getValue().revision());
            before -= told.getValue().began() > horizon ? Cursor.share(told.getKey()) : 0;
        }
        // A node whose clock is far ahead would let others' changes look old that are still on their way.
        boolean whole = incomplete <= horizon && newest <= now + longest;
        return new Cursor(hub, number, horizon, before, whole ? later : Map.of(), whole);
    }

    /** The horizon may go back again, as the clock does, or when news takes longer. */
    private boolean isOld(Told told, long horizon) {
        boolean old = told.until() <= horizon;
        incomplete = old ? Math.max(incomplete, told.until()) : incomplete;
        return old;
    }

    /** Whether all has arrived here that others had heard of when {@code cursor} was made. */
    boolean hasHeardAllBehind(Cursor cursor) {
        return clock.millis() - cursor.horizon() > 2 * latestNews.get().toMillis();
    }

    /**
     * Both in milliseconds since 1970.
     *
     * @param began when the session was created
     * @param until a horizon from then on tells of it
     */
    private record Told(long revision, long began, long until) {}
}
