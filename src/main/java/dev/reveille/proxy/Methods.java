package dev.reveille.proxy;

import io.vertx.core.http.HttpMethod;
import java.util.Set;

/** What a request's method says of it. */
final class Methods {
    private static final Set<HttpMethod> IDEMPOTENT = Set.of(
            HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE, HttpMethod.PUT, HttpMethod.DELETE);

    private Methods() {}

    /** Whether it may be done twice without harm (RFC 9110, 9.2.2). */
    static boolean idempotent(HttpMethod method) {
        return IDEMPOTENT.contains(method);
    }
}
