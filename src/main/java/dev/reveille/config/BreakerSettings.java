package dev.reveille.config;

import java.time.Duration;

/**
 * The circuit breaker around the runtime API.
 *
 * @param failures that many within {@code window} open it
 * @param window how far back failures count
 * @param reset from opening to the next call that is let through
 */
public record BreakerSettings(int failures, Duration window, Duration reset) {
    /** @throws IllegalArgumentException naming all values that are out of range */
    public BreakerSettings {
        new Expectations("upstream.breaker")
                .number("failures", failures, 1, 1_000_000)
                .time("window", window)
                .time("reset", reset)
                .met();
    }
}
