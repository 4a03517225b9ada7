package dev.reveille.proxy;

import java.time.Duration;
import java.util.function.LongSupplier;

/** How long what has begun, an answer or a tunnel, may pass nothing either way; without a limit nothing is watched. */
final class IdleLimit {
    private final Silence silence;
    private final Duration limit;

    /** @param limit zero: none */
    IdleLimit(Silence silence, Duration limit) {
        this.silence = silence;
        this.limit = limit;
    }

    boolean exists() {
        return !limit.isZero();
    }

    /** @return to be run when it is over */
    Runnable watch(LongSupplier movedAt, Runnable broken) {
        Silence.Watch watch = silence.watch(limit, movedAt, broken);
        return () -> silence.forget(watch);
    }
}
