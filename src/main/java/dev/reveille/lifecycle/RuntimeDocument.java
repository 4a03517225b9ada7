package dev.reveille.lifecycle;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Service;
import dev.reveille.session.Session;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A session as clients of the runtime API know it: upstream's record with the URLs of this gateway, and with the state that is
 * true here. What upstream tells besides goes through untouched, {@code null} and missing members included.
 */
final class RuntimeDocument {
    private static final String URL = "url";
    private static final String RUNTIME_ID = "runtime_id";
    private static final String SESSION_KEY = "session_api_key";
    private static final String WORK_HOSTS = "work_hosts";
    private static final String POD_STATUS = "pod_status";
    private static final String READY = "ready";
    private static final String PENDING = "pending";
    private static final String NOT_FOUND = "not found";

    /** Upstream's words for a pod that will never be ready. */
    private static final Set<String> FATAL = Set.of("failed", "unknown", "crashloopbackoff");

    private RuntimeDocument() {}

    /**
     * The record of a session, with the sandbox's key: for the owner alone.
     *
     * @param told what upstream last told of it; what it says of another runtime does not count
     * @param reached whether its sandbox, if it runs, has answered through this gateway
     */
    static JsonObject record(Session session, Optional<JsonObject> told, boolean reached, PublicUrls urls) {
        JsonObject record = told.filter(t -> isAbout(session, t))
                .map(JsonObject::copy)
                .orElseGet(JsonObject::new)
                .put("session_id", session.id().value());
        session.runtime().ifPresent(runtime -> place(record, runtime, urls));
        return record.put("status", status(session.state(), reached))
                .put(POD_STATUS, podStatus(session.state(), reached, record));
    }

    /**
     * The record of a session that is upstream's alone, such as one that has stopped.
     *
     * @param told by upstream
     */
    static JsonObject record(JsonObject told, PublicUrls urls) {
        JsonObject record = told.copy();
        Object id = told.getValue(RUNTIME_ID);
        boolean named = id instanceof String text && RuntimeId.isOne(text);
        if (named && told.containsKey(URL)) {
            record.put(URL, urls.of(new RuntimeId((String) id), Service.RUNTIME));
        } else {
            record.remove(URL);
        }
        if (told.containsKey(WORK_HOSTS)) {
            record.put(WORK_HOSTS, new JsonObject());
        }
        if (!(record.getValue("status") instanceof String)) {
            record.put("status", "stopped");
        }
        return withPodStatus(record);
    }

    /**
     * How the pod of a session's runtime is doing. Some runtime APIs tell the whole record here, so what leads to the sandbox
     * leads through this gateway here too.
     *
     * @param told what upstream last told of it
     * @param reached as above
     */
    static JsonObject pod(
            Session session, RuntimeId runtime, Optional<JsonObject> told, boolean reached, PublicUrls urls) {
        JsonObject pod =
                told.map(t -> pod(t, runtime, urls)).orElseGet(() -> new JsonObject().put(RUNTIME_ID, runtime.value()));
        if (pod.containsKey(WORK_HOSTS)) {
            session.runtime()
                    .filter(r -> r.id().equals(runtime))
                    .ifPresent(r -> pod.put(WORK_HOSTS, workHosts(r, urls)));
        }
        if (pod.containsKey("status")) {
            pod.put("status", status(session.state(), reached));
        }
        if (!(pod.getValue("restart_count") instanceof Number)) {
            pod.put("restart_count", 0);
        }
        return pod.put(POD_STATUS, podStatus(session.state(), reached, pod));
    }

    /**
     * How the pod of a runtime is doing that is upstream's alone.
     *
     * @param told by upstream
     */
    static JsonObject pod(JsonObject told, RuntimeId runtime, PublicUrls urls) {
        JsonObject pod = told.copy().put(RUNTIME_ID, runtime.value());
        if (pod.containsKey(URL)) {
            pod.put(URL, urls.of(runtime, Service.RUNTIME));
        }
        if (pod.containsKey(WORK_HOSTS)) {
            pod.put(WORK_HOSTS, new JsonObject());
        }
        return pod.getValue(POD_STATUS) instanceof String ? pod : pod.put(POD_STATUS, NOT_FOUND);
    }

    /** Clients read it as a text; and nothing that leads nowhere is ready. */
    private static JsonObject withPodStatus(JsonObject record) {
        boolean usable = record.getValue(POD_STATUS) instanceof String word && !word.equals(READY);
        return usable || !record.containsKey(POD_STATUS) ? record : record.put(POD_STATUS, NOT_FOUND);
    }

    private static boolean isAbout(Session session, JsonObject told) {
        return session.runtime()
                .map(r -> r.id().value().equals(told.getValue(RUNTIME_ID)))
                .orElse(!told.containsKey(RUNTIME_ID));
    }

    private static void place(JsonObject record, SandboxRuntime runtime, PublicUrls urls) {
        record.put(RUNTIME_ID, runtime.id().value()).put(URL, urls.of(runtime.id(), Service.RUNTIME));
        runtime.sessionKey().ifPresent(key -> record.put(SESSION_KEY, key));
        if (!runtime.workHosts().isEmpty() || record.containsKey(WORK_HOSTS)) {
            record.put(WORK_HOSTS, workHosts(runtime, urls));
        }
    }

    private static JsonObject workHosts(SandboxRuntime runtime, PublicUrls urls) {
        JsonObject hosts = new JsonObject();
        for (Map.Entry<Service, Integer> host : runtime.workPorts().entrySet()) {
            hosts.put(urls.of(runtime.id(), host.getKey()), host.getValue());
        }
        return hosts;
    }

    private static String status(SandboxState state, boolean reached) {
        return switch (state.word()) {
            case "running" -> reached ? "running" : "starting";
            // A sandbox that falls asleep can be resumed, and not be used any more.
            case "paused", "pausing" -> "paused";
            case "stopping", "stopped" -> "stopped";
            case "failed" -> "error";
            default -> "starting";
        };
    }

    /** Ready is what answers through this gateway, and nothing else. */
    private static String podStatus(SandboxState state, boolean reached, JsonObject record) {
        String told = record.getValue(POD_STATUS) instanceof String word ? word : "";
        String known = told.toLowerCase(Locale.ROOT);
        boolean usable = !told.isBlank() && !known.equals(READY);
        return switch (status(state, reached)) {
            case "running" -> READY;
            // Of what is coming up, it was told before.
            case "starting" -> usable && (state.settled() || !FATAL.contains(known)) ? told : PENDING;
            case "error" -> FATAL.contains(known) ? told : brokenPod(state);
            default -> usable && !known.equals("running") && !known.equals(PENDING) ? told : NOT_FOUND;
        };
    }

    private static String brokenPod(SandboxState state) {
        boolean restarting = state instanceof SandboxState.Failed failed
                && failed.failure() instanceof GatewayFailure.RuntimeCrashed crash
                && crash.detail().contains("restarted");
        return restarting ? "crashloopbackoff" : "failed";
    }
}
