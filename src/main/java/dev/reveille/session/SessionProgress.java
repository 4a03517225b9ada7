package dev.reveille.session;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a sandbox is doing that is being built, started or woken. No change: it is told to those who look on, and lost for
 * others.
 *
 * @param tenant whose session it is
 * @param revision of the session meanwhile
 * @param state the word of the state that it is in
 * @param elapsed since its transition began, or was taken over
 * @param expected how long that took lately, on the node that carries it; empty if nobody knows
 * @param podStatus upstream's word; empty as long as it has none
 * @param restartCount 0 if upstream did not say
 * @param restartReasons fit for outsiders
 * @param buildStatus upstream's word; empty if nothing is built
 * @param statusMessage the status text that OpenHands front ends know; may be empty
 */
public record SessionProgress(
        SessionId sessionId,
        String tenant,
        long revision,
        String state,
        Duration elapsed,
        Optional<Duration> expected,
        Optional<String> podStatus,
        int restartCount,
        List<String> restartReasons,
        Optional<String> buildStatus,
        String statusMessage) {
    public SessionProgress {
        Objects.requireNonNull(sessionId, "sessionId");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(elapsed, "elapsed");
        Objects.requireNonNull(expected, "expected");
        Objects.requireNonNull(podStatus, "podStatus");
        restartReasons = List.copyOf(restartReasons);
        Objects.requireNonNull(buildStatus, "buildStatus");
        Objects.requireNonNull(statusMessage, "statusMessage");
    }
}
