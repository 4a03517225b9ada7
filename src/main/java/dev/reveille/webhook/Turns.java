package dev.reveille.webhook;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Iterator;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Many things to do on one event loop, a few at a time. */
final class Turns {
    private Turns() {}

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
                    context.runOnContext(v -> turn(context, rest, atOnce, wanted, each, done));
                    return;
                }
            }
            done.complete();
        } catch (RuntimeException defect) {
            done.fail(defect);
        }
    }
}
