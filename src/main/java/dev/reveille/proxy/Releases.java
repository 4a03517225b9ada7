package dev.reveille.proxy;

import dev.reveille.session.SessionId;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How the requests that wait for a sandbox go to it once it is awake: a few at first, in the order of their arrival, the
 * next ones as those are answered, and with each answer one more at a time, within a bound. Shared by all event loops,
 * since the news that it is awake reach them one after the other.
 */
final class Releases {
    /** How far the first few may grow. */
    private static final int GROWTH = 4;

    private final int first;
    private final Map<SessionId, Release> all = new ConcurrentHashMap<>();

    /** @param first how many go at once; 0: all */
    Releases(int first) {
        this.first = first == 0 ? Integer.MAX_VALUE / GROWTH : first;
    }

    /** Whether others wait for their turn already. */
    boolean underWay(SessionId session) {
        if (all.isEmpty()) {
            return false;
        }
        Release release = all.get(session);
        return release != null && release.open && release.waits;
    }

    /** @param awake whether the sandbox is; if not, nobody goes before {@link #open} */
    void join(SessionId session, Turn turn, boolean awake) {
        all.compute(session, (id, known) -> {
            Release release = known == null ? new Release(first) : known;
            if (known == null && awake) {
                release.open();
            }
            release.open &= awake;
            release.waiting.add(turn);
            release.admit();
            return release;
        });
    }

    /** The sandbox is awake. */
    void open(SessionId session) {
        all.computeIfPresent(session, (id, release) -> {
            release.open();
            release.admit();
            return release;
        });
    }

    /** @param answered whether the sandbox has shown that it can do more */
    void leave(SessionId session, Turn turn, boolean answered) {
        all.computeIfPresent(session, (id, release) -> {
            if (!release.waiting.remove(turn)) {
                release.out--;
                release.width = answered ? Math.min(release.width + 1, first * GROWTH) : release.width;
            }
            release.admit();
            return release.out == 0 && release.waiting.isEmpty() ? null : release;
        });
    }

    /** That of one sandbox. Is only touched by one thread at a time, but for what is volatile. */
    private static final class Release {
        private final TreeSet<Turn> waiting = new TreeSet<>();
        private int width;
        private int out;
        private volatile boolean open;
        private volatile boolean waits;
        private long openSince;

        private Release(int width) {
            this.width = width;
        }

        private void open() {
            if (!open) {
                open = true;
                openSince = System.nanoTime();
            }
        }

        private void admit() {
            while (open && out < width && !waiting.isEmpty()) {
                out++;
                waiting.pollFirst().come(openSince);
            }
            waits = !waiting.isEmpty();
        }
    }
}
