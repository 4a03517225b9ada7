package dev.reveille.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpClientConnectionInternal;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What Vert.x 5.0 has no words for. Its {@code close} waits until all that was written has left, which is never while the
 * other side does not read; and a request that is paused is still read, up to 24 buffers of it.
 *
 * <p>To be called on the connection's event loop.
 */
public final class Transport {
    /** A connection outside of the pool is wrapped, and Vert.x does not give away what is inside. */
    private static final VarHandle WRAPPED = wrapped();

    private static final int READS_A_TURN = 2;

    /** Linux takes twice that, which is 20 MB/s over a way of 50 ms. */
    private static final int RECEIVED = 512 * 1024;

    private static final long UNSENT = 256 * 1024;

    /** By its name, since Netty's native transport is not there on every machine; others ignore it. */
    private static final ChannelOption<Long> NOT_SENT =
            ChannelOption.valueOf("io.netty.channel.epoll.EpollChannelOption#TCP_NOTSENT_LOWAT");

    private static final ChannelOption<Integer> KEEPALIVE_AFTER_SECONDS =
            ChannelOption.valueOf("io.netty.channel.epoll.EpollChannelOption#TCP_KEEPIDLE");

    private static final ChannelOption<Integer> KEEPALIVE_EACH_SECONDS =
            ChannelOption.valueOf("io.netty.channel.epoll.EpollChannelOption#TCP_KEEPINTVL");

    private static final ChannelOption<Integer> KEEPALIVE_TIMES =
            ChannelOption.valueOf("io.netty.channel.epoll.EpollChannelOption#TCP_KEEPCNT");

    private Transport() {}

    /** Closes at once; what was not sent yet is lost. */
    public static void cut(HttpConnection connection) {
        close(handler(connection));
    }

    /** Closes so that the other side sees that it was no orderly end. */
    static void reset(HttpConnection connection) {
        ChannelHandlerContext handler = handler(connection);
        // One that is closed already takes no options.
        if (handler.channel().isOpen()) {
            handler.channel().config().setOption(ChannelOption.SO_LINGER, 0);
            close(handler);
        }
    }

    /** The place of Vert.x in the pipeline of a connection. */
    public static ChannelHandlerContext handler(HttpConnection connection) {
        return ((ConnectionBase) unwrapped(connection)).channelHandlerContext();
    }

    /** The connection that {@code connection} stands for. */
    public static HttpConnection unwrapped(HttpConnection connection) {
        return connection instanceof UnpooledHttpClientConnection wrapper
                ? (HttpClientConnectionInternal) WRAPPED.get(wrapper)
                : connection;
    }

    /** Whether a connection can take another request: it stands, and the last one is through both ways. */
    public static boolean usable(HttpClientConnection connection) {
        return unwrapped(connection) instanceof HttpClientConnectionInternal known
                && known.isValid()
                && known.activeStreams() == 0
                && known.channelHandlerContext().channel().isActive();
    }

    /**
     * Takes less of {@code channel} at once, so that hundreds of busy connections on one event loop do not keep the others
     * waiting: Netty reads 16 times, 1 MiB in all, before it turns to the next.
     */
    public static void takeTurns(Channel channel) {
        if (channel.config().getRecvByteBufAllocator() instanceof MaxMessagesRecvByteBufAllocator reads) {
            reads.maxMessagesPerRead(READS_A_TURN);
        }
    }

    /**
     * Lets the kernel keep little of what {@code channel} reads and writes: for a reader that was fast and stops it would by
     * then have made room for many MiB. Both bound what is not under way; a fast reader does not notice.
     */
    public static void boundBuffers(Channel channel) {
        // One that is closed already takes no options.
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_RCVBUF, RECEIVED);
            channel.config().setOption(NOT_SENT, UNSENT);
            noticeVanishing(channel);
        }
    }

    /** A silent connection ends within two minutes of the other side's vanishing; the kernel by itself takes two hours. */
    public static void noticeVanishing(HttpConnection connection) {
        Channel channel = handler(connection).channel();
        // One that is closed already takes no options.
        if (channel.isOpen()) {
            noticeVanishing(channel);
        }
    }

    /**
     * Whether the other side of HTTP/2 has left, and said that it will never begin what was asked
     * (<a href="https://www.rfc-editor.org/rfc/rfc9113#section-6.8">RFC 9113, 6.8</a>). Vert.x tells only what was said first,
     * which may have been that all is begun that is still to come.
     */
    public static boolean neverBegun(HttpClientRequest asked) {
        if (handler(asked.connection()).handler() instanceof Http2ConnectionHandler codec) {
            int last = codec.connection().local().lastStreamKnownByPeer();
            return last >= 0 && stream(asked) > last;
        }
        return false;
    }

    /** Its number, or one beyond all if it has none yet, of which Vert.x has no other way to tell. */
    private static int stream(HttpClientRequest asked) {
        try {
            return asked.streamId();
        } catch (NullPointerException notBegun) {
            return Integer.MAX_VALUE;
        }
    }

    private static void noticeVanishing(Channel channel) {
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        channel.config().setOption(KEEPALIVE_AFTER_SECONDS, 60);
        channel.config().setOption(KEEPALIVE_EACH_SECONDS, 15);
        channel.config().setOption(KEEPALIVE_TIMES, 4);
    }

    private static VarHandle wrapped() {
        try {
            return MethodHandles.privateLookupIn(UnpooledHttpClientConnection.class, MethodHandles.lookup())
                    .findVarHandle(UnpooledHttpClientConnection.class, "actual", HttpClientConnectionInternal.class);
        } catch (ReflectiveOperationException another) {
            throw new ExceptionInInitializerError(another);
        }
    }

    /**
     * Whether bytes are taken from the network. While they are not, the native transport still notices that the other
     * side has left; NIO does not.
     */
    public static void reading(HttpConnection connection, boolean on) {
        handler(connection).channel().config().setAutoRead(on);
    }

    /** From below the handler of Vert.x, which would wait. */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private static void close(ChannelHandlerContext channel) {
        channel.close();
    }
}
