package dev.reveille.sandboxhost.program;

import io.vertx.core.json.JsonObject;

/** A JSON object that is read strictly: what is absent or of the wrong kind is refused with 422. */
final class Parameters {
    private final String name;
    private final JsonObject json;

    Parameters(String name, JsonObject json) {
        this.name = name;
        this.json = json;
    }

    Parameters object(String key) {
        if (json.getValue(key) instanceof JsonObject object) {
            return new Parameters(name + "." + key, object);
        }
        throw refused(key, "an object");
    }

    String text(String key) {
        if (json.getValue(key) instanceof String text) {
            return text;
        }
        throw refused(key, "a string");
    }

    String text(String key, String absent) {
        return json.getValue(key) == null ? absent : text(key);
    }

    int integer(String key, int absent) {
        Object value = json.getValue(key);
        if (value == null) {
            return absent;
        }
        if (value instanceof Integer number) {
            return number;
        }
        throw refused(key, "an integer");
    }

    double seconds(String key, double absent) {
        Object value = json.getValue(key);
        if (value == null) {
            return absent;
        }
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw refused(key, "a number of seconds");
    }

    private Refusal refused(String key, String expected) {
        Object value = json.getValue(key);
        String found = value == null ? "nothing" : value.getClass().getSimpleName();
        return Refusal.parameter(name + "." + key, found, expected);
    }
}
