package dev.reveille.config;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Who is told of each change by a POST.
 *
 * @param url where to; empty: nobody is told
 * @param secret what the posts are signed with; there must be one if there is a URL
 * @param timeout how long the receiver may take to answer
 * @param retryDelay how long to wait before the second try; then twice as long each time, and five minutes at most
 * @param giveUpAfter how long a change is tried before a failure is the last one
 * @param most how many sessions may have something to be posted at once
 */
public record WebhookSettings(
        Optional<URI> url,
        Optional<String> secret,
        Duration timeout,
        Duration retryDelay,
        Duration giveUpAfter,
        int most) {
    private static final int LIMIT = 1_000_000;

    /** @throws IllegalArgumentException naming all values that are out of range */
    public WebhookSettings {
        Expectations expectations = new Expectations("webhook")
                .that(url.isEmpty() || secret.isPresent(), "secret", "", "a secret, as webhook.url is given")
                .time("timeout", timeout)
                .time("retry-delay", retryDelay)
                .time("give-up-after", giveUpAfter)
                .number("most", most, 1, LIMIT);
        url.ifPresent(u -> expectations.receiver("url", u));
        secret.ifPresent(s -> expectations.secret("secret", s));
        expectations.met();
    }

    @Override
    public String toString() {
        return "Webhook[" + url.map(u -> Form.withoutSecrets(u.toString())).orElse("") + "]";
    }
}
