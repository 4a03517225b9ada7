package dev.reveille.sandboxhost;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What {@code POST /start} asks for.
 *
 * @param image kept for whoever reads the record; what runs does not depend on it, nor on {@code workingDir}
 */
record SandboxSpec(String sessionId, String image, String workingDir, Map<String, String> environment) {
    private static final Set<Object> RESOURCE_FACTORS = Set.of(1, 2, 4, 8);

    /**
     * @throws Refusal (422) which says what was expected
     */
    static SandboxSpec of(JsonObject body) {
        if (!(body.getValue("session_id") instanceof String session) || session.isBlank()) {
            throw refused("session_id", body.getValue("session_id"), "a string that is not empty");
        }
        if (!(or(body.getValue("image"), "") instanceof String image)) {
            throw refused("image", body.getValue("image"), "a string");
        }
        Object factor = or(body.getValue("resource_factor"), 1);
        if (!RESOURCE_FACTORS.contains(factor)) {
            throw refused("resource_factor", factor, "one of 1, 2, 4, 8");
        }
        String workingDir = body.getValue("working_dir") instanceof String folder ? folder : "";
        return new SandboxSpec(
                session, image, workingDir, environment(or(body.getValue("environment"), new JsonObject())));
    }

    /** In the words of {@code /start}, from which {@link #of} makes the same again. */
    JsonObject json() {
        return new JsonObject()
                .put("session_id", sessionId)
                .put("image", image)
                .put("working_dir", workingDir)
                .put("environment", new JsonObject(new HashMap<>(environment)));
    }

    private static Object or(Object value, Object absent) {
        return value == null ? absent : value;
    }

    private static Map<String, String> environment(Object value) {
        if (!(value instanceof JsonObject object)) {
            throw refused("environment", value, "an object of strings");
        }
        Map<String, String> environment = new HashMap<>();
        object.forEach(entry -> environment.put(name(entry.getKey()), text(entry.getKey(), entry.getValue())));
        return environment;
    }

    private static String name(String name) {
        if (name.isEmpty() || name.contains("=") || name.contains("\0")) {
            throw new Refusal(
                    422, "environment: a name is empty, or has '=' or NUL in it (expected: names of variables)");
        }
        return name;
    }

    private static String text(String name, Object value) {
        boolean plain = value instanceof String || value instanceof Number || value instanceof Boolean;
        if (!plain || value.toString().contains("\0")) {
            throw refused("environment." + name, value, "a string without NUL");
        }
        return value.toString();
    }

    /** Says the kind of what was found, never a value, which may be a secret. */
    private static Refusal refused(String key, Object found, String expected) {
        String kind = found == null ? "null" : found.getClass().getSimpleName();
        return new Refusal(422, key + ": " + kind + " (expected: " + expected + ")");
    }
}
