package dev.reveille.lifecycle;

/** Somebody else changed the session while this transition was under way: it is theirs now, and nothing is left to do. */
final class Superseded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Superseded() {
        super("superseded", null, false, false);
    }
}
