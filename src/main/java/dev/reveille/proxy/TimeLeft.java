package dev.reveille.proxy;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Supplier;

/** A request has one time for all that is not the sandbox's own work. */
final class TimeLeft {
    private final Duration whole;
    private final Duration longestQuestion;
    private long spentNanos;

    /** @param longestQuestion how long a question about the sandbox may take at most */
    TimeLeft(Duration whole, Duration longestQuestion) {
        this.whole = whole;
        this.longestQuestion = longestQuestion;
    }

    /** Counts what {@code wait} takes, from before it begins: its own time must not run out first. */
    <T> Future<T> counted(Supplier<Future<T>> wait) {
        long begun = System.nanoTime();
        return wait.get().onComplete(done -> spentNanos += System.nanoTime() - begun);
    }

    /** So much of what was counted was not its own. */
    void giveBack(long nanos) {
        spentNanos -= nanos;
    }

    /** What is left of the request's time. */
    Duration left() {
        Duration left = whole.minusNanos(spentNanos);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** How long a question may take: no longer than the request has, and not a part of a millisecond less. */
    Duration patience() {
        Duration left = left().plusMillis(1);
        return left.compareTo(longestQuestion) < 0 ? left : longestQuestion;
    }
}
