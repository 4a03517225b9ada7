package dev.reveille.bus;

import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.Optional;

/**
 * Which sessions to list.
 *
 * @param tenant whose; empty: everybody's
 * @param state only those in the state of that word
 * @param after only those whose id follows this one
 * @param limit at most so many, 1 to 1000
 */
public record SessionListing(Optional<String> tenant, Optional<String> state, Optional<String> after, int limit) {
    /** The most that one answer may hold. */
    public static final int MOST = 1000;

    public SessionListing {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(after, "after");
        if (limit < 1 || limit > MOST) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: 1 to " + MOST + ")");
        }
    }

    static JsonObject toJson(SessionListing l) {
        JsonObject json = new JsonObject().put("v", 1).put("limit", l.limit());
        l.tenant().ifPresent(t -> json.put("tenant", t));
        l.state().ifPresent(s -> json.put("state", s));
        l.after().ifPresent(a -> json.put("after", a));
        return json;
    }

    static SessionListing fromJson(JsonObject json) {
        return new SessionListing(
                Fields.optionalText(json, "tenant"),
                Fields.optionalText(json, "state"),
                Fields.optionalText(json, "after"),
                (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, Fields.number(json, "limit", 100))));
    }
}
