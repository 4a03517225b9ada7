package dev.reveille.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageDecoder;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.List;
import java.util.zip.Inflater;

/** Turns a compressed message, however many frames it came in, into one frame as if it had come so. */
final class Decompressing extends MessageToMessageDecoder<WebSocketFrame> {
    private static final int COMPRESSED = 0x4;

    private final Deflate deflate;
    private final int longest;

    /** What a client that refers to earlier messages may refer to; null before its first one. */
    private Inflater kept;

    /** What there is of a compressed message; null while there is none under way. */
    private ByteBuf begun;

    private boolean isText;

    Decompressing(Deflate deflate, int longest) {
        super(WebSocketFrame.class);
        this.deflate = deflate;
        this.longest = longest;
    }

    @Override
    protected void decode(ChannelHandlerContext context, WebSocketFrame frame, List<Object> out) {
        boolean begins = frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame;
        if (frame.rsv() != 0 && !(begins && frame.rsv() == COMPRESSED)) {
            throw new CorruptedWebSocketFrameException(
                    WebSocketCloseStatus.PROTOCOL_ERROR, "reserved bits that were not agreed on");
        }
        if (frame.rsv() == COMPRESSED) {
            begun = context.alloc().buffer(frame.content().readableBytes());
            isText = frame instanceof TextWebSocketFrame;
        }
        boolean belongs = begun != null && (begins || frame instanceof ContinuationWebSocketFrame);
        if (!belongs) {
            out.add(frame.retain());
            return;
        }
        if (begun.readableBytes() + frame.content().readableBytes() > longest) {
            throw new CorruptedWebSocketFrameException(
                    WebSocketCloseStatus.MESSAGE_TOO_BIG, "a message of more than " + longest + " bytes");
        }
        begun.writeBytes(frame.content());
        if (frame.isFinalFragment()) {
            out.add(decompressed(context));
        }
    }

    private WebSocketFrame decompressed(ChannelHandlerContext context) {
        ByteBuf payload = context.alloc().buffer();
        try {
            decompress(payload);
        } catch (CorruptedWebSocketFrameException wrong) {
            payload.release();
            throw wrong;
        } finally {
            forget();
        }
        return isText ? new TextWebSocketFrame(payload) : new BinaryWebSocketFrame(payload);
    }

    private void decompress(ByteBuf payload) {
        if (!deflate.clientKeeps()) {
            Deflate.decompress(begun, longest, payload);
            return;
        }
        if (kept == null) {
            kept = new Inflater(true);
        }
        Deflate.decompress(kept, begun, longest, payload);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        forget();
        if (kept != null) {
            kept.end();
            kept = null;
        }
    }

    private void forget() {
        if (begun != null) {
            begun.release();
            begun = null;
        }
    }
}
