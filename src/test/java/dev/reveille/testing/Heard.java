package dev.reveille.testing;

import java.util.Locale;

/** What watchers were told in a while, all of them together. May be used from every thread. */
public final class Heard {
    private static final int LONGEST = 60_000;

    private final int[] byMillis = new int[LONGEST + 1];
    private long changes;
    private long others;
    private long lost;
    private long twice;
    private long disordered;

    /** Changes that came when they had to: each the next one of its session. */
    public synchronized long changes() {
        return changes;
    }

    /** Those that were left out between two, or stood for by another. */
    public synchronized long lost() {
        return lost;
    }

    public synchronized long twice() {
        return twice;
    }

    /** Those that came behind a later one. */
    public synchronized long disordered() {
        return disordered;
    }

    /**
     * From the moment of a change to its receipt.
     *
     * @param share 0 to 1
     * @return milliseconds; 0 if there was none
     */
    public synchronized int millis(double share) {
        long before = 0;
        long wanted = (long) Math.ceil(changes * share);
        for (int i = 0; i <= LONGEST; i++) {
            before += byMillis[i];
            if (before >= wanted) {
                return i;
            }
        }
        return LONGEST;
    }

    synchronized void change(long last, long revision, long skipped, long millis) {
        if (revision == last) {
            twice++;
        } else if (revision < last) {
            disordered++;
        } else {
            changes++;
            lost += Math.max(skipped, revision - last - 1);
            byMillis[(int) Math.max(0, Math.min(LONGEST, millis))]++;
        }
    }

    synchronized void other() {
        others++;
    }

    @Override
    public synchronized String toString() {
        return String.format(
                Locale.ROOT,
                "%d changes told, %d lost, %d twice, %d out of order, %d other messages; p50 %d ms, p99 %d ms, longest %d"
                        + " ms",
                changes,
                lost,
                twice,
                disordered,
                others,
                millis(0.5),
                millis(0.99),
                millis(1));
    }
}
