package dev.reveille.lifecycle;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** How long something took lately: the median, as a single slow one says nothing of the next. Belongs to one event loop. */
final class UsualTime {
    private static final int REMEMBERED = 50;

    private final long[] lately = new long[REMEMBERED];
    private int seen;

    void took(Duration time) {
        lately[seen % REMEMBERED] = time.toMillis();
        seen++;
    }

    /** Empty until it has happened. */
    Optional<Duration> median() {
        long[] sorted = Arrays.copyOf(lately, Math.min(seen, REMEMBERED));
        Arrays.sort(sorted);
        return seen == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(sorted[(sorted.length - 1) / 2]));
    }
}
