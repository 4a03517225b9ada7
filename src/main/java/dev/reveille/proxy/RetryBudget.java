package dev.reveille.proxy;

import java.util.concurrent.TimeUnit;

/**
 * How many requests may be sent again: a share of those that are forwarded, so that sandboxes in trouble do not get three
 * times the load. A quiet gateway may send one a second, or its first losses could never be mended. Belongs to one event
 * loop.
 */
final class RetryBudget {
    /** What is saved up in good times is no licence for a storm later. */
    private static final double MOST_SAVED = 10;

    private static final double A_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final double share;
    private double saved;
    private long lastSpent;

    /** @param percent of what is forwarded; 0: nothing is sent again */
    RetryBudget(int percent, long now) {
        this.share = percent / 100.0;
        this.lastSpent = now - (long) A_SECOND;
    }

    /** A request is forwarded for the first time. */
    void forwarded() {
        saved = Math.min(MOST_SAVED, saved + share);
    }

    /** @param now on the clock of {@link System#nanoTime}. @return whether one may be sent again, and then it counts */
    boolean spend(long now) {
        if (share == 0) {
            return false;
        }
        if (saved >= 1) {
            saved--;
        } else if (now - lastSpent < A_SECOND) {
            return false;
        }
        lastSpent = now;
        return true;
    }
}
