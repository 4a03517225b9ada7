package dev.reveille.bus;

import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.function.Function;

/**
 * How {@code T} looks as JSON.
 *
 * @param toJson never fails
 * @param fromJson throws {@link RuntimeException} with a message for people if the JSON is not a {@code T}
 */
public record Shape<T>(Function<T, JsonObject> toJson, Function<JsonObject, T> fromJson) {
    public Shape {
        Objects.requireNonNull(toJson, "toJson");
        Objects.requireNonNull(fromJson, "fromJson");
    }

    /** JSON that is passed on as it is. */
    public static Shape<JsonObject> document() {
        return new Shape<>(Function.identity(), Function.identity());
    }
}
