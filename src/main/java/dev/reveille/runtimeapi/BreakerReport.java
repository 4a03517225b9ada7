package dev.reveille.runtimeapi;

import java.time.Duration;

/**
 * How the breaker around the runtime API stands.
 *
 * @param state {@code closed}, {@code open} or {@code half-open}
 * @param lasting for how long it has been so
 */
public record BreakerReport(String state, Duration lasting) {}
