package dev.reveille.bus;

import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.Lease;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import dev.reveille.session.SessionSpec;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Records as JSON and back. The same record gives the same text each time: the registry's compare-and-set compares
 * texts.
 */
public final class Wire {
    private Wire() {}

    /** The whole record as the registry keeps it, keys included: not for outsiders. */
    public static JsonObject session(Session s) {
        JsonObject json = new JsonObject()
                .put("v", 1)
                .put("session_id", s.id().value())
                .put("tenant", s.tenant())
                .put("revision", s.revision())
                .put("cause", s.cause().word())
                .put("detail", s.detail())
                .put("created_at", s.createdAt().toString())
                .put("changed_at", s.changedAt().toString())
                .put("state", state(s.state()))
                .put("spec", spec(s.spec()));
        if (!s.node().isEmpty()) {
            json.put("node", s.node());
        }
        // Records of an earlier version have neither, and have to give the text that they were.
        return s.past().isEmpty() ? json : json.put("past", WirePast.json(s.past()));
    }

    /** The inverse of {@link #session(Session)}. */
    public static Session session(JsonObject json) {
        return new Session(
                new SessionId(json.getString("session_id")),
                json.getString("tenant"),
                spec(json.getJsonObject("spec")),
                state(json.getJsonObject("state")),
                json.getLong("revision"),
                Cause.of(json.getString("cause")),
                json.getString("detail"),
                Instant.parse(json.getString("created_at")),
                Instant.parse(json.getString("changed_at")),
                json.getString("node", ""),
                WirePast.past(json.getJsonArray("past", new JsonArray())));
    }

    private static JsonObject spec(SessionSpec spec) {
        JsonObject env = new JsonObject();
        spec.initialEnv().forEach(env::put);
        JsonObject json = new JsonObject()
                .put("start", spec.startRequest())
                .put("initial_env", env)
                .put("close_policy", spec.closePolicy().word())
                .put("attach_only", spec.attachOnly());
        spec.build()
                .ifPresent(b -> json.put(
                        "build",
                        new JsonObject().put("target_image", b.targetImage()).put("tags", new JsonArray(b.tags()))));
        return json;
    }

    private static SessionSpec spec(JsonObject json) {
        Map<String, String> env = new LinkedHashMap<>();
        json.getJsonObject("initial_env").forEach(e -> env.put(e.getKey(), (String) e.getValue()));
        return new SessionSpec(
                json.getString("start"),
                env,
                ClosePolicy.of(json.getString("close_policy")),
                json.getBoolean("attach_only"),
                Optional.ofNullable(json.getJsonObject("build"))
                        .map(b -> new SessionSpec.Build(
                                b.getString("target_image"),
                                b.getJsonArray("tags").stream()
                                        .map(Object::toString)
                                        .toList())));
    }

    private static JsonObject state(SandboxState state) {
        JsonObject json = new JsonObject().put("word", state.word());
        state.lease()
                .ifPresent(l -> json.put(
                        "lease",
                        new JsonObject()
                                .put("node", l.node())
                                .put("until", l.until().toString())));
        state.runtime().ifPresent(r -> json.put("runtime", runtime(r)));
        if (state instanceof SandboxState.Building building) {
            building.buildId().ifPresent(id -> json.put("build_id", id));
        }
        if (state instanceof SandboxState.Starting starting && starting.startedForIt()) {
            json.put("started_for_it", true);
        }
        if (state instanceof SandboxState.Failed failed) {
            json.put("failure", failure(failed.failure()));
        }
        return json;
    }

