package dev.reveille.runtimeapi;

import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What is asked of upstream.
 *
 * @param operation its name in logs and metrics
 * @param path with its query, encoded, from the base URL on
 */
record Call(
        String operation, HttpMethod method, String path, Optional<String> key, Optional<Body> body, Repeat repeat) {
    static Call get(String operation, String path, Optional<String> key) {
        return new Call(operation, HttpMethod.GET, path, key, Optional.empty(), Repeat.IF_ANY_FAULT);
    }

    /** A look that is repeated by whoever waits. */
    static Call poll(String operation, String path, Optional<String> key) {
        return new Call(operation, HttpMethod.GET, path, key, Optional.empty(), Repeat.NEVER);
    }

    static Call post(String operation, String path, Optional<String> key, Body body, Repeat repeat) {
        return new Call(operation, HttpMethod.POST, path, key, Optional.of(body), repeat);
    }

    /** As the value of a query parameter. */
    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Without key and body. */
    @Override
    public String toString() {
        return method + " " + path;
    }
}
