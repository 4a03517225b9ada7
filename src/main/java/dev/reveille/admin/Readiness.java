package dev.reveille.admin;

import java.util.concurrent.atomic.AtomicReference;

/** Whether this node may get traffic, and if not, why. */
public final class Readiness {
    private static final String LEAVING = "leaving";

    private final AtomicReference<String> whyNot = new AtomicReference<>("starting");

    public void ready() {
        whyNot.set("");
    }

    public void leaving() {
        whyNot.set(LEAVING);
    }

    /** Whether it is about to leave. */
    public boolean isLeaving() {
        return whyNot.get().equals(LEAVING);
    }

    boolean isReady() {
        return whyNot.get().isEmpty();
    }

    String whyNot() {
        return whyNot.get();
    }
}
