package dev.reveille.bridge;

import dev.reveille.config.BridgeSettings;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How many may be connected to this node by bridges. Strangers, who have not shown yet on whose behalf they come, have few
 * places of their own, so that they take none from the others; when there are too many, whoever has waited longest makes
 * room. May be used from every thread.
 */
final class Seats {
    private static final Duration LATER = Duration.ofSeconds(10);

    private final int most;
    private final int mostOfTenant;
    private final int mostStrangers;

    // Guarded by this.
    private final Set<Seat> strangers = new LinkedHashSet<>();
    private final Map<String, Integer> tenants = new HashMap<>();
    private int seated;

    Seats(BridgeSettings settings) {
        this.most = settings.maxSockets();
        this.mostOfTenant = settings.perTenant();
        this.mostStrangers = settings.maxStrangers();
    }

    /**
     * Lets a stranger in.
     *
     * @param makesRoom called, on any thread and at most once, if it has to go for another one's sake
     * @return its seat, that has to be left
     */
    Seat stranger(Runnable makesRoom) {
        Seat seat = new Seat(makesRoom);
        letIn(seat).ifPresent(oldest -> oldest.makesRoom.run());
        return seat;
    }

    /**
     * Lets somebody in who has shown on whose behalf he comes.
     *
     * @return his seat, that has to be left
     * @throws FailureException {@code too_many_waiting}
     */
    Seat of(String tenant) {
        Seat seat = new Seat(() -> {});
        seat.belongsTo(tenant);
        return seat;
    }

    private synchronized Optional<Seat> letIn(Seat seat) {
        Optional<Seat> goes = Optional.empty();
        if (strangers.size() >= mostStrangers) {
            Iterator<Seat> oldest = strangers.iterator();
            goes = Optional.of(oldest.next());
            oldest.remove();
        }
        strangers.add(seat);
        return goes;
    }

    private synchronized void seat(Seat seat, String tenant) {
        int now = tenants.getOrDefault(tenant, 0);
        if (now >= mostOfTenant) {
            throw full("this node has " + mostOfTenant + " connections of this tenant already; close some");
        }
        if (seated >= most) {
            throw full("this node has " + most + " connections already; another one may take you");
        }
        strangers.remove(seat);
        tenants.put(tenant, now + 1);
        seated++;
    }

    private static FailureException full(String detail) {
        return new GatewayFailure.TooManyWaiting(detail, LATER).asException();
    }

    private synchronized void leave(Seat seat, Optional<String> tenant) {
        strangers.remove(seat);
        tenant.ifPresent(name -> {
            tenants.computeIfPresent(name, (same, now) -> now > 1 ? now - 1 : null);
            seated--;
        });
    }

    /** How many are connected, strangers too. */
    synchronized int taken() {
        return seated + strangers.size();
    }

    /** That of one connection, to be used on its event loop. */
    final class Seat {
        private final Runnable makesRoom;
        private Optional<String> tenant = Optional.empty();
        private boolean left;

        private Seat(Runnable makesRoom) {
            this.makesRoom = makesRoom;
        }

        /** Whether it has not been shown yet on whose behalf it is taken. */
        boolean isStrangers() {
            return tenant.isEmpty();
        }

        /**
         * It is taken on {@code owner}'s behalf; does nothing if it was so already, on whosever.
         *
         * @throws FailureException {@code too_many_waiting}, and it stays a stranger's
         */
        void belongsTo(String owner) {
            if (tenant.isEmpty() && !left) {
                seat(this, owner);
                tenant = Optional.of(owner);
            }
        }

        /** Nobody sits there any more. May be called again. */
        void isLeft() {
            if (!left) {
                left = true;
                leave(this, tenant);
            }
        }
    }
}
