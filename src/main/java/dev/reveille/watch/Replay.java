package dev.reveille.watch;

import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What somebody missed who comes from another node, out of the records: each change that was made after the horizon of its
 * {@link Cursor} and that the cursor does not name as told.
 */
final class Replay {
    /** Who missed more than this is told how things are instead. */
    private static final int MOST = 10_000;

    private final Cursor since;
    private final Map<Long, Long> unheard;
    private final List<Missed> missed = new ArrayList<>();

    private Replay(Cursor since) {
        this.since = since;
        this.unheard = new HashMap<>(since.later());
    }

    /** @return empty if something of it is not known any more */
    static Optional<Opening> of(TenantView view, Cursor since, String idAtTheEnd) {
        Replay replay = new Replay(since);
        for (Session session : view.sessions()) {
            if (!replay.add(session) || replay.missed.size() > MOST) {
                return Optional.empty();
            }
        }
        return Optional.of(new Opening(replay.messages(idAtTheEnd), Map.copyOf(replay.unheard)));
    }

    /** @return whether all that was missed of it is known */
    private boolean add(Session session) {
        long print = Cursor.print(session);
        Long told = since.later().get(print);
        if (told == null) {
            return session.changedAt().toEpochMilli() <= since.horizon() || addLater(session, print);
        }
        if (told > session.revision()) {
            return true;
        }
        unheard.remove(print);
        Optional<List<SessionChange>> changes = session.changesSince(told);
        changes.ifPresent(all -> add(all, print));
        return changes.isPresent();
    }

    /** Nothing of it was told that is later than the horizon. */
    private boolean addLater(Session session, long print) {
        List<SessionChange> changes = session.changes();
        List<SessionChange> later = changes.stream()
                .filter(c -> c.at().toEpochMilli() > since.horizon())
                .toList();
        add(later, print);
        return later.size() < changes.size() || session.oldestChange() == 1;
    }

    /** In order, though the clocks of nodes may differ. */
    private void add(List<SessionChange> changes, long print) {
        long latest = 0;
        for (SessionChange change : changes) {
            latest = Math.max(latest, change.at().toEpochMilli());
            missed.add(new Missed(change, print, latest));
        }
    }

    /** Each with a cursor of its own, so they are made as they are taken. */
    private Iterator<Message> messages(String idAtTheEnd) {
        missed.sort(Comparator.comparingLong(Missed::place));
        Iterator<Missed> rest = missed.iterator();
        return new Iterator<>() {
            private Cursor cursor = since;

            @Override
            public boolean hasNext() {
                return rest.hasNext();
            }

            @Override
            public Message next() {
                Missed next = rest.next();
                cursor = cursor.behind(next.print(), next.change().revision());
                // At the end it is where this node is, unless it was told more than this node has heard.
                boolean here = !rest.hasNext() && unheard.isEmpty();
                String id = here ? idAtTheEnd : cursor.whole() ? cursor.encode() : "";
                return Messages.change(next.change(), id, Optional.empty());
            }
        };
    }

    /** @param place in milliseconds; never smaller than that of the same session's change before */
    private record Missed(SessionChange change, long print, long place) {}
}
