package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandler;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import java.util.Optional;

/**
 * A websocket that is open. Pings are answered; what a client says is checked, and thrown away unless there is a handler for
 * it. While more waits to be sent than {@link Limits#queue}, nothing is read. When the server shuts down and nobody listens
 * for that, it closes with 1001.
 *
 * <p>Handlers are called on the event loop of the connection, and to be set there. All else may be called on every thread;
 * what is sent from one thread keeps its order. Whoever is gone is heard of by {@link #closeHandler} alone: writing to him does
 * nothing.
 */
public final class StrictWebSocket {
    private final Channel channel;
    private final ContextInternal context;
    private final Deflate deflate;
    private final Limits limits;
    private final SocketHandler handler;
    private final Closing closing;
    private Handler<String> textHandler;
    private Handler<Buffer> binaryHandler;
    private Handler<Void> drainHandler;
    private Handler<Void> shutdownHandler;
    private Handler<Void> closeHandler;

    StrictWebSocket(ContextInternal context, Channel channel, Optional<Deflate> deflate, Limits limits) {
        this.context = context;
        this.channel = channel;
        this.deflate = deflate.orElse(null);
        this.limits = limits;
        this.closing = new Closing(channel, limits.closing());
        this.handler = new SocketHandler(this, closing);
    }

    /** Is given each text message; null: they are ignored, as at first. */
    public StrictWebSocket textHandler(Handler<String> handler) {
        textHandler = handler;
        return this;
    }

    /** Is given each binary message; null: they are ignored, as at first. */
    public StrictWebSocket binaryHandler(Handler<Buffer> handler) {
        binaryHandler = handler;
        return this;
    }

    /** Runs whenever the queue was full and is so no more. */
    public StrictWebSocket drainHandler(Handler<Void> handler) {
        drainHandler = handler;
        return this;
    }

    /** Runs when the server is about to shut down; whoever sets it has to close in time. */
    public StrictWebSocket shutdownHandler(Handler<Void> handler) {
        shutdownHandler = handler;
        return this;
    }

    /** Runs once, when the connection has ended; at once if it has. */
    public StrictWebSocket closeHandler(Handler<Void> handler) {
        closeHandler = handler;
        if (closing.isOver()) {
            context.emit(handler);
        }
        return this;
    }

    /**
     * Sends a text message.
     *
     * @param text half a surrogate pair is no character, and is sent as a question mark
     */
    public void writeText(String text) {
        byte[] payload = text.getBytes(UTF_8);
        byte[] frame = Frame.text(payload);
        if (deflate != null && deflate.reaches(payload.length)) {
            byte[] compressed = Frame.compressedText(Deflate.compress(payload));
            frame = compressed.length < frame.length ? compressed : frame;
        }
        handler.write(frame);
    }

    /** Sends a text message that many get. */
    public void write(FramedText text) {
        handler.write(text.bytes(deflate));
    }

    /** As {@link #write}, but it may wait for the next that is written, or for {@link #flush}. */
    public void append(FramedText text) {
        handler.append(text.bytes(deflate));
    }

    /** Sends what was appended. */
    public void flush() {
        handler.flush();
    }

    /** Sends a binary message. */
    public void writeBinary(Buffer data) {
        byte[] payload = data.getBytes();
        byte[] frame = Frame.binary(payload);
        if (deflate != null && deflate.reaches(payload.length)) {
            byte[] compressed = Frame.compressedBinary(Deflate.compress(payload));
            frame = compressed.length < frame.length ? compressed : frame;
        }
        handler.write(frame);
    }

    /** Asks for a sign of life. None is waited for: a connection that is gone the system finds out. */
    public void ping() {
        handler.write(Frame.ping());
    }

    /** Whether more waits to be sent than the limit; what is written nevertheless waits too. */
    public boolean writeQueueFull() {
        return !channel.isWritable();
    }

    /**
     * Says that this is the end, behind all that was written, waits for the other side to say so too, and ends the connection;
     * if that takes longer than {@link Limits#closing} it is cut. Nothing can be written behind it. Does nothing if it is closed or
     * about to be.
     *
     * @param code {@link CloseCode#NORMAL} and the like
     * @param reason as much of it as 123 bytes take is sent
     */
    public void close(int code, String reason) {
        if (!CloseCode.isSendable(code)) {
            throw new IllegalArgumentException("code: " + code + " (expected: one that may be sent, such as 1000)");
        }
        handler.inTurn(() -> closing.begin(Frame.close(code, reason)));
    }

    /** Whether nothing can be written any more. */
    public boolean isClosed() {
        return !closing.isOpen();
    }

    /**
     * Why the other side has closed: its code, {@link CloseCode#NONE} if it gave none, {@link CloseCode#ABNORMAL} if it has said
     * nothing, or not yet.
     */
    public int closeCode() {
        return closing.heard();
    }

    Limits limits() {
        return limits;
    }

    ChannelInboundHandler handler() {
        return handler;
    }

    /** It is in its place; the connection may have ended before that. */
    void opened() {
        if (!channel.isActive()) {
            closing.over();
        }
    }

    boolean takesText() {
        return textHandler != null;
    }

    boolean takesBinary() {
        return binaryHandler != null;
    }

    void text(String message) {
        context.emit(message, textHandler);
    }

    void binary(byte[] message) {
        context.emit(Buffer.buffer(message), binaryHandler);
    }

    void drained() {
        if (drainHandler != null) {
            context.emit(drainHandler);
        }
    }

    void shutDown() {
        if (shutdownHandler != null) {
            context.emit(shutdownHandler);
        } else {
            closing.begin(Frame.close(CloseCode.GOING_AWAY, ""));
        }
    }

    void ended() {
        if (closeHandler != null) {
            context.emit(closeHandler);
        }
    }
}
