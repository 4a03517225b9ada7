package dev.reveille.bus;

import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * What a client wants of one session, told among the nodes as soon as it is asked for: another node may know of an earlier
 * wish that could not begin yet, and that this one takes back.
 *
 * @param id which
 * @param tenant whose session it is
 * @param aim what it is to be
 * @param node that was asked
 */
public record SessionWish(SessionId id, String tenant, Aim aim, String node) {
    public SessionWish {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(aim, "aim");
        Objects.requireNonNull(node, "node");
    }

    /** What a session is to be. */
    public enum Aim {
        AWAKE,
        ASLEEP,
        ENDED;

        /** The word for it on the wire. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        private static Aim of(String word) {
            return Arrays.stream(values())
                    .filter(aim -> aim.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("aim (expected: awake, asleep or ended)"));
        }
    }

    static JsonObject toJson(SessionWish wish) {
        return new JsonObject()
                .put("v", 1)
                .put("session_id", wish.id().value())
                .put("tenant", wish.tenant())
                .put("aim", wish.aim().word())
                .put("node", wish.node());
    }

    static SessionWish fromJson(JsonObject json) {
        return new SessionWish(
                new SessionId(Fields.text(json, "session_id")),
                Fields.text(json, "tenant"),
                Aim.of(Fields.text(json, "aim")),
                Fields.text(json, "node"));
    }
}
