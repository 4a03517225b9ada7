package dev.reveille.testing;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The runtime API's usual answers. */
final class ControlSide {
    private static final Pattern TARGET_IMAGE =
            Pattern.compile("name=\"target_image\"[^\\r\\n]*\\r\\n(?:[^\\r\\n]+\\r\\n)*\\r\\n([^\\r\\n]*)");

    /** A status and a JSON body, not sent yet. */
    record Reply(int status, String body) {
        static Reply ok(JsonObject body) {
            return new Reply(200, body.encode());
        }

        static Reply refused(int status, String detail) {
            return new Reply(status, new JsonObject().put("detail", detail).encode());
        }
    }

    private final FakeRuntimeApi fake;

    ControlSide(FakeRuntimeApi fake) {
        this.fake = fake;
    }

    /** Does what was asked. */
    Reply reply(HttpServerRequest request, RecordedRequest recorded) {
        if (!request.path().equals("/health") && !fake.admits(request.getHeader("X-API-Key"))) {
            return Reply.refused(401, "provide a valid API key");
        }
        try {
            return recorded.method().equals("GET") ? get(request) : post(request.path(), recorded);
        } catch (DecodeException | ClassCastException wrong) {
            return Reply.refused(422, "the body is not a JSON object");
        }
    }

    private Reply get(HttpServerRequest request) {
        String path = request.path();
        return switch (path) {
            case "/health" -> Reply.ok(new JsonObject().put("status", "ok"));
            case "/list" -> list();
            case "/sessions/batch" -> fake.knowsBatch() ? batch(request.params().getAll("ids")) : one(Optional.empty());
            case "/registry_prefix" -> Reply.ok(new JsonObject().put("registry_prefix", "registry.test/images"));
            case "/image_exists" -> imageExists(request.getParam("image"));
            case "/build_status" -> buildStatus(request.getParam("build_id"));
            case "/api/warm-runtime-configs" -> Reply.ok(new JsonObject().put("configs", new JsonArray()));
            default -> {
                if (path.startsWith("/sessions/")) {
                    yield one(fake.bySession(path.substring("/sessions/".length())));
                }
                if (path.startsWith("/runtime/")) {
                    yield one(fake.byRuntime(path.substring("/runtime/".length())));
                }
                yield Reply.refused(404, "Not Found");
            }
        };
    }

    private Reply post(String path, RecordedRequest recorded) {
        return switch (path) {
            case "/start" -> start(recorded.json());
            case "/stop" -> withRuntime(recorded, this::stop);
            case "/pause" -> withRuntime(recorded, this::pause);
            case "/resume" -> withRuntime(recorded, this::resume);
            case "/build" -> build(recorded.body().toString());
            default -> Reply.refused(404, "Not Found");
        };
    }

    /** The real one leaves {@code session_id} out of a single record. */
    private static Reply one(Optional<FakeSandbox> sandbox) {
        return sandbox.map(s -> Reply.ok(s.record())).orElseGet(() -> Reply.refused(404, "Runtime not found"));
    }

    private Reply list() {
        JsonArray active = new JsonArray();
        fake.known().stream()
                .filter(s -> s.status().equals("running") || s.status().equals("starting"))
                .forEach(s -> active.add(named(s)));
        return Reply.ok(new JsonObject().put("runtimes", active).put("total", active.size()));
    }

    private Reply batch(List<String> ids) {
        JsonArray found = new JsonArray();
        ids.forEach(id -> fake.bySession(id).ifPresent(s -> found.add(named(s))));
        return new Reply(200, found.encode());
    }

    private static JsonObject named(FakeSandbox sandbox) {
        return sandbox.record().put("session_id", sandbox.sessionId());
    }

    private Reply start(JsonObject spec) {
        if (spec.getString("session_id") == null) {
            return Reply.refused(422, "session_id is missing");
        }
        return Reply.ok(fake.starts(spec.getString("session_id")).record());
    }

    private Reply withRuntime(RecordedRequest recorded, Function<FakeSandbox, Reply> verb) {
        String id = recorded.json().getString("runtime_id");
        return fake.byRuntime(id).map(verb).orElseGet(() -> Reply.refused(404, "Runtime not found"));
    }

    private Reply stop(FakeSandbox sandbox) {
        sandbox.isStopped();
        return Reply.ok(new JsonObject().put("message", "stopped"));
    }

    private Reply pause(FakeSandbox sandbox) {
        if (!sandbox.status().equals("running")) {
            return Reply.refused(409, "Runtime is not running");
        }
        sandbox.pausesIn(fake.pauseTime());
        return Reply.ok(new JsonObject().put("message", "paused"));
    }

    private Reply resume(FakeSandbox sandbox) {
        if (!sandbox.status().equals("paused") && !sandbox.status().equals("error")) {
            return Reply.refused(409, "Runtime is not paused");
        }
        return Reply.ok(fake.resumes(sandbox));
    }

    private Reply imageExists(String image) {
        return Reply.ok(
                fake.hasImageNamed(image)
                        ? new JsonObject()
                                .put("exists", true)
                                .put(
                                        "image",
                                        new JsonObject()
                                                .put("upload_time", "2026-01-01T00:00:00Z")
                                                .put("image_size_bytes", 1_000_000))
                        : new JsonObject().put("exists", false));
    }

    private Reply build(String multipart) {
        Matcher image = TARGET_IMAGE.matcher(multipart);
        if (!image.find()) {
            return Reply.refused(422, "target_image is missing");
        }
        return Reply.ok(new JsonObject().put("build_id", fake.builds(image.group(1))));
    }

    private Reply buildStatus(String buildId) {
        return fake.lookAtBuild(buildId).map(Reply::ok).orElseGet(() -> Reply.refused(404, "Build not found"));
    }
}
