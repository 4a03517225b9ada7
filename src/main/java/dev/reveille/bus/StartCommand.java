package dev.reveille.bus;

import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Objects;

/**
 * A runtime to start, as a client of the runtime API asks for it.
 *
 * @param id the session that it is for
 * @param tenant for whom
 * @param request the body of {@code /start}, a JSON object, byte for byte as it goes upstream
 * @param patience how long the answer may take. What was begun goes on after that
 */
public record StartCommand(SessionId id, String tenant, String request, Duration patience) {
    public StartCommand {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(request, "request");
        SessionCommand.checked(patience);
    }

    static JsonObject toJson(StartCommand c) {
        return new JsonObject()
                .put("v", 1)
                .put("session_id", c.id().value())
                .put("tenant", c.tenant())
                .put("request", c.request())
                .put("wait_ms", c.patience().toMillis());
    }

    static StartCommand fromJson(JsonObject json) {
        return new StartCommand(
                new SessionId(Fields.text(json, "session_id")),
                Fields.text(json, "tenant"),
                Fields.text(json, "request"),
                Duration.ofMillis(Fields.number(json, "wait_ms", 0)));
    }
}
