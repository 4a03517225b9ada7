package dev.reveille.proxy;

import dev.reveille.session.PortSlots;
import dev.reveille.session.Service;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.ServerSSLOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listeners of port mode on one event loop: one for each service of each slot. */
final class PortListeners {
    private static final Logger LOG = LoggerFactory.getLogger(PortListeners.class);

    /** What serves requests to one of the ports. */
    interface Serving {
        Handler<HttpServerRequest> at(int slot, Service service);
    }

    private final PortSlots slots;
    private final String host;
    private final Function<Handler<HttpServerRequest>, HttpServer> listener;
    private final Serving serving;
    private final List<HttpServer> open = new ArrayList<>();

    /** @param listener makes a server that does not listen yet, of what serves its requests */
    PortListeners(
            PortSlots slots, String host, Function<Handler<HttpServerRequest>, HttpServer> listener, Serving serving) {
        this.slots = slots;
        this.host = host;
        this.listener = listener;
        this.serving = serving;
    }

    /**
     * Listens. A slot of which a port belongs to somebody else is not used from then on, by this event loop and the others.
     *
     * @return when it is known which slots can be used; fails if none can
     */
    Future<Void> listen() {
        List<Future<Void>> all = slots.usable().stream().map(this::slot).toList();
        return Future.join(all)
                .transform(tried -> slots.usable().isEmpty()
                        ? Future.failedFuture(
                                new IllegalStateException("no slot of http.port-range can be used on " + host))
                        : Future.succeededFuture());
    }

    /** Finishes requests under way and stops. @return when all is closed, after {@code drain} at the latest */
    Future<Void> shutdown(Duration drain) {
        return Future.join(open.stream()
                        .map(server -> server.shutdown(drain.toMillis(), TimeUnit.MILLISECONDS))
                        .toList())
                .mapEmpty();
    }

    /** Lets new connections have another certificate. */
    Future<Void> renew(ServerSSLOptions options) {
        return Future.join(open.stream()
                        .map(server -> server.updateSSLOptions(options))
                        .toList())
                .mapEmpty();
    }

    private Future<Void> slot(int slot) {
        List<HttpServer> mine = new ArrayList<>();
        List<Future<HttpServer>> listening = new ArrayList<>();
        for (Service service : Service.values()) {
            int port = slots.port(slot, service);
            listening.add(listener.apply(serving.at(slot, service))
                    .listen(port, host)
                    .onSuccess(mine::add)
                    .onFailure(taken -> LOG.warn(
                            "port {} of http.port-range cannot be bound, so it and its neighbours are not used: {}",
                            port,
                            taken.getMessage())));
        }
        return Future.join(listening)
                .<Void>mapEmpty()
                .onSuccess(up -> open.addAll(mine))
                .recover(taken -> {
                    slots.exclude(slot);
                    return Future.join(mine.stream().map(HttpServer::close).toList())
                            .mapEmpty();
                });
    }
}
