package dev.reveille.proxy;

import dev.reveille.http.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Consumer;

/**
 * One end of a tunnel, in place of Vert.x' handler: an idle one is little more than its socket. What is read here is
 * written to the other end, and nothing is read while that has too much to send. Belongs to the event loop of both.
 */
final class TunnelEnd extends ChannelInboundHandlerAdapter {
    private final Channel channel;
    private final Consumer<ByteBuf> reader;
    private final Runnable onClosed;
    private TunnelEnd other;
    private boolean written;
    private boolean closed;

    /**
     * @param reader is given, with its reference, what comes in
     * @param onClosed runs behind the last of it
     */
    TunnelEnd(Channel channel, Consumer<ByteBuf> reader, Runnable onClosed) {
        this.channel = channel;
        this.reader = reader;
        this.onClosed = onClosed;
        Transport.boundBuffers(channel);
    }

    void joins(TunnelEnd end) {
        other = end;
        end.other = this;
    }

    /** Takes the place of {@code handler} in the pipeline, unless it has lost it as its connection closed. */
    void replaces(ChannelHandlerContext handler) {
        if (!handler.isRemoved()) {
            channel.pipeline().replace(handler.name(), "tunnel", this);
        }
        if (!channel.isActive()) {
            close();
        }
    }

    /** Takes over the reference. Sent with the next {@link #flush}. */
    @SuppressWarnings("FutureReturnValueIgnored") // whoever is gone is heard of otherwise
    void write(ByteBuf data) {
        written = true;
        channel.write(data, channel.voidPromise());
    }

    void flush() {
        if (written) {
            written = false;
            channel.flush();
        }
    }

    /** Whether it has so much to send that the other end is not read. */
    boolean isFull() {
        return !channel.isWritable();
    }

    /**
     * Closes once all that was written has left.
     *
     * @param done runs when it is closed
     */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    void end(Runnable done) {
        channel.closeFuture().addListener(gone -> done.run());
        // Paused, it would not be noticed to have left.
        channel.config().setAutoRead(true);
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> channel.close());
    }

    /** Closes at once, so that the other side sees that it was no orderly end. */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    void reset() {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    void cut() {
        channel.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf data)) {
            ReferenceCountUtil.release(message);
            return;
        }
        reader.accept(data);
        if (!other.channel.isWritable()) {
            other.flush();
            holdBack();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        other.flush();
        holdBack();
    }

    /** Reads on only as fast as the other end sends. */
    private void holdBack() {
        if (!closed && !other.closed && !other.channel.isWritable()) {
            channel.config().setAutoRead(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable() && !other.closed) {
            other.channel.config().setAutoRead(true);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        close();
    }

    private void close() {
        if (!closed) {
            closed = true;
            onClosed.run();
        }
    }

    /** A server that shuts down says so to its connections. Who closes a tunnel, and when, is not decided here. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        ReferenceCountUtil.release(event);
    }

    /** Whoever is reset is closed too. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void exceptionCaught(ChannelHandlerContext context, Throwable broken) {
        context.close();
    }
}
