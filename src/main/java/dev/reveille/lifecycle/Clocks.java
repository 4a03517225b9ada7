package dev.reveille.lifecycle;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/** Moments as records keep them. */
final class Clocks {
    private Clocks() {}

    /** Now, in whole milliseconds: finer ones would only make records longer. */
    static Instant millis(InstantSource clock) {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
