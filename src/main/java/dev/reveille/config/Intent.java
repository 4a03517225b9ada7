package dev.reveille.config;

/** What a request means for a sandbox that sleeps. */
public enum Intent {
    /** Somebody wants something: worth waking for. */
    WAKES,
    /** It is forwarded if the sandbox is awake, but never the reason to wake it: reconnects, sub-resources, background fetches. */
    USES,
    /** As {@link #USES}, and no sign that anybody is there: probes and preflights. */
    IGNORES
}
