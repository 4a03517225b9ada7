package dev.reveille.testing;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * A request as it arrived. A control call is in the log once its body is there; a request to a sandbox from its head on,
 * while its body still grows.
 */
public final class RecordedRequest {
    /** As much of a body as is kept. */
    private static final int KEPT = 8 * 1024 * 1024;

    private final boolean control;
    private final String method;
    private final String uri;
    private final String path;
    private final MultiMap headers;
    private final Instant at = Instant.now();
    private final Buffer body = Buffer.buffer();
    private long bodyLength;

    RecordedRequest(boolean control, HttpServerRequest request) {
        this.control = control;
        this.method = request.method().name();
        this.uri = request.uri();
        this.path = request.path();
        this.headers = MultiMap.caseInsensitiveMultiMap().addAll(request.headers());
    }

    /** Whether it was for the runtime API; else for a sandbox. */
    public boolean isControl() {
        return control;
    }

    public String method() {
        return method;
    }

    /** Path and query, exactly as sent. */
    public String uri() {
        return uri;
    }

    public String path() {
        return path;
    }

    public MultiMap headers() {
        return headers;
    }

    /** The header's first value, or null. */
    public String header(String name) {
        return headers.get(name);
    }

    public Instant at() {
        return at;
    }

    /** What has arrived of the body, its first 8 MiB at most. */
    public synchronized Buffer body() {
        return body.copy();
    }

    public JsonObject json() {
        return body().toJsonObject();
    }

    public synchronized long bodyLength() {
        return bodyLength;
    }

    synchronized void add(Buffer chunk) {
        bodyLength += chunk.length();
        int room = KEPT - body.length();
        body.appendBuffer(chunk, 0, Math.min(room, chunk.length()));
    }

    /** {@code POST /resume}. */
    @Override
    public String toString() {
        return method + " " + uri;
    }
}
