package dev.reveille.runtimeapi;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * An answer with its body.
 *
 * @param contentType that header's value, or null
 * @param retryAfter that header's value, or null
 * @param whole false if the body was longer than allowed, and given up
 */
record Answer(int status, String contentType, String retryAfter, Buffer body, boolean whole) {
    boolean isYes() {
        return status >= 200 && status < 300;
    }

    /** The body, if it is a JSON object. */
    Optional<JsonObject> objectIfAny() {
        return json().filter(JsonObject.class::isInstance).map(JsonObject.class::cast);
    }

    /** The body, if it is a JSON array. */
    Optional<JsonArray> arrayIfAny() {
        return json().filter(JsonArray.class::isInstance).map(JsonArray.class::cast);
    }

    private Optional<Object> json() {
        try {
            return whole ? Optional.ofNullable(Json.decodeValue(body)) : Optional.empty();
        } catch (DecodeException otherText) {
            return Optional.empty();
        }
    }
}
