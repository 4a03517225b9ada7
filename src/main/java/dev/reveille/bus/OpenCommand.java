package dev.reveille.bus;

import io.vertx.core.json.JsonObject;
import java.util.Objects;

/**
 * A session to open.
 *
 * @param command whose, why and how long to wait
 * @param request the body of {@code PUT /api/v1/sessions/{id}}, not yet looked at
 */
public record OpenCommand(SessionCommand command, JsonObject request) {
    public OpenCommand {
        Objects.requireNonNull(command, "command");
        Objects.requireNonNull(request, "request");
    }

    static JsonObject toJson(OpenCommand c) {
        return SessionCommand.toJson(c.command()).put("request", c.request());
    }

    static OpenCommand fromJson(JsonObject json) {
        return new OpenCommand(SessionCommand.fromJson(json), Fields.object(json, "request"));
    }
}
