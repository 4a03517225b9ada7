package dev.reveille.conformance;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** OpenHands' {@code RemoteSandboxService}: what the app server does, for one user, with quicker polls. */
final class V1Client {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration ALIVE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Map<String, State> STATES = Map.of(
            "running", State.RUNNING,
            "paused", State.PAUSED,
            "stopped", State.MISSING,
            "starting", State.STARTING,
            "error", State.ERROR);

    private final Courier courier = new Courier();
    private final URI base;
    private final String apiKey;
    /** The last key of each sandbox; the original keeps its hash. */
    private final Map<String, Optional<String>> keys = new HashMap<>();

    /** {@code SandboxStatus}. */
    enum State {
        STARTING,
        RUNNING,
        PAUSED,
        ERROR,
        MISSING
    }

    /** Why the app server says no. */
    static final class SandboxError extends RuntimeException {
        private final int status;

        SandboxError(int status, String detail) {
            super(status + " " + detail);
            this.status = status;
        }

        /** What the app server answers. */
        int status() {
            return status;
        }
    }

    V1Client(URI base, String apiKey) {
        this.base = base;
        this.apiKey = apiKey;
    }

    /** The body that {@code build_sandbox_start_request} makes, as httpx writes it. */
    static String usualStart(String sandboxId) {
        return "{\"image\":\"ghcr.io/openhands/agent-server:1.22\",\"command\":[\"/usr/local/bin/openhands-agent-server\","
                + "\"--port\",\"60000\"],\"working_dir\":\"/workspace/project\",\"environment\":{\"OH_CONVERSATIONS_PATH\":"
                + "\"/workspace/conversations\",\"OH_WEBHOOKS_0_BASE_URL\":\"https://app.example/api/v1/webhooks\","
                + "\"OH_ALLOW_CORS_ORIGINS_0\":\"https://app.example\",\"WORKER_1\":\"12000\",\"WORKER_2\":\"12001\"},"
                + "\"session_id\":\"" + sandboxId + "\",\"resource_factor\":1,\"run_as_user\":10001,"
                + "\"run_as_group\":10001,\"fs_group\":10001}";
    }

    /** @throws SandboxError for any answer but success, and for none */
    JsonObject start(String sandboxId) {
        JsonObject record = success(control(Ask.post(base + "/start").json(usualStart(sandboxId))), 500);
        remember(sandboxId, record);
        return record;
    }

    /** The runtime record, if there is one. Errors count as none. */
    Optional<JsonObject> record(String sandboxId) {
        try {
            Call call = control(Ask.get(base + "/sessions/" + sandboxId));
            return call.succeeded() ? Optional.of(call.json()) : Optional.empty();
        } catch (NoAnswer | DecodeException logged) {
            return Optional.empty();
        }
    }

    State state(String sandboxId) {
        return record(sandboxId).map(this::state).orElse(State.MISSING);
    }

    /** Reads what {@code _to_sandbox_info} reads; a record without a key, even null, breaks it. */
    State state(JsonObject record) {
        if (!record.containsKey("session_api_key")) {
            throw new SandboxError(500, "KeyError: session_api_key");
        }
        return STATES.getOrDefault(record.getString("status", "").toLowerCase(Locale.ROOT), State.MISSING);
    }

    /**
     * {@code wait_for_sandbox_running}: the status, and then {@code /alive}.
     *
     * @return the record of a sandbox that answers
     */
    JsonObject waitUntilRunning(String sandboxId, Duration budget) {
        long end = System.nanoTime() + budget.toNanos();
        while (System.nanoTime() - end < 0) {
            Optional<JsonObject> record = record(sandboxId);
            State state = record.map(this::state).orElse(State.MISSING);
            if (state == State.ERROR) {
                throw new SandboxError(500, "Sandbox entered error state: " + record.get());
            }
            if (state == State.RUNNING && alive(record.get())) {
                return record.get();
            }
            Pause.of(POLL);
        }
        throw new SandboxError(500, "Sandbox failed to start within " + budget);
    }

    /** @return false: there is nothing to resume */
    boolean resume(String sandboxId) {
        Optional<JsonObject> found = record(sandboxId);
        State state = found.map(this::state).orElse(State.MISSING);
        if (state == State.MISSING) {
            return false;
        }
        if (state == State.STARTING || state == State.RUNNING) {
            return true;
        }
        Call call = control(Ask.post(base + "/resume").json(body(found.get())));
        return switch (call.status()) {
            case 404 -> false;
            case 409 -> afterConflict(sandboxId, call);
            default -> {
                remember(sandboxId, success(call, 502));
                yield true;
            }
        };
    }