    private static SandboxState state(JsonObject json) {
        Optional<SandboxRuntime> runtime =
                Optional.ofNullable(json.getJsonObject("runtime")).map(Wire::runtime);
        return switch (json.getString("word")) {
            case "building" -> new SandboxState.Building(lease(json), Optional.ofNullable(json.getString("build_id")));
            case "starting" ->
                new SandboxState.Starting(lease(json), runtime, json.getBoolean("started_for_it", false));
            case "running" -> new SandboxState.Running(runtime.orElseThrow());
            case "pausing" -> new SandboxState.Pausing(lease(json), runtime.orElseThrow());
            case "paused" -> new SandboxState.Paused(runtime.orElseThrow());
            case "resuming" -> new SandboxState.Resuming(lease(json), runtime.orElseThrow());
            case "stopping" -> new SandboxState.Stopping(lease(json), runtime);
            case "stopped" -> new SandboxState.Stopped();
            case "failed" -> new SandboxState.Failed(runtime, failure(json.getJsonObject("failure")));
            default -> throw new IllegalArgumentException("state: " + json.getString("word"));
        };
    }

    private static Lease lease(JsonObject json) {
        JsonObject lease = json.getJsonObject("lease");
        return new Lease(lease.getString("node"), Instant.parse(lease.getString("until")));
    }

    private static JsonObject runtime(SandboxRuntime runtime) {
        JsonObject hosts = new JsonObject();
        runtime.workHosts().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(e -> hosts.put(e.getKey(), e.getValue()));
        JsonObject json = new JsonObject()
                .put("id", runtime.id().value())
                .put("url", runtime.url().toString())
                .put("work_hosts", hosts);
        runtime.sessionKey().ifPresent(key -> json.put("session_api_key", key));
        return json;
    }

    private static SandboxRuntime runtime(JsonObject json) {
        Map<String, Integer> hosts = new LinkedHashMap<>();
        json.getJsonObject("work_hosts").forEach(e -> hosts.put(e.getKey(), ((Number) e.getValue()).intValue()));
        return new SandboxRuntime(
                new RuntimeId(json.getString("id")),
                URI.create(json.getString("url")),
                Optional.ofNullable(json.getString("session_api_key")),
                hosts);
    }

    /** A change as everybody may see it. */
    public static JsonObject change(SessionChange c) {
        JsonObject json = new JsonObject()
                .put("v", 1)
                .put("type", "change")
                .put("session_id", c.sessionId().value());
        c.runtimeId().ifPresent(id -> json.put("runtime_id", id.value()));
        json.put("tenant", c.tenant()).put("revision", c.revision()).put("state", c.state());
        c.previous().ifPresent(p -> json.put("previous", p));
        return json.put("cause", c.cause().word())
                .put("detail", c.detail())
                .put("message", c.statusMessage())
                .put("at", c.at().toString())
                .put("took_ms", c.took().toMillis())
                .put("node", c.node());
    }

    /** The inverse of {@link #change(SessionChange)}. */
    public static SessionChange change(JsonObject json) {
        return new SessionChange(
                new SessionId(json.getString("session_id")),
                Optional.ofNullable(json.getString("runtime_id")).map(RuntimeId::new),
                json.getString("tenant"),
                json.getLong("revision"),
                json.getString("state"),
                Optional.ofNullable(json.getString("previous")),
                Cause.of(json.getString("cause")),
                json.getString("detail"),
                json.getString("message"),
                Instant.parse(json.getString("at")),
                Duration.ofMillis(json.getLong("took_ms")),
                json.getString("node"));
    }

    /** How a sandbox on its way is doing, as everybody may see it. */
    public static JsonObject progress(SessionProgress p) {
        JsonObject json = new JsonObject()
                .put("v", 1)
                .put("type", "progress")
                .put("session_id", p.sessionId().value())
                .put("tenant", p.tenant())
                .put("revision", p.revision())
                .put("state", p.state())
                .put("elapsed_seconds", seconds(p.elapsed()));
        p.expected().ifPresent(e -> json.put("expected_seconds", seconds(e)));
        p.podStatus().ifPresent(s -> json.put("pod_status", s));
        if (p.podStatus().isPresent()) {
            json.put("restart_count", p.restartCount()).put("restart_reasons", new JsonArray(p.restartReasons()));
        }
        p.buildStatus().ifPresent(s -> json.put("build_status", s));
        return json.put("message", p.statusMessage());
    }

