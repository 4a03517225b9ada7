package dev.reveille.sandboxhost;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runtime API's calls. {@code X-API-Key} is not looked at, since the host listens on loopback only; errors are
 * JSON objects with a {@code detail}.
 */
final class ControlApi {
    private static final Logger LOG = LoggerFactory.getLogger(ControlApi.class);
    private static final long BODY_LIMIT = 1024 * 1024;
    private static final String RETRY_SECONDS = "5";
    private static final String SESSIONS = "/sessions/";
    private static final Map<Integer, String> REASONS =
            Map.of(404, "Not Found", 405, "Method Not Allowed", 413, "body: too large (expected: at most 1 MiB)");

    private final Sandboxes sandboxes;
    private final Router router;
    private final String startedAt = Instant.now().toString();

    ControlApi(Vertx vertx, Sandboxes sandboxes) {
        this.sandboxes = sandboxes;
        this.router = Router.router(vertx);
        BodyHandler body = BodyHandler.create(false).setBodyLimit(BODY_LIMIT);
        post("/start", body, json -> asKept(sandboxes.start(SandboxSpec.of(json))));
        post("/resume", body, this::resume);
        post("/pause", body, this::pause);
        post("/stop", body, this::stop);
        get(SESSIONS + "batch", this::batch);
        get(SESSIONS + "*", context -> session(context).json());
        get("/list", context -> list());
        get("/runtime/:id", context -> runtime(context.pathParam("id")).podJson());
        get("/image_exists", context -> image(context.request().getParam("image")));
        get("/registry_prefix", context -> new JsonObject().put("registry_prefix", "local"));
        get("/health", context -> new JsonObject().put("status", "ok"));
        get("/api/warm-runtime-configs", context -> new JsonObject().put("configs", new JsonArray()));
        router.post("/build").handler(ControlApi::notBuilt);
        router.get("/build_status").handler(ControlApi::notBuilt);
        REASONS.forEach((status, reason) -> router.errorHandler(status, context -> fail(context, status, reason)));
        router.errorHandler(500, this::unexpected);
    }

    void handle(HttpServerRequest request) {
        router.handle(request);
    }

    private void get(String path, Function<RoutingContext, Object> answer) {
        router.get(path).handler(context -> {
            try {
                answer(context, answer.apply(context));
            } catch (Refusal refusal) {
                fail(context, refusal.status(), refusal.getMessage());
            }
        });
    }

    private void post(String path, BodyHandler body, Function<JsonObject, Future<JsonObject>> call) {
        router.post(path).handler(body).handler(context -> {
            Future<JsonObject> answer;
            try {
                answer = call.apply(body(context));
            } catch (Refusal refusal) {
                answer = Future.failedFuture(refusal);
            }
            answer.onSuccess(json -> answer(context, json)).onFailure(failure -> refuse(context, failure));
        });
    }

    private static JsonObject body(RoutingContext context) {
        try {
            if (context.body().length() > 0 && Json.decodeValue(context.body().buffer()) instanceof JsonObject object) {
                return object;
            }
        } catch (DecodeException e) {
            throw new Refusal(400, "body: not JSON (expected: a JSON object)");
        }
        throw new Refusal(422, "body: not an object (expected: a JSON object)");
    }

    private Future<JsonObject> resume(JsonObject body) {
        Sandbox sandbox = runtime(runtimeId(body).orElseThrow(ControlApi::noRuntimeId));
        sandboxes.resume(sandbox);
        return asKept(sandbox);
    }

    /** How it is now, said once it would be known again after a sudden end of the host. */
    private static Future<JsonObject> asKept(Sandbox sandbox) {
        JsonObject now = sandbox.json();
        return sandbox.kept().map(now);
    }

    private Future<JsonObject> pause(JsonObject body) {
        Sandbox sandbox = runtime(runtimeId(body).orElseThrow(ControlApi::noRuntimeId));
        return sandbox.pause().map(v -> sandbox.json());
    }

    /** Stopping nothing, or something unknown, is fine: clients clean up without knowing what there is. */
    private Future<JsonObject> stop(JsonObject body) {
        Optional<Sandbox> sandbox = runtimeId(body).flatMap(sandboxes::ofRuntime);
        return sandbox.map(sandboxes::stop)
                .orElse(Future.succeededFuture())
                .map(v -> new JsonObject().put("status", "stopped"));
    }

    private static Optional<String> runtimeId(JsonObject body) {
        Object value = body.getValue("runtime_id");
        if (value != null && !(value instanceof String)) {
            throw new Refusal(422, "runtime_id: not a string (expected: a string)");
        }
        return Optional.ofNullable((String) value);
    }

    private static Refusal noRuntimeId() {
        return new Refusal(422, "runtime_id: nothing (expected: a string)");
    }

    private Sandbox runtime(String runtimeId) {
        return sandboxes.ofRuntime(runtimeId).orElseThrow(() -> new Refusal(404, "Runtime not found"));
    }

    /** Clients put session ids into the path as they are, so the rest of it is the id. */
    private Sandbox session(RoutingContext context) {
        String path = context.normalizedPath();
        String id = path.substring(path.indexOf(SESSIONS) + SESSIONS.length());
        return sandboxes
                .ofSession(id)
                .or(() -> sandboxes.ofSession(URLDecoder.decode(id.replace("+", "%2B"), StandardCharsets.UTF_8)))
                .orElseThrow(() -> new Refusal(404, "Session not found"));
    }

    private JsonArray batch(RoutingContext context) {
        JsonArray found = new JsonArray();
        context.queryParam("ids").stream()
                .distinct()
                .flatMap(id -> sandboxes.ofSession(id).stream())
                .forEach(sandbox -> found.add(sandbox.json()));
        return found;
    }

    private JsonObject list() {
        JsonArray live = new JsonArray();
        sandboxes.live().forEach(sandbox -> live.add(sandbox.json()));
        return new JsonObject().put("runtimes", live).put("total", live.size());
    }

    /** Any image exists, since none is needed: every sandbox runs the same program. */
    private JsonObject image(String image) {
        if (image == null || image.isBlank()) {
            throw new Refusal(422, "image: nothing (expected: the name of an image)");
        }
        return new JsonObject()
                .put("exists", true)
                .put("image", new JsonObject().put("upload_time", startedAt).put("image_size_bytes", 0));
    }

    private static void notBuilt(RoutingContext context) {
        fail(context, 501, "The embedded sandbox host builds no images; any image name can be started");
    }

    private void refuse(RoutingContext context, Throwable failure) {
        if (failure instanceof Refusal refusal) {
            fail(context, refusal.status(), refusal.getMessage());
        } else {
            context.fail(failure);
        }
    }

    private void unexpected(RoutingContext context) {
        LOG.error("{} failed", context.request().path(), context.failure());
        fail(context, 500, "Internal error");
    }

    private static void fail(RoutingContext context, int status, String detail) {
        if (status == 429) {
            context.response().putHeader("retry-after", RETRY_SECONDS);
        }
        context.response().setStatusCode(status);
        answer(context, new JsonObject().put("detail", detail));
    }

    private static void answer(RoutingContext context, Object json) {
        context.response()
                .putHeader("content-type", "application/json")
                .end(Json.encodeToBuffer(json))
                .onFailure(e -> LOG.debug("Client left: {}", e.getMessage()));
    }
}
