package dev.reveille.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends an answer that is JSON. Nobody on the way may keep it: it holds keys, and changes at any time. */
final class JsonAnswer {
    private static final Logger LOG = LoggerFactory.getLogger(JsonAnswer.class);

    private JsonAnswer() {}

    /** Does nothing if the client has left. */
    static void send(RoutingContext context, int status, Buffer json) {
        send(context, status, "application/json", json);
    }

    static void send(RoutingContext context, int status, String contentType, Buffer body) {
        if (context.response().closed()) {
            return;
        }
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, contentType)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(body)
                .onFailure(left -> LOG.debug("the client has left: {}", left.toString()));
    }
}