    /** @return false: nothing was paused */
    boolean pause(String sandboxId) {
        keys.put(sandboxId, Optional.empty());
        return record(sandboxId)
                .map(record ->
                        control(Ask.post(base + "/pause").json(body(record))).succeeded())
                .orElse(false);
    }

    /** @throws SandboxError 503 if it has to be tried again */
    boolean delete(String sandboxId) {
        keys.put(sandboxId, Optional.empty());
        Call found = control(Ask.get(base + "/sessions/" + sandboxId));
        if (found.status() == 404) {
            return true;
        }
        Call stopped = control(Ask.post(base + "/stop").json(body(success(found, 503))));
        if (stopped.status() != 404) {
            success(stopped, 503);
        }
        return true;
    }

    /** By sandbox; unknown ones are simply missing. Servers without this call are asked one by one. */
    Map<String, JsonObject> batch(List<String> sandboxIds) {
        String query =
                String.join("&", sandboxIds.stream().map(id -> "ids=" + id).toList());
        Call call = control(Ask.get(base + "/sessions/batch?" + query));
        if (!call.succeeded()) {
            throw new SandboxError(500, call.toString());
        }
        Map<String, JsonObject> found = new HashMap<>();
        for (Object item : new JsonArray(call.answer())) {
            if (item instanceof JsonObject record) {
                found.put(record.getString("session_id"), record);
            }
        }
        return found;
    }

    /** The whole answer of {@code /list}; the limit counts every item of it as running. */
    JsonObject list() {
        return success(control(Ask.get(base + "/list")), 500);
    }

    /** {@code _build_service_url}: by path if the URL's path begins with the runtime's id, else by name. */
    Map<String, String> exposedUrls(JsonObject record) {
        if (state(record) != State.RUNNING) {
            return Map.of();
        }
        URI url = URI.create(record.getString("url"));
        String key = URLEncoder.encode(record.getString("session_api_key", ""), StandardCharsets.UTF_8);
        return Map.of(
                "AGENT_SERVER", url.toString(),
                "VSCODE", service(url, record, "vscode") + "?tkn=" + key + "&folder=%2Fworkspace%2Fproject",
                "WORKER_1", service(url, record, "work-1"),
                "WORKER_2", service(url, record, "work-2"));
    }

    /** A call of the sandbox, with the last key that is known for it. */
    Call ask(JsonObject record, String sandboxId, String method, String path, String json) {
        Ask ask = Ask.get(record.getString("url") + path).method(method).within(TIMEOUT);
        Ask keyed =
                key(sandboxId).map(key -> ask.with("X-Session-API-Key", key)).orElse(ask);
        return courier.send(json.isEmpty() ? keyed : keyed.json(json));
    }

    Optional<String> key(String sandboxId) {
        return keys.getOrDefault(sandboxId, Optional.empty());
    }

    List<String> transcript() {
        return courier.transcript();
    }

    List<Call> calls() {
        return courier.calls();
    }

    private boolean afterConflict(String sandboxId, Call refused) {
        return switch (state(sandboxId)) {
            case STARTING, RUNNING -> true;
            case MISSING -> false;
            default -> throw new SandboxError(409, "runtime_not_resumable: " + refused.answer());
        };
    }

    private boolean alive(JsonObject record) {
        try {
            return courier.send(Ask.get(record.getString("url") + "/alive").within(ALIVE))
                    .succeeded();
        } catch (NoAnswer none) {
            return false;
        }
    }

    private void remember(String sandboxId, JsonObject record) {
        Optional.ofNullable(record.getString("session_api_key"))
                .ifPresent(key -> keys.put(sandboxId, Optional.of(key)));
    }

    /** GET is repeated once on a timeout, nothing else. */
    private Call control(Ask ask) {
        Ask keyed = ask.with("X-API-Key", apiKey).within(TIMEOUT);
        try {
            return courier.send(keyed);
        } catch (NoAnswer none) {
            if (none.kind() != NoAnswer.Kind.TIMEOUT || !ask.method().equals("GET")) {
                throw none;
            }
            return courier.send(keyed);
        }
    }

    private static JsonObject success(Call call, int otherwise) {
        if (call.succeeded()) {
            return call.json();
        }
        throw new SandboxError(otherwise, call + " " + call.answer());
    }

    private static String service(URI url, JsonObject record, String name) {
        String runtimeId = record.getString("runtime_id");
        return url.getRawPath().startsWith("/" + runtimeId)
                ? url.getScheme() + "://" + url.getRawAuthority() + "/" + runtimeId + "/" + name
                : url.getScheme() + "://" + name + "-" + url.getRawAuthority() + url.getRawPath();
    }

    private static String body(JsonObject record) {
        return "{\"runtime_id\":\"" + record.getString("runtime_id") + "\"}";
    }
}
