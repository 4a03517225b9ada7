package dev.reveille.registry;

import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Those who wait for a session to come to a certain point. Each is told once, on the context it came from. */
final class Waiters {
    private final Vertx vertx;
    private final Map<SessionId, Set<Waiter>> waiting = new ConcurrentHashMap<>();

    Waiters(Vertx vertx) {
        this.vertx = vertx;
    }

    /** @return the session once {@code point} holds for it; empty if that took longer than {@code patience} */
    Future<Optional<Session>> add(SessionId id, Predicate<Session> point, Duration patience) {
        Waiter waiter = new Waiter(vertx.getOrCreateContext(), point, Promise.promise());
        waiting.compute(id, (key, others) -> {
            Set<Waiter> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(waiter);
            return all;
        });
        long timer =
                vertx.setTimer(Math.max(1, patience.toMillis()), t -> waiter.promise.tryComplete(Optional.empty()));
        return waiter.promise.future().onComplete(done -> {
            vertx.cancelTimer(timer);
            waiting.computeIfPresent(id, (key, all) -> {
                all.remove(waiter);
                return all.isEmpty() ? null : all;
            });
        });
    }

    void tell(Session session) {
        Set<Waiter> all = waiting.get(session.id());
        if (all == null) {
            return;
        }
        for (Waiter waiter : all) {
            if (waiter.point.test(session)) {
                waiter.context.runOnContext(v -> waiter.promise.tryComplete(Optional.of(session)));
            }
        }
    }

    /** Which sessions are waited for. */
    Set<SessionId> awaited() {
        return Set.copyOf(waiting.keySet());
    }

    /** How many sessions are waited for. */
    int count() {
        return waiting.size();
    }

    /** Identity counts: two waiters for the same point are two. */
    private static final class Waiter {
        private final Context context;
        private final Predicate<Session> point;
        private final Promise<Optional<Session>> promise;

        private Waiter(Context context, Predicate<Session> point, Promise<Optional<Session>> promise) {
            this.context = context;
            this.point = point;
            this.promise = promise;
        }
    }
}
