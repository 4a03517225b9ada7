package dev.reveille.lifecycle;

/** A deadline passed. The message tells what was seen last. */
final class TimedOut extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TimedOut(String lastSeen) {
        super(lastSeen, null, false, false);
    }
}
