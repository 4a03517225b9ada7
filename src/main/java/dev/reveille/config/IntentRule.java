package dev.reveille.config;

import java.util.Objects;

/** What the requests mean that {@code match} fits. */
public record IntentRule(IntentMatch match, Intent intent) {
    public IntentRule {
        Objects.requireNonNull(match, "match");
        Objects.requireNonNull(intent, "intent");
    }
}
