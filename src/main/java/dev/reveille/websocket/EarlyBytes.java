package dev.reveille.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Keeps what a client has said behind its handshake while the pipeline is changed; Vert.x would lose it. By RFC 6455, 4.1
 * clients wait for the answer, but some know that it will be good.
 */
final class EarlyBytes extends ChannelInboundHandlerAdapter {
    private ChannelHandlerContext context;
    private ByteBuf said;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            reading.fireChannelRead(message);
        } else if (said == null) {
            said = bytes;
        } else {
            said = reading.alloc().compositeBuffer().addComponent(true, said).addComponent(true, bytes);
        }
    }

    /** Hands it on in a turn of its own, when whoever agreed to the websocket has set its handlers. */
    void flowSoon() {
        context.executor().execute(this::flow);
    }

    private void flow() {
        if (context.isRemoved()) {
            return;
        }
        ByteBuf bytes = said;
        said = null;
        if (bytes != null) {
            context.fireChannelRead(bytes);
            context.fireChannelReadComplete();
        }
        if (!context.isRemoved()) {
            context.pipeline().remove(this);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        if (said != null) {
            said.release();
            said = null;
        }
    }
}
