package dev.reveille.watch;

import dev.reveille.websocket.Limits;
import dev.reveille.websocket.StrictWebSocket;
import java.time.Duration;

/** By websocket. What the client says is checked, and not listened to. */
final class SocketOutlet implements Outlet {
    /** A client has nothing to say; as much is for those that send pings of their own making. */
    private static final int LONGEST_MESSAGE = 64 * 1024;

    /** So much may wait in the network's own buffers and ours before it counts as slow. */
    private static final int QUEUE = 32 * 1024;

    static final Limits LIMITS = new Limits(LONGEST_MESSAGE, QUEUE, Duration.ofSeconds(5));

    private final StrictWebSocket socket;

    SocketOutlet(StrictWebSocket socket) {
        this.socket = socket;
        // When the server leaves, so do we, and at a moment of our choice.
        socket.shutdownHandler(leaving -> {});
    }

    @Override
    public boolean full() {
        return socket.writeQueueFull();
    }

    @Override
    public void write(Message message) {
        socket.append(message.framed());
    }

    @Override
    public void flush() {
        socket.flush();
    }

    @Override
    public void ping() {
        socket.ping();
    }

    @Override
    public void close(short code, String reason) {
        socket.close(code, reason);
    }

    @Override
    public void cut() {
        // Closing cuts by itself whoever does not answer it.
    }

    @Override
    public void onDrain(Runnable drained) {
        socket.drainHandler(v -> drained.run());
    }

    @Override
    public void onClosed(Runnable closed) {
        socket.closeHandler(v -> closed.run());
    }
}
