package dev.reveille.watch;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** By websocket. What the client says is not listened to. */
final class SocketOutlet implements Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(SocketOutlet.class);

    private final ServerWebSocket socket;

    SocketOutlet(ServerWebSocket socket) {
        this.socket = socket;
        socket.exceptionHandler(broken -> LOG.debug("a watcher's websocket: {}", broken.toString()));
        // When the server leaves, so do we, and at a moment of our choice.
        socket.shutdownHandler(leaving -> {});
    }

    @Override
    public boolean full() {
        return socket.writeQueueFull();
    }

    @Override
    public void write(Message message) {
        observe(socket.writeTextMessage(message.text()));
    }

    @Override
    public void flush() {
        // Each message is sent when it is written.
    }

    @Override
    public void ping() {
        observe(socket.writePing(Buffer.buffer()));
    }

    @Override
    public void close(short code, String reason) {
        observe(socket.close(code, reason));
    }

    @Override
    public void cut() {
        ((WebSocketInternal) socket)
                .channelHandlerContext()
                .close()
                .addListener(closed -> LOG.debug("a watcher that took nothing is cut off"));
    }

    @Override
    public void onDrain(Runnable drained) {
        socket.drainHandler(v -> drained.run());
    }

    @Override
    public void onClosed(Runnable closed) {
        if (socket.isClosed()) {
            closed.run();
        } else {
            socket.closeHandler(v -> closed.run());
        }
    }

    /** Who has left says so by closing; nothing else is to be done about it. */
    private static void observe(Future<Void> sent) {
        sent.onFailure(left -> LOG.debug("a watcher's websocket: {}", left.toString()));
    }
}
