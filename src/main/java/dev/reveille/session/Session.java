package dev.reveille.session;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A session as it stands in the registry. It never changes: {@link #to} gives its successor, and the registry swaps one
 * for the other only if nobody was faster.
 *
 * @param id the client's name for it
 * @param tenant whose it is
 * @param spec what was asked for
 * @param state where it stands
 * @param revision counts its changes, from 1
 * @param cause why it came to stand here
 * @param detail the same in words, for people; may be empty, never holds a key or an upstream address
 * @param createdAt when it was first opened or found
 * @param changedAt when it came to stand here
 */
public record Session(
        SessionId id,
        String tenant,
        SessionSpec spec,
        SandboxState state,
        long revision,
        Cause cause,
        String detail,
        Instant createdAt,
        Instant changedAt) {

    public Session {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(spec, "spec");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(createdAt, "createdAt");
        Objects.requireNonNull(changedAt, "changedAt");
        if (revision < 1) {
            throw new IllegalArgumentException("revision: " + revision + " (expected: at least 1)");
        }
    }

    /** A session that was not there before. */
    public static Session first(
            SessionId id, String tenant, SessionSpec spec, SandboxState state, Cause cause, Instant now) {
        return new Session(id, tenant, spec, state, 1, cause, "", now, now);
    }

    /**
     * The successor in state {@code next}.
     *
     * @throws IllegalStateException if no step leads there; a defect of the caller
     */
    public Session to(SandboxState next, Cause why, String words, Instant now) {
        if (!state.leadsTo(next)) {
            throw new IllegalStateException(
                    "session=" + id + ": no step leads from " + state.word() + " to " + next.word());
        }
        return new Session(id, tenant, spec, next, revision + 1, why, words, createdAt, now);
    }

    /** As {@link #to}, for the cause that moved it last and without further words. */
    public Session to(SandboxState next, Instant now) {
        return to(next, cause, "", now);
    }

    /** The same session asked for anew: an owner may open a session again with another spec. */
    public Session withSpec(SessionSpec asked) {
        return new Session(id, tenant, asked, state, revision, cause, detail, createdAt, changedAt);
    }

    public Optional<SandboxRuntime> runtime() {
        return state.runtime();
    }

    public boolean settled() {
        return state.settled();
    }
}
