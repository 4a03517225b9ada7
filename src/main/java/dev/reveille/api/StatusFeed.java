package dev.reveille.api;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.Wire;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells websocket clients where a session stands, and each change from then on, once and in order. */
final class StatusFeed {
    /** Often enough for balancers that cut what is silent for half a minute. */
    static final Duration PING = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(StatusFeed.class);
    private static final Duration REPLY_SLACK = Duration.ofMinutes(2);
    private static final short RESTARTING = 1012;

    private final Vertx vertx;
    private final SessionRegistry registry;
    private final String node;
    private final Duration ping;
    private final Duration goodbyes;

    /**
     * @param ping from one ping of a client to the next
     * @param goodbyes over how long the closing is spread when this node leaves
     */
    StatusFeed(Vertx vertx, SessionRegistry registry, String node, Duration ping, Duration goodbyes) {
        this.vertx = vertx;
        this.registry = registry;
        this.node = node;
        this.ping = ping;
        this.goodbyes = goodbyes;
    }

    void follow(RoutingContext context) {
        Parameters.of(context, Caller.TICKET);
        SessionId id = Parameters.sessionId(context);
        checkHandshake(context.request());
        SessionCommand command = SessionCommand.byClient(id, Caller.tenant(context), Duration.ZERO);
        // Paused, or frames that the client sends early would be lost before the upgrade.
        context.request().pause();
        Catalogue.GET
                .askHere(vertx.eventBus(), command, REPLY_SLACK)
                .compose(known -> context.request().toWebSocket())
                .onSuccess(socket -> new Watcher(socket, id).begin())
                .onFailure(context::fail);
    }

    /** What is wrong with a handshake Vert.x would answer in its own words. */
    private static void checkHandshake(HttpServerRequest request) {
        String connection = String.valueOf(request.getHeader(HttpHeaders.CONNECTION));
        if (!"websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))
                || !connection.toLowerCase(Locale.ROOT).contains("upgrade")) {
            throw Parameters.invalid("this is a websocket (expected: Connection: Upgrade, Upgrade: websocket)");
        }
        if (!"13".equals(request.getHeader("Sec-WebSocket-Version"))
                || request.getHeader("Sec-WebSocket-Key") == null) {
            throw Parameters.invalid(
                    "no handshake of RFC 6455 (expected: Sec-WebSocket-Version: 13 and a" + " Sec-WebSocket-Key)");
        }
    }

    /** One client. When it reads slower than news comes, it gets the newest once it can take it. */
    private final class Watcher {
        private final ServerWebSocket socket;
        private final SessionId id;
        private MessageConsumer<JsonObject> news;
        private long pings;
        private Optional<SessionChange> latest = Optional.empty();
        private boolean told = true;

        private Watcher(ServerWebSocket socket, SessionId id) {
            this.socket = socket;
            this.id = id;
        }

        private void begin() {
            // News first, then the present state: a change in between comes twice, and is told once.
            news = Catalogue.changed(id).follow(vertx.eventBus(), this::heard);
            pings = vertx.setPeriodic(ping.toMillis(), t -> ping());
            socket.closeHandler(v -> end());
            socket.exceptionHandler(broken -> LOG.debug("session={} watcher: {}", id, broken.toString()));
            socket.shutdownHandler(v -> leave());
            socket.drainHandler(v -> tell());
            registry.seen(id).ifPresent(now -> heard(SessionChange.between(Optional.empty(), now, node)));
        }

        private void heard(SessionChange change) {
            if (latest.map(known -> follows(known, change)).orElse(true)) {
                latest = Optional.of(change);
                told = false;
                tell();
            }
        }

        /** A session that was forgotten and opened again counts from 1 again. */
        private static boolean follows(SessionChange known, SessionChange change) {
            return change.revision() > known.revision()
                    || (change.previous().isEmpty() && change.at().isAfter(known.at()));
        }

        private void tell() {
            if (!told && !socket.isClosed() && !socket.writeQueueFull()) {
                told = true;
                observe(socket.writeTextMessage(
                        Wire.change(latest.orElseThrow()).encode()));
            }
        }

        private void ping() {
            if (!socket.writeQueueFull()) {
                observe(socket.writePing(Buffer.buffer()));
            }
        }

        /** Clients that come back together would trample who takes them. */
        private void leave() {
            long moment = ThreadLocalRandom.current().nextLong(1, goodbyes.toMillis() + 2);
            vertx.setTimer(moment, t -> observe(socket.close(RESTARTING, "this node is about to leave")));
        }

        private void end() {
            vertx.cancelTimer(pings);
            observe(news.unregister());
        }

        /** A client that has left says so by closing; nothing else is to be done about it. */
        private void observe(Future<Void> sent) {
            sent.onFailure(left -> LOG.debug("session={} watcher: {}", id, left.toString()));
        }
    }
}
