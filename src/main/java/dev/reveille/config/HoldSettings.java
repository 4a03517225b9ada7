package dev.reveille.config;

import java.time.Duration;

/**
 * Requests that wait for a sandbox.
 *
 * @param deadline from the request's arrival until its sandbox is awake
 * @param perSession how many wait for one session at once
 * @param perTenant how many wait for the sessions of one tenant at once
 * @param perNode how many wait in this process at once
 * @param release how many go to a sandbox at once when it has woken; 0: all
 */
public record HoldSettings(Duration deadline, int perSession, int perTenant, int perNode, int release) {
    private static final int MOST = 1_000_000;

    /** No command waits longer. */
    private static final Duration LONGEST = Duration.ofHours(1);

    /** @throws IllegalArgumentException naming all values that are out of range */
    public HoldSettings {
        new Expectations("hold")
                .time("deadline", deadline, LONGEST)
                .number("per-session", perSession, 1, MOST)
                .number("per-tenant", perTenant, 1, MOST)
                .number("per-node", perNode, 1, MOST)
                .number("release", release, 0, MOST)
                .atMost("per-session", perSession, "per-tenant", perTenant)
                .atMost("per-tenant", perTenant, "per-node", perNode)
                .met();
    }
}
