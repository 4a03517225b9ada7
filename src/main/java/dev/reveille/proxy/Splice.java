package dev.reveille.proxy;

import dev.reveille.http.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.MessageWrite;
import io.vertx.core.net.impl.VertxConnection;
import java.util.Optional;

/**
 * The middle of a long body on its shortest way: from one HTTP/1.1 connection to the other as it came from the network.
 * Vert.x would copy each chunk into an array first, and the array into the network's buffer again. Head and end of the
 * message go through Vert.x all the same, for which the middle is missing.
 *
 * <p>Nothing is kept here: what is read is written at once, and nothing is read while the other side is full. Belongs to
 * the event loop of both connections.
 */
final class Splice extends ChannelInboundHandlerAdapter {
    /** Shorter chunks may be events that come once in a while, and are not worth it. */
    private static final int WORTH_IT = 16 * 1024;

    /** Read at once it is a lot, and a body is long that has given as much. */
    private static final int LOT = 64 * 1024;

    private static final int LONG = 4 * LOT;

    /** The body as Vert.x sees it. */
    interface Body {
        /** How many chunks came through Vert.x. */
        long delivered();

        /** Whether Vert.x was told to keep chunks back. */
        boolean paused();

        /** Whether the sink takes no more for now. */
        boolean full();

        /** It is full: nothing should be read until {@link Splice#reading} says so. */
        void stop();

        /** A chunk of that many bytes goes past Vert.x. */
        void moved(int length);

        /**
         * Whether {@code chunk} is written by the body itself, as it is the first of all. It keeps its reference as long as
         * it needs it.
         */
        default boolean begins(ByteBuf chunk) {
            return false;
        }
    }

    private final ChannelHandlerContext source;
    private final VertxConnection sink;
    private final Body body;
    private final Rota rota;
    private boolean joined;
    private boolean over;
    private boolean wanted = true;
    private boolean waits;
    private long passed;
    private long passedBefore;
    private Cork cork;

    private Splice(ChannelHandlerContext source, VertxConnection sink, Body body) {
        this.source = source;
        this.sink = sink;
        this.body = body;
        this.rota = Rota.of(source.channel().eventLoop());
    }

    /** Whether a body with a chunk of {@code length} is worth it. */
    static boolean worthIt(long length) {
        return length >= WORTH_IT;
    }

    /**
     * Takes over from the first chunk on. To be called while Vert.x tells of the head, behind which nothing came yet.
     *
     * @return empty if these two cannot be joined
     */
    static Optional<Splice> whole(HttpConnection from, HttpConnection to, Body body) {
        Optional<Splice> splice = begin(from, to, body);
        splice.ifPresent(s -> s.joined = true);
        return splice;
    }

    /**
     * Takes over as soon as Vert.x holds nothing back of what came before.
     *
     * @return empty if these two cannot be joined, as one of them does not speak HTTP/1.1
     */
    static Optional<Splice> begin(HttpConnection from, HttpConnection to, Body body) {
        // Those of HTTP/2, whose messages are those of many streams, are none.
        if (!(Transport.unwrapped(from) instanceof VertxConnection reading
                && Transport.unwrapped(to) instanceof VertxConnection sink)) {
            return Optional.empty();
        }
        ChannelHandlerContext source = reading.channelHandlerContext();
        boolean possible = !source.isRemoved()
                && source.channel().eventLoop()
                        == sink.channelHandlerContext().channel().eventLoop();
        if (!possible) {
            return Optional.empty();
        }
        Splice splice = new Splice(source, sink, body);
        Transport.takeTurns(source.channel());
        source.pipeline().addBefore(source.name(), null, splice);
        return Optional.of(splice);
    }

    /** Whether it has taken over. Then {@link #reading} stops and starts the body, and Vert.x must not be told to. */
    boolean joined() {
        return joined;
    }

    /** Whether to go on reading. */
    void reading(boolean on) {
        if (!joined || over) {
            return;
        }
        wanted = on;
        if (on && passed >= LONG && rota.isFull()) {
            waitForTurn();
        }
        read();
    }

    /** Whether nothing is read until the sink has room. */
    boolean heldBack() {
        return !over && !wanted;
    }

    private void read() {
        source.channel().config().setAutoRead(wanted && !waits);
    }

    private void waitForTurn() {
        if (!waits) {
            waits = true;
            rota.await(this::turn);
        }
    }

    private boolean turn() {
        waits = false;
        if (!over) {
            read();
        }
        return !over && wanted;
    }

    /** What is written now leaves together with what the source has right behind it: one call of the kernel less. */
    void gather() {
        ChannelHandlerContext to = sink.channelHandlerContext();
        if (cork == null && !over && !to.isRemoved()) {
            cork = new Cork();
            to.pipeline().addBefore(to.name(), null, cork);
        }
    }

    private void scatter() {
        if (cork != null) {
            cork.pull();
            cork = null;
        }
    }

    /** Leaves the rest of the body to Vert.x. May be called twice. */
    void end() {
        leave();
        scatter();
    }

    private void leave() {
        if (over) {
            return;
        }
        if (joined) {
            source.channel().config().setAutoRead(true);
        }
        over = true;
        joined = false;
        if (!source.isRemoved()) {
            source.pipeline().remove(this);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        boolean middle = message instanceof HttpContent chunk
                && !(message instanceof LastHttpContent)
                && chunk.decoderResult().isSuccess();
        if (!middle) {
            leave();
            context.fireChannelRead(message);
            scatter();
        } else if (joined) {
            pass((HttpContent) message);
        } else {
            long before = body.delivered();
            context.fireChannelRead(message);
            // It came through at once: nothing that came before it is left.
            joined = !over && !body.paused() && body.delivered() > before;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        scatter();
        context.fireChannelReadComplete();
        long read = passed - passedBefore;
        passedBefore = passed;
        if (joined && read >= LOT && passed >= LONG && rota.isFull() && wanted) {
            waitForTurn();
            read();
        }
    }

    private void pass(HttpContent chunk) {
        passed += chunk.content().readableBytes();
        body.moved(chunk.content().readableBytes());
        if (body.begins(chunk.content())) {
            ReferenceCountUtil.release(chunk);
        } else {
            sink.writeToChannel(new Write(chunk));
        }
        if (body.full()) {
            body.stop();
        }
    }

    private final class Write implements MessageWrite {
        private final HttpContent chunk;

        private Write(HttpContent chunk) {
            this.chunk = chunk;
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // whose connection is gone hears of it by the connection
        public void write() {
            sink.write(chunk, false);
        }

        @Override
        public void cancel(Throwable closed) {
            ReferenceCountUtil.release(chunk);
        }
    }

    /** Keeps back what is written until it is pulled. */
    private static final class Cork extends ChannelOutboundHandlerAdapter {
        private ChannelHandlerContext place;
        private boolean flushed;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            place = context;
        }

        @Override
        public void flush(ChannelHandlerContext context) {
            flushed = true;
        }

        void pull() {
            if (!place.isRemoved()) {
                place.pipeline().remove(this);
            }
            if (flushed) {
                place.flush();
            }
        }
    }
}
