package dev.reveille.watch;

import dev.reveille.config.Settings;
import dev.reveille.registry.SessionRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The streams of one node. May be called from every thread. */
public final class StatusStreams {
    /** Often enough for balancers that cut what is silent for half a minute. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final Hub hub;
    private final Places places;
    private final StreamTimes times;
    private final InstantSource clock;
    private final List<Desk> desks = new CopyOnWriteArrayList<>();

    /** Of all settings those of watchers, of the registry, and over how long the closing of streams is spread at the end. */
    public StatusStreams(Vertx vertx, SessionRegistry registry, Settings settings, InstantSource clock) {
        this(vertx, registry, settings.watchers().most(), times(settings), clock);
    }

    private static StreamTimes times(Settings settings) {
        return new StreamTimes(
                HEARTBEAT,
                settings.watchers().stalledAfter(),
                LAST_WORDS,
                settings.registry().repairInterval(),
                settings.shutdown().websocketWindow());
    }

    StatusStreams(Vertx vertx, SessionRegistry registry, int most, StreamTimes times, InstantSource clock) {
        this.vertx = vertx;
        this.hub = new Hub(
                vertx, ((VertxInternal) vertx).createEventLoopContext(), registry, times.repairInterval(), clock);
        this.places = new Places(most);
        this.times = times;
        this.clock = clock;
    }

    /** Begins; once the registry knows the sessions of the cluster, as those are no news. @return when it has begun */
    public Future<Void> open() {
        return hub.open();
    }

    /** Ends: nobody hears any more. */
    public Future<Void> close() {
        return hub.close();
    }

    /** Lets watchers in on the event loop of the caller, and on that one alone. */
    public Watching here() {
        Desk desk = new Desk(vertx, vertx.getOrCreateContext(), hub, places, times, clock);
        desks.add(desk);
        hub.add(desk);
        return new Watching(desk);
    }

    /** Lets nobody in any more, and closes all streams over a while; see the constructor. */
    public void leave() {
        desks.forEach(desk -> desk.run(desk::leave));
    }

    /** How many watch now. */
    public int watchers() {
        return places.taken();
    }

    /**
     * Tells {@code follower} whatever happens to sessions, of all tenants: each change once, those of one session in order.
     * It is told on one context, always the same, and must be quick; if it fails that is logged, and it hears of the next.
     */
    public void follow(Consumer<StatusEvent> follower) {
        hub.follow(follower);
    }

    /** Tells {@code follower} no more, but perhaps what is being told just now. */
    public void unfollow(Consumer<StatusEvent> follower) {
        hub.unfollow(follower);
    }
}
