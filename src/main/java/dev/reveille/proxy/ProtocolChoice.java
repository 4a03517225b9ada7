package dev.reveille.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Looks whether a connection without TLS begins as one of HTTP/2 does (RFC 9113, 3.4). Vert.x looks too, and takes the first
 * request of HTTP/1 apart before anybody hears of the connection; so it is told of HTTP/1 by a byte that is no request's, and
 * its decoder replaced before there is one.
 */
final class ProtocolChoice extends ChannelInboundHandlerAdapter {
    /** Taken for the begin of a request, and not for that of the preface. */
    static final byte NO_PREFACE = 'G';

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

    private final long patience;
    private final Consumer<ChannelPipeline> http1;
    private ByteBuf begin = Unpooled.EMPTY_BUFFER;
    private ScheduledFuture<?> timer;

    /**
     * @param patience nanoseconds to the end of the preface, or the first byte of anything else
     * @param http1 replaces the decoder, which holds {@link #NO_PREFACE}
     */
    ProtocolChoice(long patience, Consumer<ChannelPipeline> http1) {
        this.patience = patience;
        this.http1 = http1;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer = ctx.executor().schedule(() -> close(ctx), patience, TimeUnit.NANOSECONDS);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private static void close(ChannelHandlerContext ctx) {
        ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        timer.cancel(false);
        begin.release();
        begin = Unpooled.EMPTY_BUFFER;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object data) {
        begin = Unpooled.wrappedBuffer(begin, (ByteBuf) data);
        int compared = Math.min(begin.readableBytes(), PREFACE.length);
        for (int i = 0; i < compared; i++) {
            if (begin.getByte(begin.readerIndex() + i) != PREFACE[i]) {
                ctx.fireChannelRead(Unpooled.wrappedBuffer(new byte[] {NO_PREFACE}));
                http1.accept(ctx.pipeline());
                leave(ctx);
                return;
            }
        }
        if (compared == PREFACE.length) {
            leave(ctx);
        }
    }

    private void leave(ChannelHandlerContext ctx) {
        ByteBuf all = begin;
        begin = Unpooled.EMPTY_BUFFER;
        ctx.fireChannelRead(all);
        ctx.pipeline().remove(this);
    }
}
