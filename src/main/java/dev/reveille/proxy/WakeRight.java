package dev.reveille.proxy;

import dev.reveille.access.ApiKey;
import dev.reveille.access.SecretKey;
import dev.reveille.access.Tenants;
import dev.reveille.registry.Route;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who may wake a sandbox: whoever holds its own key, or the API key of its tenant. A sandbox without a key may be woken by
 * everybody. The sandbox itself checks the key of what is forwarded; this is only about sleep.
 */
final class WakeRight {
    static final String API_KEY = ApiKey.FIELD;
    private static final String SESSION_KEY = "X-Session-API-Key";
    private static final String EDITOR_COOKIE = "vscode-tkn=";

    private final Tenants tenants;

    WakeRight(Tenants tenants) {
        this.tenants = tenants;
    }

    boolean has(HttpServerRequest request, Route route) {
        Optional<String> expected = route.runtime().sessionKey();
        return expected.isEmpty()
                || presented(request).anyMatch(key -> SecretKey.same(expected.get(), key))
                || asTenant(request, route);
    }

    /** Whether {@code Authorization} is for this gateway and holds a tenant's key, which no sandbox must see. */
    boolean authorizesHere(HttpServerRequest request) {
        Optional<String> key = bearer(request);
        return key.isPresent() && !tenants.open() && tenants.whose(key).isPresent();
    }

    /** Where everybody is let in, each {@value ApiKey#FIELD} is the tenant's, and {@code Authorization} the sandbox's alone. */
    private boolean asTenant(HttpServerRequest request, Route route) {
        Optional<String> authorized = tenants.open() ? Optional.empty() : bearer(request);
        return Stream.of(ApiKey.shown(request.getHeader(ApiKey.FIELD), null), authorized)
                .filter(Optional::isPresent)
                .anyMatch(key -> tenants.whose(key)
                        .filter(route.session().tenant()::equals)
                        .isPresent());
    }

    private static Optional<String> bearer(HttpServerRequest request) {
        return ApiKey.bearer(request.getHeader(HttpHeaders.AUTHORIZATION));
    }

    /** Every place in which clients are known to put the key. A wrong one beside the right one does not matter. */
    private static Stream<String> presented(HttpServerRequest request) {
        return Stream.of(
                        request.headers().getAll(SESSION_KEY).stream(),
                        bearer(request).stream(),
                        parameters(request, "session_api_key"),
                        parameters(request, "tkn"),
                        cookies(request))
                .flatMap(keys -> keys);
    }

    /** One jar may hold it for several paths. */
    private static Stream<String> cookies(HttpServerRequest request) {
        return request.headers().getAll(HttpHeaders.COOKIE).stream()
                .flatMap(field -> Stream.of(field.split(";", -1)))
                .map(String::trim)
                .filter(cookie -> cookie.startsWith(EDITOR_COOKIE))
                .map(cookie -> cookie.substring(EDITOR_COOKIE.length()).replace("\"", ""));
    }

    /** A query that cannot be decoded holds no key; what the sandbox makes of it is the sandbox's affair. */
    private static Stream<String> parameters(HttpServerRequest request, String name) {
        try {
            return request.params().getAll(name).stream();
        } catch (IllegalArgumentException undecodable) {
            return Stream.empty();
        }
    }
}
