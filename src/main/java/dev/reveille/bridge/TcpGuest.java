package dev.reveille.bridge;

import dev.reveille.config.Settings;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetSocket;
import io.vertx.core.parsetools.RecordParser;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One service that is connected. Frames are a length of four bytes and as much JSON. */
final class TcpGuest {
    private static final Logger LOG = LoggerFactory.getLogger(TcpGuest.class);

    /** Nothing that one may say is longer. */
    private static final int LONGEST = 16 * 1024;

    private final Vertx vertx;
    private final NetSocket socket;
    private final Guest guest;
    private final Duration idle;
    private final Map<String, MessageConsumer<?>> consumers = new HashMap<>();
    private final RecordParser parser = RecordParser.newFixed(Integer.BYTES);
    private boolean inFrame;
    private boolean heard = true;
    private boolean over;
    private long timer;

    TcpGuest(Vertx vertx, NetSocket socket, Admission admission, Settings.Bridges settings) {
        this.vertx = vertx;
        this.socket = socket;
        this.idle = settings.idleTimeout();
        this.guest = new Guest(
                admission,
                Shown.NOTHING,
                settings.maxRegistrations(),
                settings.queue().bytes(),
                this::cut);
    }

    void begin() {
        parser.handler(this::take);
        socket.handler(data -> {
            heard = true;
            parser.handle(data);
        });
        socket.exceptionHandler(broken -> LOG.debug("client={} {}", socket.remoteAddress(), broken.toString()));
        timer = vertx.setPeriodic(idle.toMillis(), t -> look());
    }

    /** Whoever says nothing, or has nothing to listen to, is not kept. */
    private void look() {
        if (!heard || !guest.isActive()) {
            cut();
        }
        heard = false;
    }

    private void take(Buffer piece) {
        if (over) {
            return;
        }
        if (inFrame) {
            inFrame = false;
            parser.fixedSizeMode(Integer.BYTES);
            message(piece);
            return;
        }
        int length = piece.getInt(0);
        if (length < 1 || length > LONGEST) {
            refuse(null, "a frame of " + length + " bytes (expected: 1 to " + LONGEST + ")");
            end();
        } else {
            inFrame = true;
            parser.fixedSizeMode(length);
        }
    }

    private void message(Buffer text) {
        JsonObject message;
        try {
            message = new JsonObject(text);
        } catch (DecodeException | ClassCastException none) {
            refuse(null, "that is no JSON object");
            return;
        }
        String address = message.getValue("address") instanceof String given ? given : null;
        switch (String.valueOf(message.getValue("type"))) {
            case "ping" -> send(new JsonObject().put("type", "pong"));
            case "register" ->
                register(address, message.getValue("headers") instanceof JsonObject given ? given : new JsonObject());
            case "unregister" -> unregister(address);
            case "send", "publish" ->
                send(Guest.error(address, new GatewayFailure.Forbidden("one may only listen here").asException()));
            default -> refuse(address, "unknown type (expected: register, unregister or ping)");
        }
    }

    private void register(String address, JsonObject headers) {
        guest.register(address, headers)
                .onSuccess(admitted -> listen(address))
                .onFailure(refusal -> send(Guest.error(address, refusal)));
    }

    private void listen(String address) {
        if (!over) {
            consumers.put(address, vertx.eventBus().consumer(address, this::tell));
        }
    }

    private void tell(Message<Object> news) {
        if (guest.hears(news.address(), news.body())) {
            send(new JsonObject()
                    .put("type", "message")
                    .put("address", news.address())
                    .put("headers", new JsonObject())
                    .put("body", news.body())
                    .put("send", false));
        }
    }

    private void unregister(String address) {
        MessageConsumer<?> consumer = consumers.remove(address);
        if (consumer == null) {
            refuse(address, "you do not listen to that address");
        } else {
            guest.unregister(address);
            observe(consumer.unregister());
        }
    }

    private void refuse(String address, String detail) {
        send(Guest.error(address, new GatewayFailure.InvalidRequest(detail).asException()));
    }

    private void send(JsonObject message) {
        if (!over) {
            byte[] text = message.toBuffer().getBytes();
            Buffer frame = Buffer.buffer(Integer.BYTES + text.length)
                    .appendInt(text.length)
                    .appendBytes(text);
            guest.sending(frame.length(), socket.write(frame));
        }
    }

    /** The node leaves. */
    void leave() {
        send(Guest.error(
                null,
                new GatewayFailure.ShuttingDown("this node is about to leave; connect again", Duration.ofSeconds(1))
                        .asException()));
        end();
    }

    /** Closes behind what was sent; whoever does not read that is cut off. */
    private void end() {
        over = true;
        observe(socket.close());
        vertx.setTimer(idle.toMillis(), t -> cut());
    }

    /** Closing would wait until all has left that was written, which is never while nobody reads. */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private void cut() {
        over = true;
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }

    /** The connection has ended. */
    void left() {
        over = true;
        vertx.cancelTimer(timer);
        consumers.values().forEach(consumer -> observe(consumer.unregister()));
        consumers.clear();
    }

    private void observe(Future<?> done) {
        done.onFailure(gone -> LOG.debug("client={} {}", socket.remoteAddress(), gone.toString()));
    }
}
