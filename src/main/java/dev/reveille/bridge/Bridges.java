package dev.reveille.bridge;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.config.BridgeSettings;
import dev.reveille.watch.StatusStreams;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Deployable;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** The bridges of one node. */
public final class Bridges {
    /** Where the one for browsers is, on the public listener. */
    public static final String PATH = "/eventbus/*";

    private final House house;
    private final Duration goodbyes;
    private final Set<SockJsBridge> open = ConcurrentHashMap.newKeySet();

    /**
     * @param streams what guests are told of; they are followed as long as they tell something
     * @param goodbyes over how long the closing of connections is spread when this node leaves
     */
    public Bridges(
            Vertx vertx,
            Tenants tenants,
            Tickets tickets,
            StatusStreams streams,
            BridgeSettings settings,
            Duration goodbyes,
            MeterRegistry meters) {
        Feed feed = new Feed();
        Seats seats = new Seats(settings);
        this.house = new House(vertx, new Admission(vertx.eventBus(), tenants, tickets), feed, seats, settings);
        this.goodbyes = Objects.requireNonNull(goodbyes, "goodbyes");
        streams.follow(feed::tell);
        Gauge.builder("reveille.bridge.sockets", seats, Seats::taken)
                .description("Connections of the event-bus bridges")
                .register(meters);
    }

    /**
     * The one for browsers, on one event loop.
     *
     * @param tenant whose key the request shows that opens a connection, if any
     * @param ticket the one that it shows, if any, and that is good by then
     */
    public Router sockJs(
            Function<RoutingContext, Optional<String>> tenant, Function<RoutingContext, Optional<String>> ticket) {
        SockJsBridge bridge =
                new SockJsBridge(house, context -> new Shown(tenant.apply(context), ticket.apply(context)));
        open.add(bridge);
        return bridge.router();
    }

    /**
     * The one for services.
     *
     * @param actualPort set to where it listens
     */
    public Deployable tcp(AtomicInteger actualPort) {
        return new TcpBridge(house, actualPort);
    }

    /** This node is about to leave: takes nobody new, and closes each connection of a browser at a moment of its own. */
    public void leave() {
        open.forEach(bridge -> bridge.leave(goodbyes));
    }
}
