package dev.reveille.watch;

import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One tenant's sessions as watchers were last told of them. Belongs to the hub's context. */
final class TenantView {
    /** Longer than news takes to reach each node, a repair included, and than clocks differ. */
    static final Duration LATEST_NEWS = Duration.ofSeconds(30);

    private final InstantSource clock;
    private final Map<String, Session> sessions = new TreeMap<>();
    private final Map<Long, Told> lately = new LinkedHashMap<>();
    private long newest;
    private long incomplete;

    TenantView(InstantSource clock) {
        this.clock = clock;
    }

    Optional<Session> session(SessionId id) {
        return Optional.ofNullable(sessions.get(id.value()));
    }

    /** By their ids. */
    Collection<Session> sessions() {
        return sessions.values();
    }

    void put(Session session) {
        sessions.put(session.id().value(), session);
    }

    void remove(SessionId id) {
        sessions.remove(id.value());
    }

    /**
     * A change was told.
     *
     * @param atMillis when it was made, since 1970
     */
    void told(long print, long revision, long atMillis) {
        newest = Math.max(newest, atMillis);
        lately.remove(print);
        lately.put(print, new Told(revision, atMillis));
        if (lately.size() > Cursor.MOST) {
            Iterator<Told> oldest = lately.values().iterator();
            incomplete = Math.max(incomplete, oldest.next().atMillis());
            oldest.remove();
        }
    }

    /** Behind all that was told until now, the last being {@code number} of {@code hub}. */
    Cursor cursor(long hub, long number) {
        long now = clock.millis();
        long horizon = Math.max(0, now - LATEST_NEWS.toMillis());
        lately.values().removeIf(told -> told.atMillis() <= horizon);
        Map<Long, Long> later = new LinkedHashMap<>();
        lately.forEach((print, told) -> later.put(print, told.revision()));
        // A node whose clock is far ahead would let others' changes look old that are still on their way.
        boolean whole = incomplete <= horizon && newest <= now + LATEST_NEWS.toMillis();
        return new Cursor(hub, number, horizon, whole ? later : Map.of(), whole);
    }

    private record Told(long revision, long atMillis) {}
}
