package dev.reveille.watch;

import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How many watch, of each tenant. May be used from every thread. */
final class Places {
    private static final Duration LATER = Duration.ofSeconds(10);

    private final Map<String, Integer> taken = new ConcurrentHashMap<>();
    private final int most;

    /** @param most how many a tenant may have at once */
    Places(int most) {
        this.most = most;
    }

    /** @return fails with {@code too_many_waiting} if the tenant has none left */
    Future<Void> take(String tenant) {
        int now = taken.merge(tenant, 1, Integer::sum);
        if (now <= most) {
            return Future.succeededFuture();
        }
        giveBack(tenant);
        return Future.failedFuture(new GatewayFailure.TooManyWaiting(
                        "this node has " + most + " streams of this tenant already; close some, or follow all"
                                + " sessions on one",
                        LATER)
                .asException());
    }

    void giveBack(String tenant) {
        taken.computeIfPresent(tenant, (name, now) -> now > 1 ? now - 1 : null);
    }

    /** How many watch now. */
    int taken() {
        return taken.values().stream().mapToInt(Integer::intValue).sum();
    }
}
