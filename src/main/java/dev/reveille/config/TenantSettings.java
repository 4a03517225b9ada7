package dev.reveille.config;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A customer of this gateway.
 *
 * @param name 1 to 64 letters, digits, {@code -} or {@code _}
 * @param apiKey what its clients send; empty: {@code apiKeySha256} is given instead
 * @param apiKeySha256 the SHA-256 digest of what its clients send, 64 hexadecimal digits, kept in lower case; empty:
 *     {@code apiKey} is given instead
 * @param upstreamApiKey empty: {@code upstream.api-key} is used for it
 */
public record TenantSettings(
        String name, Optional<String> apiKey, Optional<String> apiKeySha256, Optional<String> upstreamApiKey) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /** @throws IllegalArgumentException naming all values that have another form */
    public TenantSettings {
        apiKeySha256 = apiKeySha256.map(digest -> digest.toLowerCase(Locale.ROOT));
        Expectations expectations = new Expectations(Keys.TENANTS)
                .that(FORM.matcher(name).matches(), "name", name, "1 to 64 characters out of A-Z a-z 0-9 - _")
                .that(
                        apiKey.isPresent() || apiKeySha256.isPresent(),
                        "api-key",
                        "missing",
                        "a value, or api-key-sha256")
                .that(
                        apiKey.isEmpty() || apiKeySha256.isEmpty(),
                        "api-key-sha256",
                        "given together with api-key",
                        "only one of them");
        apiKey.ifPresent(key -> expectations.secret("api-key", key));
        apiKeySha256.ifPresent(digest -> expectations.digest("api-key-sha256", digest));
        upstreamApiKey.ifPresent(key -> expectations.secret("upstream-api-key", key));
        expectations.met();
    }

    /** The SHA-256 digest of the key that its clients send, in lower-case hexadecimal digits. */
    public String keySha256() {
        return apiKeySha256.orElseGet(() -> Digests.sha256(apiKey.orElseThrow()));
    }

    /** Without the keys: records end up in logs. */
    @Override
    public String toString() {
        return "Tenant[" + name + "]";
    }
}
