package dev.reveille.runtimeapi;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * An answer with its body.
 *
 * @param retryAfter that header's value, or null
 * @param whole false if the body was longer than allowed, and given up
 */
record Answer(int status, String retryAfter, Buffer body, boolean whole) {
    boolean isYes() {
        return status >= 200 && status < 300;
    }

    /** The body, if it is a JSON object. */
    Optional<JsonObject> objectIfAny() {
        try {
            return whole && Json.decodeValue(body) instanceof JsonObject object
                    ? Optional.of(object)
                    : Optional.empty();
        } catch (DecodeException otherText) {
            return Optional.empty();
        }
    }
}
