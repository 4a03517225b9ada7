package dev.reveille.http;

import dev.reveille.config.HttpSettings;

/**
 * How long clients may take.
 *
 * @param head nanoseconds from its begin to its end
 * @param idle nanoseconds between requests
 * @param body nanoseconds without anything of a body that is wanted
 */
record Patience(long head, long idle, long body) {
    static Patience of(HttpSettings http) {
        return new Patience(
                http.headTimeout().toNanos(),
                http.idleTimeout().toNanos(),
                http.bodyTimeout().toNanos());
    }

    /** Whatever begins now is not over before that. */
    long shortest() {
        return Math.min(head, Math.min(idle, body));
    }

    /** The later of two moments on the clock of {@link System#nanoTime}. */
    static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }
}
