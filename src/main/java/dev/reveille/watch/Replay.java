package dev.reveille.watch;

import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What somebody missed who comes from another node. The changes come out of the records: each that was made after the
 * horizon of its {@link Cursor} and that the cursor does not name as told. Sessions that were forgotten are those of which
 * this node remembers it, if they explain how the cursor's census differs from that of this node.
 */
final class Replay {
    /** Who missed more than this is told how things are instead. */
    private static final int MOST = 10_000;

    private final Cursor since;
    private final Map<Long, Long> unheard;
    private final List<Missed> missed = new ArrayList<>();
    private final Deque<TenantView.Gone> gone = new ArrayDeque<>();
    private long census;

    private Replay(Cursor since) {
        this.since = since;
        this.unheard = new HashMap<>(since.later());
    }

    /** @return empty if something of it is not known any more */
    static Optional<Opening> of(TenantView view, Cursor since, String idAtTheEnd) {
        Replay replay = new Replay(since);
        for (TenantView.Known known : view.sessions()) {
            if (!replay.add(known) || replay.missed.size() > MOST) {
                return Optional.empty();
            }
        }
        boolean complete =
                replay.findsWhoIsGone(view.gone()) && (replay.unheard.isEmpty() || !view.hasHeardAllBehind(since));
        return complete
                ? Optional.of(new Opening(replay.messages(idAtTheEnd), Map.copyOf(replay.unheard)))
                : Optional.empty();
    }

    /** @return whether all that was missed of it is known */
    private boolean add(TenantView.Known known) {
        Session session = known.session();
        long print = known.print();
        census += session.createdAt().toEpochMilli() <= since.horizon() ? Cursor.share(print) : 0;
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

    /**
     * Those that were forgotten last are those that were not told, if their shares are what is missing here.
     *
     * @param latestFirst that are remembered
     * @return whether they are
     */
    private boolean findsWhoIsGone(Iterator<TenantView.Gone> latestFirst) {
        long missing = since.census() - census;
        while (latestFirst.hasNext()) {
            TenantView.Gone next = latestFirst.next();
            boolean counted = next.beganBy(since.horizon()) && missing != 0;
            missing -= counted ? Cursor.share(next.print()) : 0;
            if (counted || unheard.containsKey(next.print())) {
                gone.addFirst(next);
                unheard.remove(next.print());
            }
        }
        return missing == 0;
    }

    /** Each with a cursor of its own, so they are made as they are taken. */
    private Iterator<Message> messages(String idAtTheEnd) {
        missed.sort(Comparator.comparingLong(Missed::place));
        Iterator<TenantView.Gone> first = gone.iterator();
        Iterator<Missed> rest = missed.iterator();
        return new Iterator<>() {
            private Cursor cursor = since;

            @Override
            public boolean hasNext() {
                return first.hasNext() || rest.hasNext();
            }

            @Override
            public Message next() {
                // Their ids may be others' by now.
                return first.hasNext() ? next(first.next()) : next(rest.next());
            }

            private Message next(TenantView.Gone next) {
                cursor = cursor.without(next);
                return Messages.forgotten(next.what(), next.at(), id());
            }

            private Message next(Missed next) {
                cursor = cursor.behind(next.print(), next.change().revision());
                return Messages.change(next.change(), id(), Optional.empty());
            }

            /** At the end it is where this node is, unless it was told more than this node has heard. */
            private String id() {
                boolean here = !hasNext() && unheard.isEmpty();
                return here ? idAtTheEnd : cursor.whole() ? cursor.encode() : "";
            }
        };
    }

    /** @param place in milliseconds; never smaller than that of the same session's change before */
    private record Missed(SessionChange change, long print, long place) {}
}
