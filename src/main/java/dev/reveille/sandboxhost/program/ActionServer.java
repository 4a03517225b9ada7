package dev.reveille.sandboxhost.program;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * The HTTP calls of the V0 action server: who may call, what each path does, and how answers and errors look. {@code /health}
 * is V1's word for {@code /alive}, and what the SDK waits for.
 */
final class ActionServer {
    private static final int JSON_LIMIT = 16 * 1024 * 1024;

    private final Vertx vertx;
    private final Workspace workspace;
    private final Shell shell;
    private final Actions actions;
    private final FileCalls files;
    private final ServerInfo info = new ServerInfo();
    private final String key;

    /**
     * @param key what {@code X-Session-API-Key} must say; empty: anybody may call
     */
    ActionServer(Vertx vertx, Workspace workspace, Shell shell, String key) {
        this.vertx = vertx;
        this.workspace = workspace;
        this.shell = shell;
        this.actions = new Actions(vertx, workspace, shell);
        this.files = new FileCalls(vertx, workspace);
        this.key = key;
    }

    void handle(HttpServerRequest request) {
        serve(request).onFailure(failure -> fail(request, failure));
    }

    private Future<?> serve(HttpServerRequest request) {
        try {
            return route(request);
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private Future<?> route(HttpServerRequest request) {
        String path = request.path() == null ? "" : request.path();
        return switch (path) {
            case "/alive", "/health" -> answer(request, new JsonObject().put("status", "ok"));
            case "/server_info" ->
                vertx.executeBlocking(() -> info.json(workspace.root(), shell.busy()), false)
                        .compose(json -> answer(request, json));
            default -> {
                checkKey(request);
                info.used();
                yield routeAuthorized(request, path).onComplete(done -> info.used());
            }
        };
    }

    private Future<?> routeAuthorized(HttpServerRequest request, String path) {
        return switch (request.method() + " " + path) {
            case "POST /execute_action" ->
                json(request).compose(actions::execute).compose(observation -> answer(request, observation));
            case "POST /list_files" ->
                json(request)
                        .compose(body -> files.list(new Parameters("body", body).text("path", "/")))
                        .compose(names -> answer(request, new JsonArray(names)));
            case "POST /upload_file" -> files.upload(request).compose(uploaded -> answer(request, uploaded));
            case "GET /download_files" -> files.download(request);
            case "GET /vscode/connection_token" -> answer(request, new JsonObject().putNull("token"));
            default -> Future.failedFuture(new Refusal(404, "Not Found"));
        };
    }

    private void checkKey(HttpServerRequest request) {
        String given = request.getHeader("X-Session-API-Key");
        if (!key.isEmpty() && (given == null || !MessageDigest.isEqual(bytes(given), bytes(key)))) {
            throw new Refusal(403, "Invalid API Key");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Future<JsonObject> json(HttpServerRequest request) {
        return body(request).map(body -> {
            try {
                if (body.length() == 0) {
                    return new JsonObject();
                }
                if (Json.decodeValue(body) instanceof JsonObject object) {
                    return object;
                }
            } catch (DecodeException e) {
                throw new Refusal(400, "body: not JSON (expected: a JSON object)");
            }
            throw Refusal.parameter("body", "not an object", "a JSON object");
        });
    }

    private static Future<Buffer> body(HttpServerRequest request) {
        Buffer body = Buffer.buffer();
        Promise<Buffer> whole = Promise.promise();
        request.exceptionHandler(whole::tryFail).endHandler(v -> whole.tryComplete(body));
        request.handler(part -> {
            if (body.length() + part.length() <= JSON_LIMIT) {
                body.appendBuffer(part);
            } else {
                whole.tryFail(new Refusal(413, "body: too large (expected: at most " + JSON_LIMIT + " bytes)"));
            }
        });
        return whole.future();
    }

    private static Future<Void> answer(HttpServerRequest request, Object json) {
        request.response().putHeader("content-type", "application/json");
        return request.response().end(Json.encodeToBuffer(json));
    }

    private static void fail(HttpServerRequest request, Throwable failure) {
        if (request.response().headWritten()) {
            request.response().reset();
            return;
        }
        if (request.response().closed()) {
            return;
        }
        boolean expected = failure instanceof Refusal;
        if (!expected) {
            failure.printStackTrace();
        }
        int status = failure instanceof Refusal refusal ? refusal.status() : 500;
        String detail = expected
                ? failure.getMessage()
                : "Internal error: " + failure.getClass().getSimpleName();
        request.response().setStatusCode(status);
        request.resume();
        answer(request, new JsonObject().put("detail", detail)).onFailure(Throwable::printStackTrace);
    }
}
