package dev.reveille.bridge;

import dev.reveille.config.Settings;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.bridge.PermittedOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.sockjs.BridgeEvent;
import io.vertx.ext.web.handler.sockjs.SockJSBridgeOptions;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandlerOptions;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge of Vert.x for browsers, on one event loop. Of the transports of SockJS there are only websockets: those that poll
 * must come back to the same node each time, and read bodies of any length.
 */
final class SockJsBridge {
    private static final Logger LOG = LoggerFactory.getLogger(SockJsBridge.class);
    private static final Pattern SERVED = Pattern.compile("/eventbus/(info|[^/.]+/[^/.]+/websocket)");
    private static final String WITHOUT_WEBSOCKETS = "/eventbus/info";
    private static final int NOT_FOUND = 404;

    private final Vertx vertx;
    private final Context context;
    private final Admission admission;
    private final Settings.Bridges settings;
    private final Places places;
    private final Function<RoutingContext, Shown> shown;
    private final Map<SockJSSocket, Guest> guests = new HashMap<>();
    private boolean leaving;

    /** @param shown what the request has shown that opened a connection */
    SockJsBridge(
            Vertx vertx,
            Admission admission,
            Settings.Bridges settings,
            Places places,
            Function<RoutingContext, Shown> shown) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.admission = admission;
        this.settings = settings;
        this.places = places;
        this.shown = shown;
    }

    Router router() {
        // Progress and changes alike; who may listen is looked at with each registration.
        SockJSBridgeOptions options = new SockJSBridgeOptions()
                .setMaxAddressLength(Address.LONGEST)
                .setMaxHandlersPerSocket(settings.maxRegistrations())
                .setPingTimeout(settings.idleTimeout().toMillis())
                .setOutboundPermitteds(List.of(
                        new PermittedOptions().setAddress(Address.EVERY_CHANGE),
                        new PermittedOptions().setAddressRegex(Pattern.quote(Address.CHANGES) + ".+"),
                        new PermittedOptions().setAddressRegex(Pattern.quote(Address.PROGRESS) + ".+")));
        SockJSHandlerOptions sockJs = new SockJSHandlerOptions().setInsertJSESSIONID(false);
        for (String polling : List.of("EVENT_SOURCE", "HTML_FILE", "JSON_P", "XHR")) {
            sockJs.addDisabledTransport(polling);
        }
        Router served = SockJSHandler.create(vertx, sockJs).bridge(options, this::handle);
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

    private void handle(BridgeEvent event) {
        switch (event.type()) {
            case SOCKET_CREATED -> event.complete(arrives(event.socket()));
            case SOCKET_CLOSED -> {
                leaves(event.socket());
                event.complete(true);
            }
            case REGISTER -> register(event);
            case UNREGISTER -> {
                guest(event).unregister(event.getRawMessage().getString("address"));
                event.complete(true);
            }
            case RECEIVE -> {
                tell(event);
                event.complete(false);
            }
            case REGISTERED, SOCKET_PING, SOCKET_IDLE, SOCKET_ERROR -> event.complete(true);
            default -> event.complete(false);
        }
    }

    private boolean arrives(SockJSSocket socket) {
        if (leaving || !places.take()) {
            return false;
        }
        Guest guest = new Guest(
                admission,
                shown.apply(socket.routingContext()),
                settings.maxRegistrations(),
                settings.queue().bytes(),
                () -> cut(socket));
        guests.put(socket, guest);
        vertx.setTimer(settings.idleTimeout().toMillis(), t -> {
            if (guests.get(socket) == guest && !guest.isActive()) {
                socket.close();
            }
        });
        return true;
    }

    private void leaves(SockJSSocket socket) {
        if (guests.remove(socket) != null) {
            places.leave();
        }
    }

    /** One that is gone already has nothing to say. */
    private Guest guest(BridgeEvent event) {
        return guests.getOrDefault(
                event.socket(), new Guest(admission, Shown.NOTHING, 0, 0, () -> cut(event.socket())));
    }

    private void register(BridgeEvent event) {
        JsonObject message = event.getRawMessage();
        String address = message.getValue("address") instanceof String text ? text : "";
        JsonObject headers = message.getValue("headers") instanceof JsonObject given ? given : new JsonObject();
        // What follows goes to the event bus and into answers, where keys have no business.
        message.remove("headers");
        guest(event).register(address, headers).onComplete(admitted -> {
            if (admitted.failed()) {
                send(event, Guest.error(address, admitted.cause()));
            }
            event.complete(admitted.succeeded());
        });
    }

    /** Vert.x would write it and not ask whether the last one has left. */
    private void tell(BridgeEvent event) {
        JsonObject news = event.getRawMessage();
        if (guest(event).hears(news.getString("address"), news.getValue("body"))) {
            send(event, news);
        }
    }

    private void send(BridgeEvent event, JsonObject message) {
        Guest guest = guests.get(event.socket());
        if (guest != null) {
            Buffer text = message.toBuffer();
            guest.sending(text.length(), event.socket().write(text));
        }
    }

    /** Closing would wait until all has left that was written, which is never while nobody reads. */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private static void cut(SockJSSocket socket) {
        LOG.debug("client={} is cut off", socket.remoteAddress());
        if (socket.routingContext().request().connection() instanceof ConnectionBase connection) {
            connection.channel().pipeline().firstContext().close();
        }
    }

    void leave(Duration window) {
        context.runOnContext(v -> {
            leaving = true;
            guests.keySet()
                    .forEach(socket -> vertx.setTimer(
                            ThreadLocalRandom.current().nextLong(1, window.toMillis() + 2), t -> socket.close()));
        });
    }
}
