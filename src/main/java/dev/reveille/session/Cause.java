package dev.reveille.session;

import java.util.Arrays;
import java.util.Locale;

/** Why a session changed. */
public enum Cause {
    /** A client asked for it. */
    CLIENT,
    /** A request to the sandbox asked for it by arriving. */
    TRAFFIC,
    /** Nothing happened for too long. */
    IDLE,
    /** It reached the age it may have. */
    LIFETIME,
    /** Its tenant has too many. */
    QUOTA,
    /** The runtime API says so. */
    UPSTREAM,
    /** The node that carried it went away. */
    NODE_LOST,
    /** It was found at the runtime API. */
    ADOPTED;

    /** As it stands in events: lower case, words joined by a hyphen. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException if there is no such cause */
    public static Cause of(String word) {
        return Arrays.stream(values())
                .filter(c -> c.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("cause: " + Quoted.shortly(word)));
    }
}
