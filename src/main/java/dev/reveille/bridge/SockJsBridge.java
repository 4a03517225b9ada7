package dev.reveille.bridge;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandlerOptions;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge for browsers, on one event loop: SockJS by Vert.x, and the protocol of its bridge. Vert.x' own bridge answers
 * whatever comes, without asking whether anybody reads it, and registers each listener with the whole cluster. Of the
 * transports of SockJS there are only websockets: those that poll must come back to the same node each time, and read bodies
 * of any length.
 */
final class SockJsBridge {
    private static final Logger LOG = LoggerFactory.getLogger(SockJsBridge.class);
    private static final Pattern SERVED = Pattern.compile("/eventbus/(info|[^/.]+/[^/.]+/websocket)");
    private static final String WITHOUT_WEBSOCKETS = "/eventbus/info";
    private static final int NOT_FOUND = 404;

    private final House house;
    private final Context context;
    private final Function<RoutingContext, Shown> shown;
    private final Set<Guest> guests = new HashSet<>();
    private boolean leaving;

    /** @param shown what the request has shown that opened a connection */
    SockJsBridge(House house, Function<RoutingContext, Shown> shown) {
        this.house = house;
        this.context = house.vertx().getOrCreateContext();
        this.shown = shown;
    }

    Router router() {
        Vertx vertx = house.vertx();
        SockJSHandlerOptions options = new SockJSHandlerOptions().setInsertJSESSIONID(false);
        for (String polling : List.of("EVENT_SOURCE", "HTML_FILE", "JSON_P", "XHR")) {
            options.addDisabledTransport(polling);
        }
        Router served = SockJSHandler.create(vertx, options).socketHandler(this::arrives);
        Router router = Router.router(vertx);
        router.route().handler(SockJsBridge::onlyWhatIsServed);
        router.route("/*").subRouter(served);
        return router;
    }

    private static void onlyWhatIsServed(RoutingContext request) {
        String path = request.request().path();
        boolean upgrade = request.request().headers().contains("Upgrade");
        if (SERVED.matcher(path).matches() && (upgrade || path.equals(WITHOUT_WEBSOCKETS))) {
            request.next();
        } else {
            request.fail(NOT_FOUND);
        }
    }

    private void arrives(SockJSSocket socket) {
        if (leaving) {
            socket.close();
            return;
        }
        Guest guest = new Guest(house, shown.apply(socket.routingContext()), new SockJsLine(socket));
        guests.add(guest);
        socket.handler(guest::says)
                .exceptionHandler(broken -> LOG.debug("client={} {}", socket.remoteAddress(), broken.toString()))
                .closeHandler(v -> leaves(guest));
        guest.begin();
    }

    private void leaves(Guest guest) {
        if (guests.remove(guest)) {
            guest.left();
        }
    }

    void leave(Duration window) {
        context.runOnContext(v -> {
            leaving = true;
            guests.forEach(guest -> house.vertx()
                    .setTimer(ThreadLocalRandom.current().nextLong(1, window.toMillis() + 2), t -> guest.end()));
        });
    }
}
