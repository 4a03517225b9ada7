package dev.reveille.access;

import java.util.Optional;

/** Where callers put the key of their tenant: the field {@value #FIELD}, or else a Bearer token. */
public final class ApiKey {
    /** Counts before {@code Authorization}. */
    public static final String FIELD = "X-API-Key";

    private static final String BEARER = "Bearer ";

    private ApiKey() {}

    /**
     * The key that is shown; empty if there is none. A blank one is none.
     *
     * @param own what {@value #FIELD} holds; null if it is missing
     * @param authorization what {@code Authorization} holds; null if it is missing
     */
    public static Optional<String> shown(String own, String authorization) {
        return Optional.ofNullable(own).filter(key -> !key.isBlank()).or(() -> bearer(authorization));
    }

    /** The token in {@code authorization}, which may be null; empty if it is of another scheme, or blank. */
    public static Optional<String> bearer(String authorization) {
        return Optional.ofNullable(authorization)
                .filter(text -> text.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .map(text -> text.substring(BEARER.length()).trim())
                .filter(token -> !token.isEmpty());
    }
}
