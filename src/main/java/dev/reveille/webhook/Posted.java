package dev.reveille.webhook;

import dev.reveille.session.Session;
import java.time.Instant;
import java.util.Optional;

/**
 * How far the receiver was told of a session.
 *
 * @param createdAtMillis of which life of the session, since 1970
 * @param revision up to which of its changes
 */
record Posted(long createdAtMillis, long revision) {
    /** Nothing of this life of the session. */
    static Posted nothingOf(Session session) {
        return new Posted(session.createdAt().toEpochMilli(), 0);
    }

    /** @return empty if {@code text} is not what {@link #text} wrote */
    static Optional<Posted> read(String text) {
        int dot = text == null ? -1 : text.indexOf('.');
        try {
            return dot < 0
                    ? Optional.empty()
                    : Optional.of(new Posted(
                            Long.parseLong(text.substring(0, dot)), Long.parseLong(text.substring(dot + 1))));
        } catch (NumberFormatException odd) {
            return Optional.empty();
        }
    }

    String text() {
        return createdAtMillis + "." + revision;
    }

    boolean isOf(Session session) {
        return isOf(session.createdAt());
    }

    boolean isOf(Instant createdAt) {
        return createdAtMillis == createdAt.toEpochMilli();
    }

    /** Whether {@code other} tells of the same life, and of more of it. */
    boolean isBehind(Posted other) {
        return createdAtMillis == other.createdAtMillis && revision < other.revision;
    }

    Posted to(long later) {
        return new Posted(createdAtMillis, later);
    }
}
