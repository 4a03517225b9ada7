package dev.reveille.sandboxhost;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** What is known of a sandbox that outlives its host: all but the process, its ports and the host's own address. */
record SandboxRecord(String runtimeId, String sessionApiKey, SandboxSpec spec, SandboxState state) {
    private static final int VERSION = 1;

    JsonObject json() {
        return spec.json()
                .put("v", VERSION)
                .put("runtime_id", runtimeId)
                .put("session_api_key", sessionApiKey)
                .put("status", state.status().word())
                .put("pod_status", state.pod().word())
                .put("resume_count", state.resumeCount())
                .put("restart_count", state.restartCount())
                .put("restart_reasons", new JsonArray(state.restartReasons()))
                .put("last_start_millis", state.lastStartMillis());
    }

    /**
     * @throws RuntimeException where it is not what {@link #json} has made
     */
    static SandboxRecord of(JsonObject json) {
        if (json.getInteger("v", 0) != VERSION) {
            throw new IllegalArgumentException("v: " + json.getValue("v") + " (expected: " + VERSION + ")");
        }
        return new SandboxRecord(
                text(json, "runtime_id"), text(json, "session_api_key"), SandboxSpec.of(json), state(json));
    }

    private static SandboxState state(JsonObject json) {
        List<String> reasons = json.getJsonArray("restart_reasons").stream()
                .map(String.class::cast)
                .toList();
        return new SandboxState(
                Status.of(text(json, "status")),
                PodStatus.of(text(json, "pod_status")),
                json.getInteger("resume_count"),
                json.getInteger("restart_count"),
                reasons,
                json.getLong("last_start_millis"));
    }

    private static String text(JsonObject json, String key) {
        if (json.getValue(key) instanceof String text && !text.isEmpty()) {
            return text;
        }
        throw new IllegalArgumentException(key + ": nothing (expected: a string that is not empty)");
    }
}
