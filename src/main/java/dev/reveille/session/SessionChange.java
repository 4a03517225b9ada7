package dev.reveille.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * News of one change of one session, for everybody who follows.
 *
 * @param runtimeId the runtime it has now; empty if none
 * @param revision of the session after the change
 * @param state the word of the state it has now
 * @param previous the word of the state before; empty if it is new
 * @param statusMessage the status text that OpenHands front ends know; may be empty
 * @param took how long it had been in the state before
 * @param node which node made the change
 */
public record SessionChange(
        SessionId sessionId,
        Optional<RuntimeId> runtimeId,
        String tenant,
        long revision,
        String state,
        Optional<String> previous,
        Cause cause,
        String detail,
        String statusMessage,
        Instant at,
        Duration took,
        String node) {

    /** The change from {@code before}, empty for a new session, to {@code now}, made by {@code node}. */
    public static SessionChange between(Optional<Session> before, Session now, String node) {
        return new SessionChange(
                now.id(),
                now.runtime().map(SandboxRuntime::id),
                now.tenant(),
                now.revision(),
                now.state().word(),
                before.map(s -> s.state().word()),
                now.cause(),
                now.detail(),
                now.state().statusMessage(),
                now.changedAt(),
                before.map(s -> between(s.changedAt(), now.changedAt())).orElse(Duration.ZERO),
                node);
    }

    /** The change from {@code before}, empty where that is not known, to {@code now}, which had that revision. */
    static SessionChange of(Session session, Optional<Past> before, Past now, long revision) {
        return new SessionChange(
                session.id(),
                now.runtime(),
                session.tenant(),
                revision,
                now.state(),
                before.map(Past::state),
                now.cause(),
                now.detail(),
                now.statusMessage(),
                now.at(),
                before.map(b -> between(b.at(), now.at())).orElse(Duration.ZERO),
                now.node());
    }

    /** Zero where the clock of one node is behind that of another. */
    private static Duration between(Instant from, Instant to) {
        return to.isBefore(from) ? Duration.ZERO : Duration.between(from, to);
    }
}
