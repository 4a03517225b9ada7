package dev.reveille.runtimeapi;

/** After which failures a call is sent again. */
enum Repeat {
    /** It only looks, so after whatever was upstream's fault. */
    IF_ANY_FAULT,
    /** It changes something, but doing it twice is the same as once. */
    IF_HARMLESS,
    /** Only if it was surely not done. */
    IF_UNDONE,
    /** It is one look of many: the next comes anyway. */
    NEVER;

    /**
     * A change is not repeated after a timeout: upstream may still be at it, and a second order would only queue behind
     * the first. Nor after a 5xx or an odd yes: those are its answers. A 429 says that nothing was done.
     */
    boolean after(RuntimeApiException failure) {
        if (this == NEVER) {
            return false;
        }
        return switch (failure.reason()) {
            case NOT_CONNECTED -> true;
            case LOST -> this != IF_UNDONE;
            case TIMED_OUT, GARBLED -> this == IF_ANY_FAULT;
            case STATUS -> failure.status() == 429 || (this == IF_ANY_FAULT && failure.status() >= 500);
            case BREAKER_OPEN -> false;
        };
    }
}
