package dev.reveille.conformance;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Map;
import java.util.Optional;

/**
 * One call as its client saw it.
 *
 * @param sent the request's headers as given
 * @param body of the request; empty when it had none
 * @param status 0 when no answer came
 * @param headers of the answer
 * @param answer its body
 */
record Call(
        String method, URI uri, Map<String, String> sent, String body, int status, HttpHeaders headers, String answer) {

    boolean succeeded() {
        return status >= 200 && status < 300;
    }

    /** @throws io.vertx.core.json.DecodeException if the answer is none */
    JsonObject json() {
        return new JsonObject(answer);
    }

    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** {@code POST /start 200}. */
    @Override
    public String toString() {
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return method + " " + uri.getRawPath() + query + " " + status;
    }
}
