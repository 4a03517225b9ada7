package dev.reveille.bus;

import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Which runtime records to tell.
 *
 * @param tenant whose
 * @param ids those of these sessions, whatever their state; empty: of all that are live
 * @param patience how long the answer may take
 */
public record RecordsQuery(String tenant, Optional<List<SessionId>> ids, Duration patience) {
    public RecordsQuery {
        Objects.requireNonNull(tenant, "tenant");
        ids = ids.map(List::copyOf);
        SessionCommand.checked(patience);
    }

    static JsonObject toJson(RecordsQuery q) {
        JsonObject json = new JsonObject()
                .put("v", 1)
                .put("tenant", q.tenant())
                .put("wait_ms", q.patience().toMillis());
        q.ids()
                .ifPresent(ids -> json.put(
                        "session_ids",
                        new JsonArray(ids.stream().map(SessionId::value).toList())));
        return json;
    }

    static RecordsQuery fromJson(JsonObject json) {
        return new RecordsQuery(
                Fields.text(json, "tenant"),
                Fields.optionalTexts(json, "session_ids")
                        .map(ids -> ids.stream().map(SessionId::new).toList()),
                Duration.ofMillis(Fields.number(json, "wait_ms", 0)));
    }
}
