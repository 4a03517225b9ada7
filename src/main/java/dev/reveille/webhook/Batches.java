package dev.reveille.webhook;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Many things to do on one event loop, a few at a time. */
final class Batches {
    private Batches() {}

    /**
     * Hands all of {@code rest} to {@code each}.
     *
     * @param context where
     * @param atOnce so many, before others have their turn there
     * @param wanted asked before each turn; the rest is left if it says no
     * @return when there is nothing left to do; fails with what {@code each} throws, and the rest is left
     */
    static <T> Future<Void> of(
            Context context, Iterator<T> rest, int atOnce, BooleanSupplier wanted, Consumer<T> each) {
        Promise<Void> done = Promise.promise();
        context.runOnContext(v -> turn(context, rest, atOnce, wanted, each, done));
        return done.future();
    }

    /** What is merely run on a context does not wait for the network, if the network is busy; what is scheduled does. */
    @SuppressWarnings("FutureReturnValueIgnored") // it is done at once, or the event loop has ended
    private static void later(Context context, Runnable turn) {
        ((ContextInternal) context)
                .nettyEventLoop()
                .schedule(() -> context.runOnContext(v -> turn.run()), 0, TimeUnit.NANOSECONDS);
    }

    private static <T> void turn(
            Context context,
            Iterator<T> rest,
            int atOnce,
            BooleanSupplier wanted,
            Consumer<T> each,
            Promise<Void> done) {
        try {
            if (wanted.getAsBoolean()) {
                for (int i = 0; i < atOnce && rest.hasNext(); i++) {
                    each.accept(rest.next());
                }
                if (rest.hasNext()) {
                    later(context, () -> turn(context, rest, atOnce, wanted, each, done));
                    return;
                }
            }
            done.complete();
        } catch (RuntimeException defect) {
            done.fail(defect);
        }
    }
}
