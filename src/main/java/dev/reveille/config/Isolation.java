package dev.reveille.config;

/** How the embedded host walls its sandboxes in. */
public enum Isolation {
    /** Bubblewrap where it works, otherwise none. */
    AUTO,
    /** Bubblewrap, and no sandbox where it does not work. */
    BUBBLEWRAP,
    /** A plain process of the same user. */
    NONE
}
