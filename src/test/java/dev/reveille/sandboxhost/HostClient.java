package dev.reveille.sandboxhost;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.ext.web.codec.BodyCodec;
import io.vertx.ext.web.multipart.MultipartForm;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Talks to a sandbox host as a client of the runtime API does, and waits for what it asked for. */
final class HostClient {
    private static final int PATIENCE_SECONDS = 15;
    private static final int LONG_PATIENCE_SECONDS = 60;

    private final Vertx vertx;
    private final WebClient client;
    private final String base;

    HostClient(Vertx vertx, int port) {
        this.vertx = vertx;
        this.client = WebClient.create(vertx, new WebClientOptions(), new PoolOptions().setHttp1MaxSize(1_000));
        this.base = "http://127.0.0.1:" + port;
    }

    String base() {
        return base;
    }

    HttpResponse<Buffer> get(String path) {
        return within(client.getAbs(base + path).send());
    }

    HttpResponse<Buffer> post(String path, Object body) {
        Buffer bytes = body instanceof String text ? Buffer.buffer(text) : ((JsonObject) body).toBuffer();
        return within(client.postAbs(base + path).sendBuffer(bytes));
    }

    JsonObject start(String session) {
        return start(session, new JsonObject());
    }

    JsonObject start(String session, JsonObject environment) {
        return post("/start", new JsonObject().put("session_id", session).put("environment", environment))
                .bodyAsJsonObject();
    }

    JsonObject startReady(String session) {
        JsonObject started = start(session);
        awaitPod(started, "ready");
        return started;
    }

    JsonObject record(JsonObject sandbox) {
        return get("/sessions/" + sandbox.getString("session_id")).bodyAsJsonObject();
    }

    HttpResponse<Buffer> control(String call, JsonObject sandbox) {
        return post(call, new JsonObject().put("runtime_id", sandbox.getString("runtime_id")));
    }

    void awaitPod(JsonObject sandbox, String podStatus) {
        await("pod_status " + podStatus, () -> podStatus.equals(record(sandbox).getString("pod_status")));
    }

    Future<HttpResponse<Buffer>> sandbox(HttpMethod method, JsonObject sandbox, String path, Buffer body) {
        return client.requestAbs(method, sandbox.getString("url") + path)
                .putHeader("X-Session-API-Key", sandbox.getString("session_api_key"))
                .sendBuffer(body);
    }

    HttpResponse<Buffer> sandboxGet(JsonObject sandbox, String path) {
        return within(sandbox(HttpMethod.GET, sandbox, path, Buffer.buffer()));
    }

    HttpResponse<Buffer> action(JsonObject sandbox, String kind, JsonObject args) {
        JsonObject action = new JsonObject().put("action", kind).put("args", args);
        return within(sandbox(
                HttpMethod.POST,
                sandbox,
                "/execute_action",
                new JsonObject().put("action", action).toBuffer()));
    }

    JsonObject run(JsonObject sandbox, String command) {
        return action(sandbox, "run", new JsonObject().put("command", command)).bodyAsJsonObject();
    }

    JsonArray list(JsonObject sandbox, String path) {
        return within(sandbox(
                        HttpMethod.POST,
                        sandbox,
                        "/list_files",
                        new JsonObject().put("path", path).toBuffer()))
                .bodyAsJsonArray();
    }

    HttpResponse<Buffer> upload(JsonObject sandbox, String query, String fileName, Buffer content) {
        Buffer body = Buffer.buffer("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + fileName
                        + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .appendBuffer(content)
                .appendString("\r\n--b--\r\n");
        return within(client.postAbs(sandbox.getString("url") + "/upload_file?" + query)
                .putHeader("X-Session-API-Key", sandbox.getString("session_api_key"))
                .putHeader("content-type", "multipart/form-data; boundary=b")
                .sendBuffer(body));
    }

    /** Streams a file from disk into the sandbox. */
    void uploadFile(JsonObject sandbox, String query, Path file) {
        MultipartForm form = MultipartForm.create()
                .binaryFileUpload("file", file.getFileName().toString(), file.toString(), "application/octet-stream");
        within(
                client.postAbs(sandbox.getString("url") + "/upload_file?" + query)
                        .putHeader("X-Session-API-Key", sandbox.getString("session_api_key"))
                        .sendMultipartForm(form),
                LONG_PATIENCE_SECONDS);
    }

    /** Streams what the sandbox sends to a file on disk. */
    void download(JsonObject sandbox, String path, Path file) {
        within(
                vertx.fileSystem()
                        .open(file.toString(), new OpenOptions())
                        .compose(to -> client.getAbs(sandbox.getString("url") + path)
                                .putHeader("X-Session-API-Key", sandbox.getString("session_api_key"))
                                .as(BodyCodec.pipe(to))
                                .send()),
                LONG_PATIENCE_SECONDS);
    }

    static <T> T within(Future<T> future) {
        return within(future, PATIENCE_SECONDS);
    }

    private static <T> T within(Future<T> future, int seconds) {
        try {
            return future.await(seconds, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError("No answer within " + seconds + " s", e);
        }
    }

    static void await(String what, Supplier<Boolean> condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.get()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Not within " + PATIENCE_SECONDS + " s: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }
}
