package dev.reveille.session;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a session stood before, as far as those who missed it have to be told. Dozens of these are kept for each of
 * thousands of sessions, so it has no wrappers.
 *
 * @param state the word of the state
 * @param runtimeId the runtime it had; null if it had none
 * @param atMillis when it came to stand there, since 1970
 * @param node which node made it so; empty if that was not noted
 */
public record Past(String state, RuntimeId runtimeId, Cause cause, String detail, long atMillis, String node) {
    public Past {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(node, "node");
    }

    static Past of(Session session) {
        return new Past(
                session.state().word(),
                session.runtime().map(SandboxRuntime::id).orElse(null),
                session.cause(),
                session.detail(),
                session.changedAt().toEpochMilli(),
                session.node());
    }

    Optional<RuntimeId> runtime() {
        return Optional.ofNullable(runtimeId);
    }

    Instant at() {
        return Instant.ofEpochMilli(atMillis);
    }

    /** As {@link SandboxState#statusMessage} of the state it was. */
    String statusMessage() {
        return switch (state) {
            case "building" -> "STATUS$STARTING_CONTAINER";
            case "starting" -> runtimeId == null ? "STATUS$STARTING_CONTAINER" : "STATUS$WAITING_FOR_CLIENT";
            case "resuming" -> "STATUS$STARTING_RUNTIME";
            case "running" -> " ";
            default -> "";
        };
    }
}
