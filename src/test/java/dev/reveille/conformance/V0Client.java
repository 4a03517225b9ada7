package dev.reveille.conformance;

import dev.reveille.conformance.V0Failure.Kind;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** OpenHands' {@code RemoteRuntime}, seed generation, with one thread and quicker polls. */
final class V0Client {
    private static final Duration CONTROL = Duration.ofSeconds(10);
    private static final Duration ALIVE = Duration.ofSeconds(5);
    private static final Duration ACTION = Duration.ofSeconds(125);
    private static final int TRIES_OF_DROPPED = 5;
    /** Where Python says RecursionError, only much later. */
    private static final int DEEPEST = 5;

    private final Courier courier = new Courier();
    private final URI base;
    private final String sessionId;
    private final Map<String, String> environment = new TreeMap<>();
    private final List<String> messages = new ArrayList<>();

    private String apiKey = "client-key";
    private String startBody;
    private boolean attaches;
    private boolean keepsAlive;
    private boolean pausesWhenClosed = true;
    private Duration budget = Duration.ofSeconds(15);
    private Duration poll = Duration.ofMillis(20);
    private Duration retryPause = Duration.ofMillis(20);

    private Optional<String> runtimeId = Optional.empty();
    private Optional<String> sessionKey = Optional.empty();
    private String url;
    private JsonObject workHosts = new JsonObject();
    private boolean closed;
    private int resumesUnderWay;

    V0Client(URI base, String sessionId) {
        this.base = base;
        this.sessionId = sessionId;
        this.startBody = usualStart(sessionId);
    }

    /** The body that {@code RemoteRuntime} posts to {@code /start}, as httpx writes it. */
    static String usualStart(String sessionId) {
        return "{\"image\":\"ghcr.io/all-hands-ai/runtime:0.37-nikolaik\",\"command\":[\"/openhands/micromamba/bin/micromamba\","
                + "\"run\",\"-n\",\"openhands\",\"poetry\",\"run\",\"python\",\"-u\",\"-m\","
                + "\"openhands.runtime.action_execution_server\",\"60000\",\"--working-dir\",\"/workspace\"],"
                + "\"working_dir\":\"/openhands/code/\",\"environment\":{\"DEBUG\":\"true\"},\"session_id\":\""
                + sessionId + "\",\"resource_factor\":1}";
    }

    // Its configuration.

    /** {@code attach_to_existing}. */
    V0Client attaching() {
        attaches = true;
        return this;
    }

    /** {@code keep_runtime_alive}. */
    V0Client keepingAlive() {
        keepsAlive = true;
        return this;
    }

    /** {@code pause_closed_runtimes = False}. */
    V0Client leavingRunning() {
        pausesWhenClosed = false;
        return this;
    }

    /** {@code SANDBOX_API_KEY}. */
    V0Client withKey(String key) {
        apiKey = key;
        return this;
    }

