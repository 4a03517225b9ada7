package dev.reveille.bus;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/** Reading members of a JSON object that somebody else wrote. Failures name the member and what was expected. */
final class Fields {
    private Fields() {}

    static String text(JsonObject json, String name) {
        return optionalText(json, name).orElseThrow(() -> wrong(name, "missing", "a string"));
    }

    static Optional<String> optionalText(JsonObject json, String name) {
        Object value = json.getValue(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            return Optional.of(text);
        }
        throw wrong(name, typeOf(value), "a string");
    }

    static long number(JsonObject json, String name, long otherwise) {
        Object value = json.getValue(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw wrong(name, typeOf(value), "a whole number");
    }

    static Optional<List<String>> optionalTexts(JsonObject json, String name) {
        Object value = json.getValue(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof JsonArray list && list.stream().allMatch(String.class::isInstance)) {
            return Optional.of(list.stream().map(String.class::cast).toList());
        }
        throw wrong(name, typeOf(value), "a list of strings");
    }

    static JsonObject object(JsonObject json, String name) {
        Object value = json.getValue(name);
        if (value instanceof JsonObject object) {
            return object;
        }
        throw wrong(name, value == null ? "missing" : typeOf(value), "an object");
    }

    private static IllegalArgumentException wrong(String name, String found, String expected) {
        return new IllegalArgumentException(name + ": " + found + " (expected: " + expected + ")");
    }

    private static String typeOf(Object value) {
        return value instanceof JsonObject ? "an object" : value instanceof String ? "a string" : "of another type";
    }
}
