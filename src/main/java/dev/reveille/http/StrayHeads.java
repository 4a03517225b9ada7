package dev.reveille.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketImpl;
import java.util.BitSet;

/**
 * Stands before Netty's codec of HTTP/2, which forgets a stream once it is over, and so cannot tell what is harmless from
 * what is not.
 *
 * <p>It finds the HEADERS that come where none may: behind the end of a request, or for a stream that was left out. Of these
 * it asks only what the client itself has said, so that nothing is held against frames that crossed a reset of ours on the
 * way, which are to be tolerated (<a href="https://www.rfc-editor.org/rfc/rfc9113#section-5.1">RFC 9113, 5.1</a>).
 *
 * <p>And it takes out the DATA that crossed one. Netty would answer each piece with one more reset, and end the connection
 * with all its other streams over the number of them.
 *
 * <p>Of the frames it reads the heads, and it keeps three bits for each of the last {@link #REMEMBERED} streams. What concerns
 * older ones is for Netty to answer, which resets the stream.
 */
final class StrayHeads extends ChannelInboundHandlerAdapter {
    static final int REMEMBERED = 512;

    private static final int PREFACE = 24;
    private static final int HEAD = 9;
    private static final int END_STREAM = 0x1;
    private static final int END_HEADERS = 0x4;

    /** What is longer is refused; we have not allowed for more. */
    private static final int LONGEST_FRAME = Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE;

    private enum Finding {
        FINE,
        LEFT_OUT,
        BEHIND_THE_END
    }

    private final byte[] head = new byte[HEAD];
    private int known;
    private int skip = PREFACE;
    private boolean crossed;
    private boolean insideBlock;
    private int blocks;
    private boolean over;

    /** Streams are counted here: 0 is the client's first, whose identifier is 1. */
    private int newest = -1;

    private final BitSet used = new BitSet(REMEMBERED);
    private final BitSet ended = new BitSet(REMEMBERED);
    private final BitSet reset = new BitSet(REMEMBERED);

    /** To be called with a connection that will be one of HTTP/2, before Netty's codec has read anything of it. */
    static StrayHeads watch(NetSocket socket) {
        ChannelHandlerContext context = ((NetSocketImpl) socket).channelHandlerContext();
        StrayHeads heads = new StrayHeads();
        context.pipeline().addBefore(context.name(), "strayHeads", heads);
        return heads;
    }

    /** Whether the fields of a request have begun to come, and not all are there. */
    boolean inBlock() {
        return insideBlock || (skip > 0 && isBlock(head[3]));
    }

    /** How many blocks of fields have begun. */
    int blocks() {
        return blocks;
    }

    /** Whether a part of a frame has come with what {@code stream} sends, and not all of it. */
    boolean inDataOf(int stream) {
        return skip > 0 && head[3] == Http2FrameTypes.DATA && id() == stream;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        int at = bytes.readerIndex();
        while (!over && at < bytes.writerIndex()) {
            if (skip > 0) {
                int now = Math.min(skip, bytes.writerIndex() - at);
                skip -= now;
                at += now;
                if (crossed) {
                    takeOut(context, bytes, at);
                }
                continue;
            }
            head[known++] = bytes.getByte(at++);
            if (known == HEAD) {
                known = 0;
                skip = ((head[0] & 0xff) << 16) | ((head[1] & 0xff) << 8) | (head[2] & 0xff);
                Finding finding = read(head[3], head[4], id());
                if (finding != Finding.FINE) {
                    passOn(context, bytes, at - HEAD);
                    refuse(context, finding, id());
                }
                crossed = finding == Finding.FINE && hasCrossed(context, bytes, at);
                if (crossed) {
                    bytes.readerIndex(at);
                }
            }
        }
        if (over || !bytes.isReadable()) {
            bytes.release();
        } else {
            context.fireChannelRead(bytes);
        }
    }

    /**
     * Whether the frame whose head ends at {@code at} is DATA of a stream that only we have ended. Then all before it has been
     * passed on: Netty may not have seen the beginning of the stream yet.
     */
    private boolean hasCrossed(ChannelHandlerContext context, ByteBuf bytes, int at) {
        int stream = id() >>> 1;
        boolean possible = head[3] == Http2FrameTypes.DATA
                && skip <= LONGEST_FRAME
                && !insideBlock
                && isKnown(stream)
                && (id() & 1) == 1
                && !ended.get(stream % REMEMBERED)
                && !reset.get(stream % REMEMBERED)
                // Else a part of its head has gone on already, and Netty waits for the rest.
                && at - HEAD >= bytes.readerIndex();
        if (!possible || !isOver(context, id())) {
            return false;
        }
        passOn(context, bytes, at - HEAD);
        return isOver(context, id());
    }

