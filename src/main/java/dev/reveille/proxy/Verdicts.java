package dev.reveille.proxy;

import dev.reveille.registry.Route;
import dev.reveille.runtimeapi.AliveProbe;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * Whether an error is the sandbox's own answer or the way's to it: asked of {@code /alive}, once for all who want to know,
 * and good for a moment. Belongs to one event loop.
 */
final class Verdicts {
    private static final int WORTH_TIDYING = 4096;

    private final AliveProbe probe;
    private final Duration goodFor;
    private final InstantSource clock;
    private final Map<String, Look> looks = new HashMap<>();

    Verdicts(AliveProbe probe, Duration goodFor, InstantSource clock) {
        this.probe = probe;
        this.goodFor = goodFor;
        this.clock = clock;
    }

    /** Whether an answer with {@code status} may come from the way and not from the sandbox. */
    static boolean suspicious(int status) {
        return status == 404 || (status >= 502 && status <= 504);
    }

    /** @return whether the sandbox itself answers; never fails */
    Future<Boolean> alive(Route route) {
        Instant now = clock.instant();
        // A wake makes what was seen before it worthless, so the revision belongs to the key.
        String key = route.runtime().id() + "/" + route.session().revision();
        Look known = looks.get(key);
        if (known != null && now.isBefore(known.until)) {
            return known.alive;
        }
        if (looks.size() > WORTH_TIDYING) {
            looks.values().removeIf(look -> !now.isBefore(look.until));
        }
        Look look = new Look(probe.alive(route.runtime()));
        looks.put(key, look);
        return look.alive.onComplete(done -> look.until = clock.instant().plus(goodFor));
    }

    private static final class Look {
        private final Future<Boolean> alive;
        private Instant until = Instant.MAX;

        private Look(Future<Boolean> alive) {
            this.alive = alive;
        }
    }
}
