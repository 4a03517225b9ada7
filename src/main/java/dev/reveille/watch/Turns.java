package dev.reveille.watch;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What is too much for one turn of an event loop, some of it each turn. What is merely run on a context does not wait for the
 * network: Netty goes on with what is there, and comes to be there meanwhile, for up to a second. What is scheduled does.
 */
final class Turns {
    private final ContextInternal context;
    private final Work work;
    private final AtomicBoolean begun = new AtomicBoolean();

    /** Belongs to the context. */
    interface Work {
        /** Does as much as is good for one turn. */
        void some();

        /** Whether there is more. Called on the context alone. */
        boolean isLeft();
    }

    Turns(Context context, Work work) {
        this.context = (ContextInternal) context;
        this.work = work;
    }

    /** There is something to do. May be called from every thread, after it is there. */
    void begin() {
        if (begun.compareAndSet(false, true)) {
            context.runOnContext(v -> turn());
        }
    }

    private void turn() {
        try {
            work.some();
        } finally {
            goOn();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it is done at once, or the event loop has ended
    private void goOn() {
        if (work.isLeft()) {
            context.nettyEventLoop().schedule(() -> context.runOnContext(v -> turn()), 0, TimeUnit.NANOSECONDS);
            return;
        }
        begun.set(false);
        // What came in between found that it had begun.
        if (work.isLeft()) {
            begin();
        }
    }
}
