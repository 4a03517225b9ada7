package dev.reveille.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * What Vert.x 5.0 has no words for. Its {@code close} waits until all that was written has left, which is never while the
 * other side does not read; and a request that is paused is still read, up to 24 buffers of it.
 *
 * <p>To be called on the connection's event loop.
 */
final class Transport {
    private Transport() {}

    /** Closes at once; what was not sent yet is lost. */
    static void cut(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            close(base.channelHandlerContext());
        } else {
            connection.close().onFailure(closed -> {});
        }
    }

    /** Closes so that the other side sees that it was no orderly end. */
    static void reset(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            reset(base.channelHandlerContext());
        } else {
            connection.close().onFailure(closed -> {});
        }
    }

    static void reset(NetSocket socket) {
        if (socket instanceof NetSocketInternal internal) {
            reset(internal.channelHandlerContext());
        } else {
            socket.close().onFailure(closed -> {});
        }
    }

    private static void reset(ChannelHandlerContext channel) {
        channel.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        close(channel);
    }

    /**
     * Whether bytes are taken from the network. While they are not, the native transport still notices that the other
     * side has left; NIO does not.
     */
    static void reading(HttpConnection connection, boolean on) {
        if (connection instanceof ConnectionBase base) {
            base.channelHandlerContext().channel().config().setAutoRead(on);
        }
    }

    /** From below the handler of Vert.x, which would wait. */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private static void close(ChannelHandlerContext channel) {
        channel.close();
    }
}