    /** The inverse of {@link #progress(SessionProgress)}. */
    public static SessionProgress progress(JsonObject json) {
        return new SessionProgress(
                new SessionId(json.getString("session_id")),
                json.getString("tenant"),
                json.getLong("revision"),
                json.getString("state"),
                duration(json.getDouble("elapsed_seconds")),
                Optional.ofNullable(json.getDouble("expected_seconds")).map(Wire::duration),
                Optional.ofNullable(json.getString("pod_status")),
                json.getInteger("restart_count", 0),
                Fields.optionalTexts(json, "restart_reasons").orElse(List.of()),
                Optional.ofNullable(json.getString("build_status")),
                json.getString("message"));
    }

    /** To the tenth, as it is for people. */
    private static double seconds(Duration time) {
        return Math.round(time.toMillis() / 100.0) / 10.0;
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1000));
    }

    /** A failure as everybody may see it. */
    public static JsonObject failure(GatewayFailure f) {
        JsonObject json = new JsonObject()
                .put("code", f.code())
                .put("status", f.status())
                .put("detail", f.detail())
                .put("retryable", f.retryable());
        f.retryAfter().ifPresent(d -> json.put("retry_after_ms", d.toMillis()));
        return json;
    }

    /** The inverse of {@link #failure(GatewayFailure)}. A code that this version does not know becomes {@code internal}. */
    public static GatewayFailure failure(JsonObject json) {
        String detail = json.getString("detail", "");
        Duration after = Duration.ofMillis(json.getLong("retry_after_ms", 0L));
        String code = json.getString("code", "");
        return switch (code) {
            case "invalid_request" -> new GatewayFailure.InvalidRequest(detail);
            case "no_such_resource" -> new GatewayFailure.NoSuchResource(json.getInteger("status"), detail);
            case "head_too_long" -> new GatewayFailure.HeadTooLong(json.getInteger("status"), detail);
            case "unsupported" -> new GatewayFailure.Unsupported(json.getInteger("status"), detail);
            case "too_slow" -> new GatewayFailure.TooSlow(detail);
            case "too_large" -> new GatewayFailure.TooLarge(detail);
            case "unauthorized" -> new GatewayFailure.Unauthorized(detail);
            case "forbidden" -> new GatewayFailure.Forbidden(detail);
            case "unknown_session" -> new GatewayFailure.UnknownSession(detail);
            case "wrong_state" -> new GatewayFailure.WrongState(detail);
            case "runtime_disconnected" ->
                new GatewayFailure.RuntimeDisconnected(
                        json.getInteger("status"), detail, json.getBoolean("retryable", true));
            case "runtime_paused" -> new GatewayFailure.RuntimePaused(detail, after);
            case "runtime_starting" -> new GatewayFailure.RuntimeStarting(detail, after);
            case "runtime_crashed" -> new GatewayFailure.RuntimeCrashed(detail);
            case "wake_timeout" ->
                new GatewayFailure.WakeTimeout(
                        detail,
                        Optional.ofNullable(json.getLong("retry_after_ms")).map(Duration::ofMillis));
            case "start_timeout" -> new GatewayFailure.StartTimeout(detail);
            case "build_timeout" -> new GatewayFailure.BuildTimeout(detail);
            case "too_many_waiting" -> new GatewayFailure.TooManyWaiting(detail, after);
            case "quota_exceeded" -> new GatewayFailure.QuotaExceeded(detail, after);
            case "runtime_api_unavailable" -> new GatewayFailure.RuntimeApiUnavailable(detail);
            case "body_not_replayable" -> new GatewayFailure.BodyNotReplayable(detail);
            case "shutting_down" -> new GatewayFailure.ShuttingDown(detail, after);
            default -> stepFailed(code, detail);
        };
    }

    private static GatewayFailure stepFailed(String code, String detail) {
        for (Step step : Step.values()) {
            GatewayFailure failure = new GatewayFailure.StepFailed(step, detail);
            if (failure.code().equals(code)) {
                return failure;
            }
        }
        return new GatewayFailure.Internal(detail);
    }
}
