package dev.reveille.watch;

import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** What happens to sessions, for parts of this process that follow all of them. */
public sealed interface StatusEvent {
    SessionId sessionId();

    String tenant();

    /**
     * A session changed.
     *
     * @param session as it was known when this was told: after the change, or later ones
     * @param skipped empty if it follows what was told before; else it stands for so many changes more that nobody knows any
     *     more
     */
    record Changed(SessionChange change, Session session, Optional<Long> skipped) implements StatusEvent {
        public Changed {
            Objects.requireNonNull(change, "change");
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(skipped, "skipped");
        }

        @Override
        public SessionId sessionId() {
            return change.sessionId();
        }

        @Override
        public String tenant() {
            return change.tenant();
        }
    }

    /**
     * The record of a session was dropped.
     *
     * @param revision its last one
     */
    record Forgotten(SessionId sessionId, String tenant, long revision, Instant createdAt) implements StatusEvent {
        public Forgotten {
            Objects.requireNonNull(sessionId, "sessionId");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(createdAt, "createdAt");
        }
    }

    /** No change: a sandbox on its way is doing like this. */
    record Progressed(SessionProgress progress, String tenant) implements StatusEvent {
        public Progressed {
            Objects.requireNonNull(progress, "progress");
            Objects.requireNonNull(tenant, "tenant");
        }

        @Override
        public SessionId sessionId() {
            return progress.sessionId();
        }
    }
}
