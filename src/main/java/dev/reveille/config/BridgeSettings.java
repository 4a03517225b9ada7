package dev.reveille.config;

import java.time.Duration;
import java.util.Objects;

/**
 * The event bus for those who are no members: browsers by SockJS, and services by TCP. They may listen and nothing else.
 *
 * @param maxSockets how many of both are open on this node at once, beside strangers'
 * @param perTenant how many of these are one tenant's
 * @param maxStrangers how many are open beside these, of those who have not shown yet on whose behalf they come
 * @param strangerTimeout how long they have for that
 * @param maxRegistrations how many addresses one of them listens to
 * @param idleTimeout how long one may be silent, not even pinging
 * @param queue how much may wait for one that does not read; beyond that it is cut off
 */
public record BridgeSettings(
        int maxSockets,
        int perTenant,
        int maxStrangers,
        Duration strangerTimeout,
        int maxRegistrations,
        Duration idleTimeout,
        ByteSize queue,
        SockJsBridgeSettings sockjs,
        TcpBridgeSettings tcp) {
    private static final int MOST = 1_000_000;
    private static final long LEAST_QUEUE = 16 << 10;
    private static final long MOST_QUEUE = 64 << 20;

    /** @throws IllegalArgumentException naming all values that are out of range */
    public BridgeSettings {
        Objects.requireNonNull(sockjs, "sockjs");
        Objects.requireNonNull(tcp, "tcp");
        new Expectations("bridges")
                .number("max-sockets", maxSockets, 1, MOST)
                .number("per-tenant", perTenant, 1, MOST)
                .number("max-strangers", maxStrangers, 1, MOST)
                .time("stranger-timeout", strangerTimeout)
                .number("max-registrations", maxRegistrations, 1, MOST)
                .time("idle-timeout", idleTimeout)
                .size("queue", queue, LEAST_QUEUE, MOST_QUEUE)
                .met();
    }
}
