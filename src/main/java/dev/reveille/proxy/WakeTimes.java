package dev.reveille.proxy;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** How long wakes took lately, smoothed, to tell who cannot wait when to come again. */
final class WakeTimes {
    private static final long UNKNOWN = Duration.ofSeconds(5).toMillis();
    private static final int WEIGHT = 4;

    private final AtomicLong millis = new AtomicLong(UNKNOWN);
    private volatile boolean seen;

    void saw(Duration took) {
        seen = true;
        millis.updateAndGet(known -> known + (took.toMillis() - known) / WEIGHT);
    }

    /** The same for people, who are told nothing rather than a guess; empty until there was a wake. */
    Optional<Duration> known() {
        return seen ? Optional.of(expected()) : Optional.empty();
    }

    /** At least one second: a header in whole seconds cannot say less. */
    Duration expected() {
        return Duration.ofMillis(Math.max(1000, millis.get()));
    }
}
