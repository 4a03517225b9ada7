package dev.reveille.bridge;

import java.util.concurrent.atomic.AtomicInteger;

/** How many may be connected to this node by bridges. Shared by all event loops. */
final class Places {
    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    Places(int most) {
        this.most = most;
    }

    /** @return whether there was one; then {@link #leave} has to follow */
    boolean take() {
        if (taken.incrementAndGet() <= most) {
            return true;
        }
        taken.decrementAndGet();
        return false;
    }

    void leave() {
        taken.decrementAndGet();
    }

    int taken() {
        return taken.get();
    }
}
