package dev.reveille.proxy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * How long wakes took lately on this node, to tell who cannot wait when to come again: late enough for nine of ten. May be
 * called from every thread.
 */
final class WakeTimes {
    private static final long UNKNOWN = Duration.ofSeconds(5).toMillis();

    /** A header in whole seconds cannot say less. */
    private static final long LEAST = 1_000;

    /** Whoever is told to come in an hour does not come. */
    private static final long MOST = Duration.ofMinutes(2).toMillis();

    private static final int REMEMBERED = 50;

    private final long[] lately = new long[REMEMBERED];
    private int seen;
    private volatile Duration expected = Duration.ofMillis(UNKNOWN);

    synchronized void saw(Duration took) {
        lately[seen % REMEMBERED] = took.toMillis();
        seen++;
        long[] sorted = Arrays.copyOf(lately, Math.min(seen, REMEMBERED));
        Arrays.sort(sorted);
        // The smallest that at least nine of ten do not exceed.
        long ofTen = sorted[(sorted.length * 9 + 9) / 10 - 1];
        expected = Duration.ofMillis(Math.max(LEAST, Math.min(MOST, ofTen)));
    }

    /** The same for people, who are told nothing rather than a guess; empty until there was a wake. */
    synchronized Optional<Duration> known() {
        return seen > 0 ? Optional.of(expected) : Optional.empty();
    }

    Duration expected() {
        return expected;
    }
}
