package dev.reveille.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.impl.buffer.VertxByteBufAllocator;

/**
 * Stands before Vert.x on a connection of HTTP/2, and puts small pieces of a stream together while nobody takes them. A window
 * counts their bytes only, and each takes a hundred times that in Vert.x' queue, which has no end.
 *
 * <p>Vert.x has the first of them, at most {@link #MOST_PIECES}; what comes behind them is kept here, and passed on once Vert.x
 * has handed over all it had. So nothing waits that could go on, and a stream whose reader keeps up is left alone.
 */
final class Crumbs extends Http2FrameListenerDecorator {
    /** How many pieces of a stream may wait one by one. */
    static final int MOST_PIECES = 64;

    /** In bytes. What is longer goes on as it is. */
    static final int SMALL = 1024;

    /** In bytes. What was put together goes on when it is no longer small by far. */
    private static final int LOT = 16 * 1024;

    private final ChannelHandlerContext context;
    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;

    /** In how many streams something is kept here. */
    private int keeping;

    /** What of one stream nobody has taken. */
    private static final class Heap {
        private int pieces;
        private ByteBuf kept;
    }

    private Crumbs(ChannelHandlerContext context, Http2ConnectionHandler codec) {
        super(codec.decoder().frameListener());
        this.context = context;
        this.connection = codec.connection();
        this.key = connection.newKey();
        connection.local().flowController(new Flow(connection.local().flowController()));
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                Heap heap = stream.removeProperty(key);
                if (heap != null && heap.kept != null) {
                    keeping--;
                }
            }
        });
    }

    /** To be set in the place of the listener that {@code codec} has. {@code context} is the codec's. */
    static Crumbs before(ChannelHandlerContext context, Http2ConnectionHandler codec) {
        return new Crumbs(context, codec);
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end)
            throws Http2Exception {
        int length = data.readableBytes();
        Http2Stream stream = length < SMALL || keeping > 0 ? connection.stream(id) : null;
        if (stream == null) {
            return super.onDataRead(ctx, id, data, padding, end);
        }
        Heap heap = stream.getProperty(key);
        if (unconsumed(stream) <= length + padding) {
            // Nothing waits before it.
            if (heap != null) {
                heap.pieces = 0;
            }
            return super.onDataRead(ctx, id, data, padding, end);
        }
        if (heap == null) {
            heap = new Heap();
            stream.setProperty(key, heap);
        }
        if (end || length >= SMALL) {
            passOn(id, heap);
            return super.onDataRead(ctx, id, data, padding, end);
        }
        if (heap.kept == null && ++heap.pieces <= MOST_PIECES) {
            return super.onDataRead(ctx, id, data, padding, false);
        }
        keep(id, heap, data);
        return padding;
    }

    private void keep(int id, Heap heap, ByteBuf data) throws Http2Exception {
        if (heap.kept == null) {
            heap.kept = VertxByteBufAllocator.DEFAULT.heapBuffer(SMALL);
            keeping++;
        }
        heap.kept.writeBytes(data);
        if (heap.kept.readableBytes() >= LOT) {
            passOn(id, heap);
        }
    }

    private void passOn(int id, Heap heap) throws Http2Exception {
        ByteBuf kept = heap.kept;
        if (kept != null) {
            heap.kept = null;
            keeping--;
            super.onDataRead(context, id, kept, 0, false);
        }
    }

    private void passOn(int id) throws Http2Exception {
        Http2Stream stream = keeping > 0 ? connection.stream(id) : null;
        Heap heap = stream == null ? null : stream.getProperty(key);
        if (heap != null) {
            passOn(id, heap);
        }
    }

    private int unconsumed(Http2Stream stream) {
        return connection.local().flowController().unconsumedBytes(stream);
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
            throws Http2Exception {
        passOn(id);
        super.onHeadersRead(ctx, id, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int id,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end)
            throws Http2Exception {
        passOn(id);
        super.onHeadersRead(ctx, id, headers, dependency, weight, exclusive, padding, end);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code) throws Http2Exception {
        passOn(id);
        super.onRstStreamRead(ctx, id, code);
    }

    /** Tells when what Vert.x had was taken. */
    private final class Flow implements Http2LocalFlowController {
        private final Http2LocalFlowController flow;

        private Flow(Http2LocalFlowController flow) {
            this.flow = flow;
        }

        @Override
        public boolean consumeBytes(Http2Stream stream, int bytes) throws Http2Exception {
            boolean opened = flow.consumeBytes(stream, bytes);
            Heap heap = keeping > 0 && stream != null ? stream.getProperty(key) : null;
            if (heap != null && heap.kept != null && flow.unconsumedBytes(stream) <= heap.kept.readableBytes()) {
                heap.pieces = 0;
                passOn(stream.id(), heap);
            }
            return opened;
        }

        @Override
        public Http2LocalFlowController frameWriter(Http2FrameWriter writer) {
            flow.frameWriter(writer);
            return this;
        }

        @Override
        public void receiveFlowControlledFrame(Http2Stream stream, ByteBuf data, int padding, boolean end)
                throws Http2Exception {
            flow.receiveFlowControlledFrame(stream, data, padding, end);
        }

        @Override
        public int unconsumedBytes(Http2Stream stream) {
            return flow.unconsumedBytes(stream);
        }

        @Override
        public int initialWindowSize(Http2Stream stream) {
            return flow.initialWindowSize(stream);
        }

        @Override
        public void channelHandlerContext(ChannelHandlerContext ctx) throws Http2Exception {
            flow.channelHandlerContext(ctx);
        }

        @Override
        public void initialWindowSize(int size) throws Http2Exception {
            flow.initialWindowSize(size);
        }

        @Override
        public int initialWindowSize() {
            return flow.initialWindowSize();
        }

        @Override
        public int windowSize(Http2Stream stream) {
            return flow.windowSize(stream);
        }

        @Override
        public void incrementWindowSize(Http2Stream stream, int delta) throws Http2Exception {
            flow.incrementWindowSize(stream, delta);
        }
    }
}
