package dev.reveille.bridge;

import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetSocket;
import io.vertx.core.parsetools.RecordParser;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The line to a service. Frames are a length of four bytes and as much JSON. While it does not read, it is not listened to. */
final class TcpLine implements Line {
    private static final Logger LOG = LoggerFactory.getLogger(TcpLine.class);

    /** Nothing that one may say is longer. */
    private static final int LONGEST = 16 * 1024;

    private final NetSocket socket;
    private final RecordParser parser = RecordParser.newFixed(Integer.BYTES);
    private boolean inFrame;
    private boolean broken;

    TcpLine(NetSocket socket) {
        this.socket = socket;
    }

    /** Gives {@code guest} what comes. */
    void leadsTo(Guest guest) {
        parser.handler(piece -> take(piece, guest));
        socket.handler(data -> {
            guest.isHeard();
            parser.handle(data);
        });
        socket.exceptionHandler(broke -> LOG.debug("client={} {}", this, broke.toString()));
    }

    private void take(Buffer piece, Guest guest) {
        if (broken) {
            return;
        }
        if (inFrame) {
            inFrame = false;
            parser.fixedSizeMode(Integer.BYTES);
            guest.says(piece);
            return;
        }
        int length = piece.getInt(0);
        if (length < 1 || length > LONGEST) {
            broken = true;
            guest.refuse(
                    null,
                    new GatewayFailure.InvalidRequest(
                            "a frame of " + length + " bytes (expected: 1 to " + LONGEST + ")"));
            guest.end();
        } else {
            inFrame = true;
            parser.fixedSizeMode(length);
        }
    }

    @Override
    public Future<Void> write(Buffer text) {
        Future<Void> sent = socket.write(Buffer.buffer(Integer.BYTES + text.length())
                .appendInt(text.length())
                .appendBuffer(text));
        if (socket.writeQueueFull()) {
            socket.pause();
            socket.drainHandler(v -> socket.resume());
        }
        return sent;
    }

    @Override
    public JsonObject news(String address, JsonObject body) {
        return new JsonObject()
                .put("type", "message")
                .put("address", address)
                .put("headers", new JsonObject())
                .put("body", body)
                .put("send", false);
    }

    @Override
    public Optional<JsonObject> pong() {
        return Optional.of(new JsonObject().put("type", "pong"));
    }

    @Override
    public void close() {
        socket.close().onFailure(gone -> LOG.debug("client={} {}", this, gone.toString()));
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void cut() {
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }

    /** Where it leads. */
    @Override
    public String toString() {
        return String.valueOf(socket.remoteAddress());
    }
}
