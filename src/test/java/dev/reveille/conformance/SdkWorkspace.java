package dev.reveille.conformance;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The SDK's {@code APIRemoteWorkspace}, with quicker polls, and the websocket of its conversations. */
final class SdkWorkspace {
    private static final Duration READ = Duration.ofMinutes(1);
    private static final Duration START = Duration.ofMinutes(5);
    private static final Duration END = Duration.ofSeconds(30);
    private static final Duration HEALTH = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(20);

    private final Courier courier = new Courier();
    private final URI base;
    private final String apiKey;
    private final String sessionId;

    private Duration budget = Duration.ofSeconds(15);
    private boolean keepsAlive;
    private boolean pausesOnClose;
    private String runtimeId;
    private String url;
    private Optional<String> sessionKey = Optional.empty();

    /** Why the constructor of the original raises. */
    static final class Refused extends RuntimeException {
        Refused(String why) {
            super(why);
        }
    }

    SdkWorkspace(URI base, String apiKey, String sessionId) {
        this.base = base;
        this.apiKey = apiKey;
        this.sessionId = sessionId;
    }

    /** {@code keep_alive}. */
    SdkWorkspace keepingAlive() {
        keepsAlive = true;
        return this;
    }

    /** {@code pause_on_close}. */
    SdkWorkspace pausingOnClose() {
        pausesOnClose = true;
        return this;
    }

    /** {@code startup_wait_timeout}. */
    SdkWorkspace waitingAtMost(Duration time) {
        budget = time;
        return this;
    }

    /** The body that is posted to {@code /start}, as httpx writes it: the command is one string. */
    static String usualStart(String sessionId) {
        return "{\"image\":\"ghcr.io/openhands/agent-server:latest-python\",\"command\":"
                + "\"/usr/local/bin/openhands-agent-server --port 60000\",\"working_dir\":\"/\",\"environment\":{},"
                + "\"session_id\":\"" + sessionId + "\",\"run_as_user\":10001,\"fs_group\":10001,"
                + "\"image_pull_policy\":\"IfNotPresent\",\"runtime_class\":\"sysbox-runc\"}";
    }

    /** What the constructor does. @throws RuntimeException after cleaning up */
    SdkWorkspace open() {
        try {
            attachOrStart();
            waitUntilReady();
            refuseUrlWithPath();
            return this;
        } catch (RuntimeException failed) {
            cleanUp();
            throw failed;
        }
    }

    void pause() {
        success(control(Ask.post(base + "/pause").json(body()), END));
    }

    /** Does not read the answer: a key that changes here is not noticed. */
    void resume() {
        success(control(Ask.post(base + "/resume").json(body()), START));
        waitUntilReady();
    }

    /** Errors are logged and go no further. */
    void cleanUp() {
        if (runtimeId == null || keepsAlive) {
            return;
        }
        try {
            control(Ask.post(base + (pausesOnClose ? "/pause" : "/stop")).json(body()), END);
        } catch (NoAnswer logged) {
            // As the original: nobody hears of it.
        }
        runtimeId = null;
    }

    /** A call of the sandbox. */
    Call ask(String method, String path, String json) {
        Ask ask = Ask.get(url + path).method(method).within(READ);
        Ask keyed = sessionKey.map(key -> ask.with("X-Session-API-Key", key)).orElse(ask);
        return courier.send(json.isEmpty() ? keyed : keyed.json(json));
    }

    /** Opens the events of a conversation; the first frame shows {@code key}. */
    Frames follow(String conversationId, String key) {
        Frames frames = new Frames();
        String at = url.replaceFirst("^http", "ws") + "/sockets/events/" + conversationId + "?resend_mode=all";
        WebSocket socket = courier.client()
                .newWebSocketBuilder()
                .buildAsync(URI.create(at), frames)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        frames.say(socket, "{\"type\":\"auth\",\"session_api_key\":\"" + key + "\"}");
        return frames;
    }

    String runtimeId() {
        return runtimeId;
    }

    String url() {
        return url;
    }

    Optional<String> sessionKey() {
        return sessionKey;
    }

    List<String> transcript() {
        return courier.transcript();
    }

    List<Call> calls() {
        return courier.calls();
    }

    private void attachOrStart() {
        Call found = control(Ask.get(base + "/sessions/" + sessionId), READ);
        if (found.status() != 404) {
            JsonObject record = success(found);
            String status = record.getString("status", "");
            if (status.equals("running")) {
                take(record);
                return;
            }
            if (status.equals("paused")) {
                take(record);
                if (control(Ask.post(base + "/resume").json(body()), START).succeeded()) {
                    return;
                }
            }
        }
        take(success(control(Ask.post(base + "/start").json(usualStart(sessionId)), START)));
    }

    private void take(JsonObject record) {
        runtimeId = record.getString("runtime_id", record.getString("id"));
        url = record.getString("url");
        sessionKey = Optional.ofNullable(record.getString("session_api_key"));
        if (runtimeId == null || url == null) {
            throw new Refused("ValueError: " + record);
        }
    }

    private void waitUntilReady() {
        long end = System.nanoTime() + budget.toNanos();
        while (System.nanoTime() - end < 0) {
            JsonObject record = success(control(Ask.get(base + "/sessions/" + sessionId), READ));
            if (record.containsKey("restart_count") && record.getValue("restart_count") == null) {
                throw new Refused("TypeError: restart_count");
            }
            if (record.containsKey("pod_status") && record.getValue("pod_status") == null) {
                throw new Refused("AttributeError: pod_status");
            }
            String pod = record.getString("pod_status", "").toLowerCase(Locale.ROOT);
            switch (pod) {
                case "failed", "unknown", "crashloopbackoff" ->
                    throw new Refused("ValueError: " + pod + " " + record.getString("pod_logs", ""));
                default -> {
                    if (pod.equals("ready") && healthy()) {
                        return;
                    }
                }
            }
            Pause.of(POLL);
        }
        throw new Refused("RuntimeError: not ready within " + budget);
    }

    /** Through urllib, without any header of ours. */
    private boolean healthy() {
        try {
            return courier.send(Ask.get(url + "/health").bare().within(HEALTH)).status() == 200;
        } catch (NoAnswer none) {
            return false;
        }
    }

    /** The base URL of its HTTP client must be the host, which it is not if the URL has a path. */
    private void refuseUrlWithPath() {
        if (!URI.create(url).getRawPath().isEmpty()) {
            throw new Refused("AssertionError: " + url + " has a path");
        }
    }

    /** Once connected, both keys are shown. */
    private Call control(Ask ask, Duration timeout) {
        Map<String, String> keys = sessionKey
                .map(key -> Map.of("X-API-Key", apiKey, "X-Session-API-Key", key))
                .orElse(Map.of("X-API-Key", apiKey));
        return courier.send(ask.with(keys).within(timeout));
    }

    private String body() {
        return "{\"runtime_id\":\"" + runtimeId + "\"}";
    }

    private static JsonObject success(Call call) {
        if (call.succeeded()) {
            return call.json();
        }
        throw new Refused("HTTPStatusError: " + call + " " + call.answer());
    }
}
