package dev.reveille.runtimeapi;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a call is sent again: at random between nothing and a bound that doubles with each attempt, so
 * that callers who failed together do not come back together.
 *
 * @param first the bound after the first attempt
 * @param longestWish how long upstream's own wish is honoured at most: whoever waits for us has deadlines too
 */
record Backoff(Duration first, Duration longestWish, RandomGenerator random) {
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private static final int MOST_DOUBLINGS = 20;

    /** @param retryAfter upstream's wish; zero if it has none */
    Duration afterAttempt(int number, Duration retryAfter) {
        Duration bound = shorter(LONGEST, first.multipliedBy(1L << Math.min(number - 1, MOST_DOUBLINGS)));
        Duration own = Duration.ofNanos((long) (bound.toNanos() * random.nextDouble()));
        Duration wished = shorter(longestWish, retryAfter);
        return own.compareTo(wished) > 0 ? own : wished;
    }

    /** A {@code Retry-After} in seconds. Its other form, a date, is taken as none: nobody sends it here. */
    static Optional<Duration> parse(String retryAfter) {
        return Optional.ofNullable(retryAfter)
                .map(String::strip)
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