    /** A variable that is set in the sandbox once it is alive. */
    V0Client withVariable(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** What is posted to {@code /start}. */
    V0Client starting(String body) {
        startBody = body;
        return this;
    }

    /** {@code remote_runtime_init_timeout}. */
    V0Client waitingAtMost(Duration time) {
        budget = time;
        return this;
    }

    /** 2 s in the original. */
    V0Client pollingEvery(Duration time) {
        poll = time;
        return this;
    }

    // What it does.

    /** @throws V0Failure after closing */
    V0Client connect() {
        try {
            findOrStart();
            waitUntilAlive();
            if (!attaches) {
                setUpEnvironment();
            }
            messages.add(" ");
            return this;
        } catch (RuntimeException failed) {
            close();
            throw failed;
        }
    }

    /** A command, as an agent runs it. */
    JsonObject run(String command) {
        try {
            return parsed(sandbox(action(command)));
        } catch (NoAnswer none) {
            boolean late = none.kind() == NoAnswer.Kind.TIMEOUT;
            throw new V0Failure(late ? Kind.TIMEOUT : Kind.RETRIES_ENDED, none.getMessage());
        }
    }

    /** Any other call of the sandbox. */
    Call ask(String method, String path, String json) {
        Ask ask = Ask.get(url + path).method(method).with(sandboxHeaders());
        return sandbox(json.isEmpty() ? ask : ask.json(json));
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (attaches) {
            return;
        }
        if (keepsAlive) {
            if (pausesWhenClosed) {
                control(Ask.post(base + "/pause").json(runtimeBody()));
            }
            return;
        }
        control(Ask.post(base + "/stop").json(runtimeBody()));
    }

    // What it knows.

    String runtimeId() {
        return runtimeId.orElseThrow();
    }

    String url() {
        return url;
    }

    Optional<String> sessionKey() {
        return sessionKey;
    }

    JsonObject workHosts() {
        return workHosts;
    }

    /** The status messages that its user saw. */
    List<String> messages() {
        return List.copyOf(messages);
    }

    /** The later form of V0: by path if the path of the URL begins with the runtime's id, else by name. */
    String vscodeUrl() {
        URI at = URI.create(url);
        String rest = "?tkn=" + sessionKey.orElse("") + "&folder=/workspace";
        return at.getRawPath().startsWith("/" + runtimeId())
                ? at.getScheme() + "://" + at.getRawAuthority() + "/" + runtimeId() + "/vscode" + rest
                : at.getScheme() + "://vscode-" + at.getRawAuthority() + "/" + rest;
    }

    List<String> transcript() {
        return courier.transcript();
    }

    List<Call> calls() {
        return courier.calls();
    }

    private void findOrStart() {
        Call found;
        try {
            found = control(Ask.get(base + "/sessions/" + sessionId));
        } catch (NoAnswer none) {
            throw new V0Failure(Kind.BROKE, "AttributeError: '" + none.kind() + "' object has no attribute 'response'");
        } catch (V0Failure failure) {
            if (failure.kind() != Kind.HTTP || failure.status() != 404) {
                throw failure;
            }
            startOrRefuse("no runtime");
            return;
        }
        JsonObject record = parsed(found);
        String status = record.getString("status", "");
        switch (status) {
            case "running" -> take(record);
            case "paused" -> {
                take(record);
                resume();
            }
            default -> startOrRefuse("status " + status);
        }
        messages.add("STATUS$WAITING_FOR_CLIENT");
    }

    private void startOrRefuse(String why) {
        if (attaches) {
            throw new V0Failure(Kind.NOT_FOUND, "Could not find existing runtime for SID " + sessionId + ": " + why);
        }
        messages.add("STATUS$STARTING_CONTAINER");
        try {
            take(parsed(control(Ask.post(base + "/start").json(startBody))));
        } catch (NoAnswer none) {
            throw new V0Failure(Kind.UNAVAILABLE, none.getMessage());
        } catch (V0Failure failure) {
            throw failure.kind() == Kind.HTTP ? new V0Failure(Kind.UNAVAILABLE, failure.getMessage()) : failure;
        }
        messages.add("STATUS$WAITING_FOR_CLIENT");
    }

    private void take(JsonObject record) {
        runtimeId = Optional.of(mandatory(record, "runtime_id"));
        url = mandatory(record, "url");
        workHosts = record.getJsonObject("work_hosts", new JsonObject());
        if (record.containsKey("session_api_key")) {
            sessionKey = Optional.of(mandatory(record, "session_api_key"));
        }
    }

    private void resume() {
        messages.add("STATUS$STARTING_RUNTIME");
        control(Ask.post(base + "/resume").json(runtimeBody()));
        waitUntilAlive();
        if (!attaches) {
            setUpEnvironment();
        }
    }

    private void waitUntilAlive() {
        long end = System.nanoTime() + budget.toNanos();
        while (true) {
            try {
                lookWhetherAlive();
                return;
            } catch (V0Failure failure) {
                if (failure.kind() != Kind.NOT_READY || System.nanoTime() - end > 0) {
                    throw failure;
                }
            }
            Pause.of(poll);
        }
    }

    private void lookWhetherAlive() {
        JsonObject pod = parsed(control(Ask.get(base + "/runtime/" + runtimeId())));
        if (!runtimeId().equals(pod.getValue("runtime_id"))) {
            throw new V0Failure(Kind.BROKE, "AssertionError: runtime_id " + pod.getValue("runtime_id"));
        }
        String status = mandatory(pod, "pod_status").toLowerCase(Locale.ROOT);
        switch (status) {
            case "ready" -> alive();
            case "failed", "unknown" ->
                throw new V0Failure(Kind.UNAVAILABLE, "Runtime is unavailable (status: " + status + ")");
            case "crashloopbackoff" ->
                throw new V0Failure(
                        Kind.UNAVAILABLE, "Runtime crashed and is being restarted, potentially due to memory usage");
            default -> throw new V0Failure(Kind.NOT_READY, status);
        }
    }

    private void alive() {
        try {
            sandbox(Ask.get(url + "/alive").with(sandboxHeaders()).within(ALIVE));
        } catch (NoAnswer none) {
            if (none.kind() == NoAnswer.Kind.TIMEOUT) {
                throw new V0Failure(Kind.NOT_READY, none.getMessage());
            }
            throw new V0Failure(Kind.RETRIES_ENDED, none.getMessage());
        } catch (V0Failure failure) {
            throw failure.kind() == Kind.HTTP ? new V0Failure(Kind.NOT_READY, failure.getMessage()) : failure;
        }
    }

    /** {@code setup_initial_env}: exported now, and for shells to come. */
    private void setUpEnvironment() {
        environment.forEach((name, value) -> {
            String export = "export " + name.toUpperCase(Locale.ROOT) + "=\"" + value + "\"";
            run(export);
            run("grep -q '^" + export + "' ~/.bashrc || echo '" + export + "' >> ~/.bashrc");
        });
    }

    private Call sandbox(Ask ask) {
        try {
            return withoutDrops(ask);
        } catch (V0Failure failure) {
            switch (failure.status()) {
                case 404, 502, 504 -> throw new V0Failure(Kind.DISCONNECTED, failure.status(), failure.getMessage());
                case 503 -> {
                    if (!keepsAlive) {
                        throw new V0Failure(Kind.DISCONNECTED, 503, failure.getMessage());
                    }
                    return resumedAndAgain(ask);
                }
                default -> throw failure;
            }
        }
    }

    private Call resumedAndAgain(Ask ask) {
        if (resumesUnderWay >= DEEPEST) {
            throw new V0Failure(Kind.BROKE, 503, "RecursionError: resumed while waiting for a resume");
        }
        resumesUnderWay++;
        try {
            resume();
        } finally {
            resumesUnderWay--;
        }
        return requests().send(ask);
    }

    /** A dropped connection is tried again, an action too. */
    private Call withoutDrops(Ask ask) {
        for (int attempt = 1; attempt < TRIES_OF_DROPPED; attempt++) {
            try {
                return requests().send(ask);
            } catch (NoAnswer none) {
                if (none.kind() != NoAnswer.Kind.DROPPED) {
                    throw none;
                }
                Pause.of(retryPause);
            }
        }
        return requests().send(ask);
    }

    private Call control(Ask ask) {
        return requests().send(ask.with("X-API-Key", apiKey).within(CONTROL));
    }

    private V0Requests requests() {
        return new V0Requests(courier, retryPause);
    }

    private Ask action(String command) {
        JsonObject run = new JsonObject()
                .put("action", "run")
                .put(
                        "args",
                        new JsonObject()
                                .put("command", command)
                                .put("is_input", false)
                                .put("thought", "")
                                .put("blocking", false)
                                .put("hidden", false)
                                .put("confirmation_state", "confirmed"))
                .put("timeout", 120);
        return Ask.post(url + "/execute_action")
                .with(sandboxHeaders())
                .json(new JsonObject().put("action", run).encode())
                .within(ACTION);
    }

    /** One set of headers for everything: the key of the runtime API goes to the sandbox too. */
    private Map<String, String> sandboxHeaders() {
        return sessionKey
                .map(key -> Map.of("X-API-Key", apiKey, "X-Session-API-Key", key))
                .orElse(Map.of("X-API-Key", apiKey));
    }

    private String runtimeBody() {
        return runtimeId.map(id -> "{\"runtime_id\":\"" + id + "\"}").orElse("{\"runtime_id\":null}");
    }

    private static String mandatory(JsonObject record, String field) {
        if (record.getValue(field) instanceof String value) {
            return value;
        }
        throw new V0Failure(Kind.BROKE, field + ": " + record.getValue(field) + " in " + record);
    }

    private static JsonObject parsed(Call call) {
        try {
            return call.json();
        } catch (DecodeException | ClassCastException noJson) {
            throw new V0Failure(Kind.BROKE, call.status(), "JSONDecodeError: " + call.answer());
        }
    }
}
