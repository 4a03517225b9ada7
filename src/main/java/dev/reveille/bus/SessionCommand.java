package dev.reveille.bus;

import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Something to do with one session.
 *
 * @param id which
 * @param tenant for whom; empty: a trusted service of the cluster, which may touch every session
 * @param cause why
 * @param seenRevision the revision that the caller saw when it decided to ask; 0: it saw none. A wake for a revision that
 *     has been left since is already done
 * @param patience how long the answer may wait for the session to settle; then it tells where the session stands
 * @param policy for closing: what to do instead of the session's own policy
 */
public record SessionCommand(
        SessionId id,
        Optional<String> tenant,
        Cause cause,
        long seenRevision,
        Duration patience,
        Optional<ClosePolicy> policy) {
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    public SessionCommand {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(policy, "policy");
        checked(patience);
    }

    static void checked(Duration patience) {
        if (patience.isNegative() || patience.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("wait_ms: " + patience.toMillis() + " (expected: 0 to 3600000)");
        }
    }

    /** A client's command for {@code tenant}. */
    public static SessionCommand byClient(SessionId id, String tenant, Duration patience) {
        return new SessionCommand(id, Optional.of(tenant), Cause.CLIENT, 0, patience, Optional.empty());
    }

    /** A request for a sandbox that sleeps, seen at {@code revision}. */
    public static SessionCommand byTraffic(SessionId id, long revision, Duration patience) {
        return new SessionCommand(id, Optional.empty(), Cause.TRAFFIC, revision, patience, Optional.empty());
    }

    /** The same with another patience. */
    public SessionCommand waiting(Duration other) {
        return new SessionCommand(id, tenant, cause, seenRevision, other, policy);
    }

    /** The same with another policy for closing. */
    public SessionCommand closingBy(Optional<ClosePolicy> other) {
        return new SessionCommand(id, tenant, cause, seenRevision, patience, other);
    }

    static JsonObject toJson(SessionCommand c) {
        JsonObject json = new JsonObject()
                .put("v", 1)
                .put("session_id", c.id().value())
                .put("cause", c.cause().word())
                .put("wait_ms", c.patience().toMillis());
        c.tenant().ifPresent(t -> json.put("tenant", t));
        c.policy().ifPresent(p -> json.put("policy", p.word()));
        if (c.seenRevision() > 0) {
            json.put("seen_revision", c.seenRevision());
        }
        return json;
    }

    static SessionCommand fromJson(JsonObject json) {
        return new SessionCommand(
                new SessionId(Fields.text(json, "session_id")),
                Fields.optionalText(json, "tenant"),
                Fields.optionalText(json, "cause").map(Cause::of).orElse(Cause.CLIENT),
                Fields.number(json, "seen_revision", 0),
                Duration.ofMillis(Fields.number(json, "wait_ms", 0)),
                Fields.optionalText(json, "policy").map(ClosePolicy::of));
    }
}
