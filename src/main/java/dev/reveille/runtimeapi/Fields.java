package dev.reveille.runtimeapi;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/** Takes fields out of upstream's JSON. What is not as agreed is {@code GARBLED}, by the field's name, never its value. */
final class Fields {
    private Fields() {}

    /** Empty if absent, null or something else. */
    static Optional<String> text(JsonObject json, String field) {
        return json.getValue(field) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    static String requiredText(JsonObject json, String field) {
        return text(json, field)
                .filter(text -> !text.isBlank())
                .orElseThrow(() -> RuntimeApiException.garbled(field, "a text"));
    }

    static boolean requiredBoolean(JsonObject json, String field) {
        if (json.getValue(field) instanceof Boolean value) {
            return value;
        }
        throw RuntimeApiException.garbled(field, "true or false");
    }

    static JsonArray requiredArray(JsonObject json, String field) {
        if (json.getValue(field) instanceof JsonArray array) {
            return array;
        }
        throw RuntimeApiException.garbled(field, "an array");
    }

    /** 0 if absent, null or something else. */
    static int count(JsonObject json, String field) {
        return json.getValue(field) instanceof Number number ? Math.max(0, number.intValue()) : 0;
    }
}
