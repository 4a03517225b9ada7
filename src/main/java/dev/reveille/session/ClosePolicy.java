package dev.reveille.session;

import java.util.Arrays;
import java.util.Locale;

/** What closing a session does to its sandbox. */
public enum ClosePolicy {
    /** The sandbox ends, with what it holds. */
    STOP,
    /** The sandbox sleeps and can be woken. */
    PAUSE,
    /** The sandbox is left as it is. */
    KEEP;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if there is no such policy */
    public static ClosePolicy of(String word) {
        return Arrays.stream(values())
                .filter(p -> p.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "close_policy: " + Quoted.shortly(word) + " (expected: stop, pause or keep)"));
    }
}
