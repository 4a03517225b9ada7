package dev.reveille.problem;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A failure on its way to an HTTP client.
 *
 * @param failure what happened
 * @param sessionId which session it is about; empty if none
 * @param runtimeId which runtime it is about; empty if none
 */
public record Problem(GatewayFailure failure, Optional<String> sessionId, Optional<String> runtimeId) {
    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);
    private static final String MEDIA_TYPE = "application/problem+json";
    private static final String TYPES = "urn:reveille:problem:";

    /** A problem about nothing in particular. */
    public static Problem of(GatewayFailure failure) {
        return new Problem(failure, Optional.empty(), Optional.empty());
    }

    /** The failure that {@code error} carries; anything unexpected is logged and becomes {@code internal}. */
    public static GatewayFailure failureOf(Throwable error) {
        if (error instanceof FailureException known) {
            return known.failure();
        }
        LOG.error("unexpected", error);
        return GatewayFailure.Internal.inTheLog();
    }

    /** As RFC 9457 has it, with our members beside. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("type", TYPES + failure.code())
                .put("title", HttpResponseStatus.valueOf(failure.status()).reasonPhrase())
                .put("status", failure.status())
                .put("detail", failure.detail())
                .put("code", failure.code());
        sessionId.ifPresent(id -> json.put("session_id", id));
        runtimeId.ifPresent(id -> json.put("runtime_id", id));
        json.put("retryable", failure.retryable());
        failure.retryAfter().ifPresent(after -> json.put("retry_after_ms", after.toMillis()));
        return json;
    }

    /**
     * Answers {@code request} with it, in place of all header fields that were set but {@code Connection}. Does nothing if an answer was begun
     * already.
     *
     * @return when it was sent
     */
    public Future<Void> answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (!begin(response)) {
            return Future.succeededFuture();
        }
        Buffer json = toJson().toBuffer();
        response.putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (HttpMethod.HEAD.equals(request.method())) {
            // In HTTP/2 Vert.x would send a body all the same.
            return response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(json.length()))
                    .end();
        }
        return response.end(json);
    }

    /**
     * Sets status and {@code Retry-After}, or which websockets there are (RFC 6455, 4.2.2), for an answer in another form than ours. All other header fields but {@code
     * Connection} are taken away.
     *
     * @return whether there still was something to set; if not, an answer was begun already
     */
    public boolean begin(HttpServerResponse response) {
        if (response.headWritten() || response.ended() || response.closed()) {
            return false;
        }
        String connection = response.headers().get(HttpHeaders.CONNECTION);
        response.headers().clear();
        if (connection != null) {
            response.putHeader(HttpHeaders.CONNECTION, connection);
        }
        failure.retryAfter().ifPresent(d -> response.putHeader(HttpHeaders.RETRY_AFTER, seconds(d)));
        if (failure.status() == HttpResponseStatus.UPGRADE_REQUIRED.code()) {
            response.putHeader(HttpHeaders.UPGRADE, "websocket").putHeader("Sec-WebSocket-Version", "13");
        }
        response.setStatusCode(failure.status())
                .setStatusMessage(HttpResponseStatus.valueOf(failure.status()).reasonPhrase());
        return true;
    }

    /** Whole seconds, rounded up: the header knows no others. */
    private static String seconds(Duration duration) {
        return Long.toString((duration.toMillis() + 999) / 1000);
    }
}
