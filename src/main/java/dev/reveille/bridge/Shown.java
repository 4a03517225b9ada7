package dev.reveille.bridge;

import dev.reveille.access.ApiKey;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * What somebody has shown to be let in.
 *
 * @param tenant whose key it was, with the request that opened the connection; empty if none was shown
 * @param ticket good when it was shown with that request, and perhaps no more; empty if none was
 */
record Shown(Optional<String> tenant, Optional<String> ticket) {
    static final Shown NOTHING = new Shown(Optional.empty(), Optional.empty());

    /** The API key in the headers of a message; empty if there is none. */
    static Optional<String> key(JsonObject headers) {
        return ApiKey.shown(
                header(headers, ApiKey.FIELD).orElse(null),
                header(headers, "Authorization").orElse(null));
    }

    /** The ticket in the headers of a message; empty if there is none. */
    static Optional<String> ticket(JsonObject headers) {
        return header(headers, "ticket");
    }

    /** Without what lets in. */
    @Override
    public String toString() {
        return "Shown[tenant=" + tenant + "]";
    }

    private static Optional<String> header(JsonObject headers, String name) {
        return headers.stream()
                .filter(each -> each.getKey().equalsIgnoreCase(name))
                .map(each -> String.valueOf(each.getValue()))
                .filter(value -> !value.isBlank())
                .findFirst();
    }
}
