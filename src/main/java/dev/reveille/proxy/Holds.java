package dev.reveille.proxy;

import dev.reveille.config.HoldSettings;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bounds of how many requests may wait for sandboxes, on this node: in all, per tenant and per session. They are told
 * in requests, since bodies stay unread: what one that waits costs is its connection. Shared by all event loops.
 */
public final class Holds {
    /** One seat in so many may be a guest's. */
    private static final int SEATS_A_GUEST = 10;

    private final HoldSettings limits;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<String, Integer> perTenant = new ConcurrentHashMap<>();
    private final Map<String, Integer> perSession = new ConcurrentHashMap<>();
    private final Map<String, Integer> guests = new ConcurrentHashMap<>();
    private final WakeTimes wakeTimes = new WakeTimes();
    private final Releases releases;
    private volatile boolean closed;

    public Holds(HoldSettings limits, MeterRegistry meters) {
        this.limits = limits;
        this.releases = new Releases(limits.release());
        Gauge.builder("reveille.holds", all, AtomicInteger::get)
                .description("Requests that wait for their sandbox")
                .register(meters);
    }

    /** From now on nobody may begin to wait for a sandbox that is not awake: this node is about to leave. */
    public void close() {
        closed = true;
    }

    /** How many requests of {@code tenant} wait at this moment. */
    public int of(String tenant) {
        return perTenant.getOrDefault(tenant, 0);
    }

    /** How long wakes take, as far as this node has seen. */
    WakeTimes wakeTimes() {
        return wakeTimes;
    }

    /** How those that waited go on. */
    Releases releases() {
        return releases;
    }

    /**
     * @param guest whether the request shows no key, so that anybody may have sent it: of a session's seats those get but a
     *     few
     * @return why the request may not wait; empty if it now does, and {@link #leave} has to follow
     */
    Optional<GatewayFailure> enter(Route route, boolean guest) {
        return closed ? Optional.of(leaving()) : lineUp(route, guest);
    }

    /** The same for one that waits behind others only, as its sandbox is awake: while this node leaves, too. */
    Optional<GatewayFailure> lineUp(Route route, boolean guest) {
        if (all.incrementAndGet() > limits.perNode()) {
            all.decrementAndGet();
            return Optional.of(full("this node"));
        }
        int bound = boundOfTenant();
        if (!grown(perTenant, tenant(route), bound)) {
            all.decrementAndGet();
            return Optional.of(full(bound < limits.perTenant() ? "this tenant and others" : "this tenant"));
        }
        if (!grown(perSession, session(route), limits.perSession())) {
            all.decrementAndGet();
            shrunk(perTenant, tenant(route));
            return Optional.of(full("this session"));
        }
        if (guest && !grown(guests, session(route), Math.max(1, limits.perSession() / SEATS_A_GUEST))) {
            leave(route, false);
            return Optional.of(full("this session that show no key"));
        }
        return Optional.empty();
    }

    void leave(Route route, boolean guest) {
        if (guest) {
            shrunk(guests, session(route));
        }
        all.decrementAndGet();
        shrunk(perTenant, tenant(route));
        shrunk(perSession, session(route));
    }

    /**
     * A tenant may hold so many times what room there is on this node, and {@code per-tenant} at most. The factor is such
     * that one that is alone reaches just that. With each more that waits all have less, there is some room left for the
     * next, and nobody needs to count them (Choudhury and Hahne's dynamic thresholds).
     */
    private int boundOfTenant() {
        int reserve = limits.perNode() - limits.perTenant();
        if (reserve == 0) {
            return limits.perTenant();
        }
        // The request itself is among all already.
        long room = limits.perNode() - all.get() + 1L;
        return (int) Math.min(limits.perTenant(), Math.max(1, (limits.perTenant() * room + reserve - 1) / reserve));
    }

    static GatewayFailure leaving() {
        return new GatewayFailure.ShuttingDown("this node is about to leave; try again", Duration.ofSeconds(1));
    }

    private GatewayFailure full(String whose) {
        return new GatewayFailure.TooManyWaiting(
                "too many requests of " + whose + " wait for sandboxes", wakeTimes.expected());
    }

    private static boolean grown(Map<String, Integer> counts, String name, int limit) {
        boolean[] room = {true};
        counts.compute(name, (n, now) -> {
            int before = now == null ? 0 : now;
            room[0] = before < limit;
            return room[0] ? Integer.valueOf(before + 1) : now;
        });
        return room[0];
    }

    private static void shrunk(Map<String, Integer> counts, String name) {
        counts.computeIfPresent(name, (n, now) -> now <= 1 ? null : now - 1);
    }

    private static String tenant(Route route) {
        return route.session().tenant();
    }

    private static String session(Route route) {
        return route.session().id().value();
    }
}
