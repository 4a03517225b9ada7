package dev.reveille.sandboxhost;

import java.util.Locale;

/** The runtime API's word for a whole sandbox. */
enum Status {
    STARTING,
    RUNNING,
    PAUSED,
    STOPPED,
    ERROR;

    /**
     * @throws IllegalArgumentException where there is no such word
     */
    static Status of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it has, or is about to have, a process. */
    boolean live() {
        return this == STARTING || this == RUNNING;
    }
}
