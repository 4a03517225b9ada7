package dev.reveille.config;

import java.time.Duration;
import java.util.List;

/**
 * Forwarding.
 *
 * @param connectTimeout from opening a connection to a sandbox to its standing; as long once more for a handshake of TLS
 * @param responseTimeout from the request being sent to the head of its answer
 * @param idleTimeout how long an answer that has begun, or a tunnel, may pass nothing either way; zero: for ever
 * @param stallTimeout how long one side may take nothing of what is to be sent to it
 * @param replayBuffer how much of a body is kept for sending it again; may be zero
 * @param verdictCache how long the finding whether a sandbox is alive is believed; may be zero
 * @param wakingPageAfter how long a person looks at nothing before the page that a sandbox wakes; zero: no such page
 * @param strict whether every 404, 502 and 504 counts as a disconnect and every 503 as paused, unprobed
 * @param retryBudget how many requests may be sent again, in percent of all; 0: none
 * @param breakerFailures after how many losses in a row a sandbox is given a rest; 0: never
 * @param breakerReset from that to the next look whether it answers
 * @param intents what requests mean for a sandbox that sleeps, where that differs from the defaults; the first that
 *     fits counts
 */
public record ProxySettings(
        Duration connectTimeout,
        Duration responseTimeout,
        Duration idleTimeout,
        Duration stallTimeout,
        ByteSize replayBuffer,
        Duration verdictCache,
        Duration wakingPageAfter,
        boolean strict,
        int retryBudget,
        int breakerFailures,
        Duration breakerReset,
        List<IntentRule> intents) {
    private static final long MOST_REPLAY = 64 << 20;
    private static final int MOST_FAILURES = 1_000_000;

    /** @throws IllegalArgumentException naming all values that are out of range */
    public ProxySettings {
        intents = List.copyOf(intents);
        new Expectations("proxy")
                .time("connect-timeout", connectTimeout)
                .time("response-timeout", responseTimeout)
                .timeOrNone("idle-timeout", idleTimeout)
                .time("stall-timeout", stallTimeout)
                .size("replay-buffer", replayBuffer, 0, MOST_REPLAY)
                .timeOrNone("verdict-cache", verdictCache)
                .timeOrNone("waking-page-after", wakingPageAfter)
                .number("retry-budget", retryBudget, 0, 100)
                .number("breaker-failures", breakerFailures, 0, MOST_FAILURES)
                .time("breaker-reset", breakerReset)
                .met();
    }
}
