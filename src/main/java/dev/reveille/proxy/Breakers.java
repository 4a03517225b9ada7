package dev.reveille.proxy;

import dev.reveille.registry.Route;
import dev.reveille.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives sandboxes that cannot be reached a rest. Closed: requests pass. After so many losses in a row, with {@code /alive}
 * silent too, it opens: requests fail at once. After a while it is half open: one request has {@code /alive} asked, and what
 * comes of that closes or opens it again. An answer to anybody closes it, and so does every change of the session; what was
 * under way before that change says nothing of what came after it.
 *
 * <p>There is one only for a sandbox that was lost since it last answered. Belongs to one event loop.
 */
final class Breakers {
    private static final Logger LOG = LoggerFactory.getLogger(Breakers.class);
    private static final int WORTH_TIDYING = 1024;

    /** What a request may do. */
    enum Pass {
        /** Go. */
        FREE,
        /** Find out, with {@code /alive}, whether others may, and say so to {@link #tried}. */
        TRIAL,
        /** Fail. */
        NONE
    }

    private final Verdicts verdicts;
    private final int failures;
    private final long resetNanos;
    private final Runnable opened;
    private final Map<String, Breaker> lost = new HashMap<>();

    /**
     * @param failures how many losses in a row open one; 0: none does
     * @param reset from that to the next look
     * @param opened runs when one opens that was closed
     */
    Breakers(Verdicts verdicts, int failures, Duration reset, Runnable opened) {
        this.verdicts = verdicts;
        this.failures = failures;
        this.resetNanos = reset.toNanos();
        this.opened = opened;
    }

    Pass pass(Route route) {
        if (lost.isEmpty()) {
            return Pass.FREE;
        }
        Breaker breaker = of(route);
        if (breaker == null || !breaker.open) {
            return Pass.FREE;
        }
        if (breaker.trying || System.nanoTime() - breaker.lastNanos < resetNanos) {
            return Pass.NONE;
        }
        breaker.trying = true;
        return Pass.TRIAL;
    }

    /** The status of the last loss behind a {@link Pass} that is not free. */
    int status(Route route) {
        Breaker breaker = of(route);
        return breaker == null ? Loss.Kind.NOT_SENT.status() : breaker.kind.status();
    }

    void tried(Route route, boolean alive) {
        Breaker breaker = of(route);
        if (breaker == null) {
            return;
        }
        breaker.trying = false;
        breaker.lastNanos = System.nanoTime();
        if (alive) {
            answered(route);
        }
    }

    /** The sandbox, or the way to it, has answered something. */
    void answered(Route route) {
        Breaker known = lost.isEmpty() ? null : of(route);
        if (known == null) {
            return;
        }
        lost.remove(key(route));
        if (known.open) {
            LOG.info("runtime={} breaker=open→closed", key(route));
        }
    }

    /** A request came to nothing, and not because its client left. */
    void lost(Route route, Loss.Kind kind) {
        if (failures == 0) {
            return;
        }
        tidy();
        Breaker breaker = of(route);
        if (breaker == null && lost.containsKey(key(route))) {
            // It tells of a sandbox that was there before the one that is known to be lost.
            return;
        }
        if (breaker == null) {
            breaker = new Breaker(route.session());
            lost.put(key(route), breaker);
        }
        breaker.kind = kind;
        breaker.lastNanos = breaker.open ? breaker.lastNanos : System.nanoTime();
        breaker.count++;
        if (breaker.count >= failures && !breaker.open && !breaker.trying) {
            confirm(route, breaker);
        }
    }

    /** One service of a sandbox, or one path, may be broken while the rest of it is well. */
    private void confirm(Route route, Breaker breaker) {
        breaker.trying = true;
        verdicts.alive(route).onSuccess(alive -> {
            breaker.trying = false;
            if (of(route) != breaker) {
                return;
            }
            if (alive) {
                lost.remove(key(route));
                return;
            }
            breaker.open = true;
            breaker.lastNanos = System.nanoTime();
            opened.run();
            LOG.info("runtime={} breaker=closed→open failures={}", key(route), breaker.count);
        });
    }

    /** Null if there is none for the sandbox as {@code route} has it. One from before that is of no use any more. */
    private Breaker of(Route route) {
        Breaker known = lost.get(key(route));
        if (known == null || known.isOf(route.session())) {
            return known;
        }
        if (known.isBefore(route.session())) {
            lost.remove(key(route));
        }
        return null;
    }

    /** Of sandboxes that are gone nobody would ask again. */
    private void tidy() {
        if (lost.size() > WORTH_TIDYING) {
            long now = System.nanoTime();
            lost.values().removeIf(b -> !b.trying && now - b.lastNanos > Math.max(resetNanos, 60_000_000_000L));
        }
    }

    private static String key(Route route) {
        return route.runtime().id().value();
    }

    private static final class Breaker {
        private final Instant life;
        private final long revision;
        private Loss.Kind kind;
        private int count;
        private boolean open;
        private boolean trying;
        private long lastNanos;

        private Breaker(Session session) {
            this.life = session.createdAt();
            this.revision = session.revision();
        }

        private boolean isOf(Session session) {
            return life.equals(session.createdAt()) && revision == session.revision();
        }

        /** A session that was forgotten and found again counts from 1. */
        private boolean isBefore(Session session) {
            return life.equals(session.createdAt())
                    ? revision < session.revision()
                    : life.isBefore(session.createdAt());
        }
    }
}
