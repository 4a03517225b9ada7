package dev.reveille.proxy;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Who waits for a sandbox to say something, on one event loop. All are looked at now and then: a timer for each would cost
 * every request something, and hardly one of them ever runs out.
 */
final class Silence {
    private static final long LONGEST_LOOK_MILLIS = 1_000;

    /** A limit is passed by that part of it at most. */
    private static final int PARTS = 8;

    private final Set<Watch> watches = new HashSet<>();

    /** @param shortest the shortest limit that will be watched */
    Silence(Vertx vertx, Duration shortest) {
        long look = Math.max(1, Math.min(LONGEST_LOOK_MILLIS, shortest.toMillis() / PARTS));
        vertx.setPeriodic(look, t -> look(System.nanoTime()));
    }

    /**
     * Watches until {@link #forget}.
     *
     * @param limit how long nothing may move
     * @param movedAt when something moved last, on the clock of {@link System#nanoTime}
     * @param broken runs once if it was too long ago, or if this began too long ago
     */
    Watch watch(Duration limit, LongSupplier movedAt, Runnable broken) {
        Watch watch = new Watch(System.nanoTime(), limit.toNanos(), movedAt, broken);
        watches.add(watch);
        return watch;
    }

    void forget(Watch watch) {
        watches.remove(watch);
    }

    private void look(long now) {
        if (watches.isEmpty()) {
            return;
        }
        for (Watch watch : new ArrayList<>(watches)) {
            if (watch.tooLong(now) && watches.remove(watch)) {
                watch.broken.run();
            }
        }
    }

    /** One of those who wait. */
    static final class Watch {
        private final long begun;
        private final long limit;
        private final LongSupplier movedAt;
        private final Runnable broken;

        private Watch(long begun, long limit, LongSupplier movedAt, Runnable broken) {
            this.begun = begun;
            this.limit = limit;
            this.movedAt = movedAt;
            this.broken = broken;
        }

        private boolean tooLong(long now) {
            return now - begun >= limit && now - movedAt.getAsLong() >= limit;
        }
    }
}
