package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.net.impl.ShutdownEvent;

/** The last one in the pipeline: puts messages together and answers what wants an answer. Belongs to the event loop. */
final class SocketHandler extends ChannelInboundHandlerAdapter {
    private final StrictWebSocket socket;
    private final Closing closing;
    private ChannelHandlerContext context;
    private boolean reading;
    private boolean written;

    /** What there is of a message of several frames, if somebody wants it; null else. */
    private ByteBuf begun;

    /** So many bytes of it have come, wanted or not. */
    private long length;

    private boolean isText;

    SocketHandler(StrictWebSocket socket, Closing closing) {
        this.socket = socket;
        this.closing = closing;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    /** Runs {@code task} on the event loop: at once, if this is it. */
    void inTurn(Runnable task) {
        if (context == null) {
            // Its connection had ended before it was in its place.
            return;
        }
        if (context.executor().inEventLoop()) {
            task.run();
        } else {
            context.executor().execute(task);
        }
    }

    void write(byte[] frame) {
        inTurn(() -> writeNow(frame));
    }

    /** {@link #flush} has to follow. */
    void append(byte[] frame) {
        inTurn(() -> appendNow(frame));
    }

    void flush() {
        inTurn(this::flushNow);
    }

    private void writeNow(byte[] frame) {
        appendNow(frame);
        flushNow();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // whoever is gone is heard of otherwise
    private void appendNow(byte[] frame) {
        if (closing.isOpen()) {
            context.write(Unpooled.wrappedBuffer(frame), context.voidPromise());
        }
    }

    private void flushNow() {
        if (reading) {
            written = true;
        } else {
            context.flush();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        reading = true;
        try {
            if (message instanceof WebSocketFrame frame) {
                take(frame);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void take(WebSocketFrame frame) {
        if (frame instanceof CloseWebSocketFrame) {
            takeClose(frame.content());
        } else if (!closing.isOpen()) {
            // Whatever is said behind the end is not looked at.
            return;
        } else if (frame instanceof PingWebSocketFrame) {
            writeNow(Frame.pong(ByteBufUtil.getBytes(frame.content())));
        } else if (!(frame instanceof PongWebSocketFrame)) {
            takeData(frame);
        }
    }

    private void takeClose(ByteBuf payload) {
        boolean silent = !payload.isReadable();
        int code = silent ? CloseCode.NONE : payload.getUnsignedShort(payload.readerIndex());
        if (!silent && !CloseCode.isSendable(code)) {
            fail(CloseCode.PROTOCOL_ERROR, "no code to close with");
        } else {
            closing.heard(code, Frame.close(code, ""));
        }
    }

    private void takeData(WebSocketFrame frame) {
        ByteBuf payload = frame.content();
        if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
            length = 0;
            isText = frame instanceof TextWebSocketFrame;
        }
        length += payload.readableBytes();
        if (length > socket.limits().longestMessage()) {
            fail(
                    WebSocketCloseStatus.MESSAGE_TOO_BIG.code(),
                    "a message of more than " + socket.limits().longestMessage() + " bytes");
        } else if (!(isText ? socket.takesText() : socket.takesBinary())) {
            forget();
        } else if (begun == null && frame.isFinalFragment()) {
            tell(payload);
        } else {
            join(payload, frame.isFinalFragment());
        }
    }

    private void join(ByteBuf payload, boolean last) {
        if (begun == null) {
            begun = context.alloc().buffer(payload.readableBytes());
        }
        begun.writeBytes(payload);
        if (last) {
            ByteBuf whole = begun;
            begun = null;
            try {
                tell(whole);
            } finally {
                whole.release();
            }
        }
    }

    private void tell(ByteBuf message) {
        if (isText) {
            socket.text(message.toString(UTF_8));
        } else {
            socket.binary(ByteBufUtil.getBytes(message));
        }
    }

    private void forget() {
        if (begun != null) {
            begun.release();
            begun = null;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        reading = false;
        if (written) {
            written = false;
            ctx.flush();
        }
        if (closing.isOpen() && !ctx.channel().isWritable()) {
            // Who does not read what he is told, and be it answers to his pings, is not listened to.
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            ctx.channel().config().setAutoRead(true);
            if (closing.isOpen()) {
                socket.drained();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        forget();
        if (!closing.isOver()) {
            closing.over();
            socket.ended();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ShutdownEvent && closing.isOpen()) {
            socket.shutDown();
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
        if (error instanceof CorruptedWebSocketFrameException wrong) {
            fail(wrong.closeStatus().code(), wrong.getMessage());
        } else {
            ctx.close();
        }
    }

    /** The connection is of no use any more (RFC 6455, 7.1.7). */
    private void fail(int code, String reason) {
        forget();
        closing.fail(Frame.close(code, reason));
    }
}
