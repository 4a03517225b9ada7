package dev.reveille.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for what nobody tells of when it comes true. */
public final class Eventually {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Eventually() {}

    /**
     * Returns once {@code condition} holds.
     *
     * @param what it says, for when it never does
     * @param pace between two looks
     */
    public static void eventually(String what, Duration pace, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("never came true: " + what);
            }
            LockSupport.parkNanos(pace.toNanos());
        }
    }
}
