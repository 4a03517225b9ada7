package dev.reveille.lifecycle;

import java.time.Duration;

/**
 * How often to look while waiting: after a tenth of the time waited so far, so that what is noticed late is late by a
 * tenth at most, and long waits cost few calls.
 *
 * @param first the shortest gap
 * @param max the longest gap
 */
record Pace(Duration first, Duration max) {
    private static final int SHARE = 10;

    /** The gap before the next look, {@code waited} after the first. */
    Duration next(Duration waited) {
        Duration share = waited.dividedBy(SHARE);
        if (share.compareTo(first) < 0) {
            return first;
        }
        return share.compareTo(max) > 0 ? max : share;
    }
}
