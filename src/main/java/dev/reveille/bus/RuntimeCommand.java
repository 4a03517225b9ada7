package dev.reveille.bus;

import dev.reveille.session.RuntimeId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Objects;

/**
 * Something to do with one runtime, as a client of the runtime API asks for it.
 *
 * @param id which
 * @param tenant for whom: the runtimes of others count as unknown
 * @param patience how long the answer may take. What was begun goes on after that
 */
public record RuntimeCommand(RuntimeId id, String tenant, Duration patience) {
    public RuntimeCommand {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        SessionCommand.checked(patience);
    }

    static JsonObject toJson(RuntimeCommand c) {
        return new JsonObject()
                .put("v", 1)
                .put("runtime_id", c.id().value())
                .put("tenant", c.tenant())
                .put("wait_ms", c.patience().toMillis());
    }

    static RuntimeCommand fromJson(JsonObject json) {
        return new RuntimeCommand(
                new RuntimeId(Fields.text(json, "runtime_id")),
                Fields.text(json, "tenant"),
                Duration.ofMillis(Fields.number(json, "wait_ms", 0)));
    }
}
