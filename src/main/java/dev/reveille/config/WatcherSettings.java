package dev.reveille.config;

import java.time.Duration;

/**
 * Streams of what happens to sessions.
 *
 * @param most how many a tenant may have at one node at once
 * @param stalledAfter how long one may take nothing before it is closed
 * @param ticketLifetime how long a ticket opens streams; an open one outlives it
 */
public record WatcherSettings(int most, Duration stalledAfter, Duration ticketLifetime) {
    private static final int LIMIT = 1_000_000;

    /** @throws IllegalArgumentException naming all values that are out of range */
    public WatcherSettings {
        new Expectations("watchers")
                .number("most", most, 1, LIMIT)
                .time("stalled-after", stalledAfter)
                .time("ticket-lifetime", ticketLifetime)
                .met();
    }
}
