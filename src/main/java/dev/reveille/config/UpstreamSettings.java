package dev.reveille.config;

import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The runtime API.
 *
 * @param url the base, without a slash at its end; empty: the embedded host
 * @param apiKey sent as {@code X-API-Key}
 * @param callTimeout from sending one call to its whole answer
 * @param attempts how often a call is made until it is given up, 1: never again
 * @param retryDelay from a failed attempt to the next; may be zero
 */
public record UpstreamSettings(
        Optional<URI> url,
        Optional<String> apiKey,
        Duration callTimeout,
        int attempts,
        Duration retryDelay,
        BreakerSettings breaker) {
    /** @throws IllegalArgumentException naming all values that are out of range */
    public UpstreamSettings {
        Objects.requireNonNull(breaker, "breaker");
        url = url.map(Form::withoutTrailingSlash);
        Expectations expectations = new Expectations("upstream")
                .time("call-timeout", callTimeout)
                .number("attempts", attempts, 1, 20)
                .timeOrNone("retry-delay", retryDelay);
        url.ifPresent(base -> expectations.base("url", base));
        apiKey.ifPresent(key -> expectations.secret("api-key", key));
        expectations.met();
    }

    public boolean embedded() {
        return url.isEmpty();
    }

    /** Without the key: records end up in logs. */
    @Override
    public String toString() {
        return "Upstream[" + url.map(URI::toString).orElse("embedded") + "]";
    }
}