    private static boolean isOver(ChannelHandlerContext context, int id) {
        Http2ConnectionHandler codec = codec(context);
        return codec != null && codec.decoder().prefaceReceived() && codec.connection().stream(id) == null;
    }

    /** The connection's window has been used for it all the same. */
    private void takeOut(ChannelHandlerContext context, ByteBuf bytes, int end) {
        Http2ConnectionHandler codec = codec(context);
        ByteBuf piece = bytes.readSlice(end - bytes.readerIndex());
        if (codec == null) {
            return;
        }
        try {
            codec.decoder().flowController().receiveFlowControlledFrame(null, piece, 0, false);
        } catch (Http2Exception tooMuch) {
            over = true;
            codec.onError(context.pipeline().context(codec), false, tooMuch);
        }
    }

    private static Http2ConnectionHandler codec(ChannelHandlerContext context) {
        return context.pipeline().get(Http2ConnectionHandler.class);
    }

    private int id() {
        return ((head[5] & 0x7f) << 24) | ((head[6] & 0xff) << 16) | ((head[7] & 0xff) << 8) | (head[8] & 0xff);
    }

    private Finding read(byte type, byte flags, int id) {
        boolean interrupted = insideBlock;
        if (type == Http2FrameTypes.HEADERS) {
            blocks++;
        }
        if (isBlock(type)) {
            insideBlock = (flags & END_HEADERS) == 0;
        }
        // Netty knows the sides of a stream, and ends the connection if something comes between the pieces of a block.
        if ((id & 1) == 0 || interrupted) {
            return Finding.FINE;
        }
        int stream = id >>> 1;
        Finding finding = type == Http2FrameTypes.HEADERS ? opened(stream) : Finding.FINE;
        boolean hasEnd = type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.DATA;
        if (hasEnd && (flags & END_STREAM) != 0 && isKnown(stream)) {
            ended.set(stream % REMEMBERED);
        }
        if (type == Http2FrameTypes.RST_STREAM && isKnown(stream)) {
            reset.set(stream % REMEMBERED);
        }
        return finding;
    }

    private static boolean isBlock(byte type) {
        return type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION;
    }

    private Finding opened(int stream) {
        if (stream > newest) {
            forget(stream);
            newest = stream;
            used.set(stream % REMEMBERED);
            return Finding.FINE;
        }
        if (stream <= newest - REMEMBERED) {
            return Finding.FINE;
        }
        if (!isKnown(stream)) {
            return Finding.LEFT_OUT;
        }
        return ended.get(stream % REMEMBERED) ? Finding.BEHIND_THE_END : Finding.FINE;
    }

    /** Makes room for all behind the newest, up to {@code stream}. */
    private void forget(int stream) {
        for (int i = Math.max(newest, stream - REMEMBERED) + 1; i <= stream; i++) {
            used.clear(i % REMEMBERED);
            ended.clear(i % REMEMBERED);
            reset.clear(i % REMEMBERED);
        }
    }

    private boolean isKnown(int stream) {
        return stream <= newest && stream > newest - REMEMBERED && used.get(stream % REMEMBERED);
    }

    /** Lets Netty act on all before the frame that is refused. Some of that one's head may have gone on already. */
    private static void passOn(ChannelHandlerContext context, ByteBuf bytes, int end) {
        int before = end - bytes.readerIndex();
        if (before > 0) {
            context.fireChannelRead(bytes.readRetainedSlice(before));
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Netty ends the connection if a reset cannot be written
    private void refuse(ChannelHandlerContext context, Finding finding, int id) {
        ChannelHandlerContext next = context.pipeline().context(Http2ConnectionHandler.class);
        if (next == null) {
            return;
        }
        Http2ConnectionHandler codec = (Http2ConnectionHandler) next.handler();
        if (!codec.decoder().prefaceReceived()) {
            // It is refused for that.
            return;
        }
        if (finding == Finding.BEHIND_THE_END && codec.connection().stream(id) != null) {
            // Half closed. Netty has to read the frame, since the state of the compression depends on it, and ignores
            // it when
            // a reset is about to be sent.
            codec.encoder().writeRstStream(next, id, Http2Error.STREAM_CLOSED.code(), next.newPromise());
            return;
        }
        over = true;
        Http2Error error = finding == Finding.BEHIND_THE_END ? Http2Error.STREAM_CLOSED : Http2Error.PROTOCOL_ERROR;
        codec.onError(next, false, Http2Exception.connectionError(error, "HEADERS for stream %d", id));
    }
}
