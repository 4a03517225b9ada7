package dev.reveille.config;

/** What a request means for a sandbox that sleeps. */
public enum Intent {
    /** It wakes it. */
    WAKES,
    /** It is forwarded if the sandbox is awake, and never the reason to wake it. */
    USES,
    /** The same, and no sign that anybody is there. */
    IGNORES
}
