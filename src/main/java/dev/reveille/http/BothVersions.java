package dev.reveille.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import io.vertx.core.net.impl.NetSocketImpl;
import io.vertx.core.net.impl.ShutdownEvent;
import io.vertx.core.spi.metrics.TCPMetrics;
import java.util.concurrent.TimeUnit;

/**
 * A listener without TLS for HTTP/1 and for HTTP/2 by prior knowledge. The first bytes of a connection tell which it is.
 *
 * <p>Vert.x can do that too, but then it also offers {@code Upgrade: h2c}, which nobody needs and which has let requests
 * through that were hidden in others, and it makes an HTTP/1 connection known only when its first request has been read.
 * So there are two of its servers, one for each version, and this one hands each connection to one of them.
 */
final class BothVersions extends HttpServerImpl {
    private final Http2Only http2;

    private BothVersions(VertxInternal vertx, HttpServerOptions options, Http2Only http2, Patience patience) {
        super(new Listening(vertx, http2, patience), new HttpServerOptions(options).setHttp2ClearTextEnabled(false));
        this.http2 = http2;
    }

    /** @param patience for a head, too, with what says too little to tell; browsers open some before they know what for */
    static HttpServer of(Vertx vertx, HttpServerOptions options, Patience patience, long stall) {
        VertxInternal internal = (VertxInternal) vertx;
        return new BothVersions(internal, options, new Http2Only(internal, options, patience, stall), patience);
    }

    @Override
    public synchronized HttpServer requestHandler(Handler<HttpServerRequest> handler) {
        http2.server.requestHandler(handler);
        return super.requestHandler(handler);
    }

    @Override
    public synchronized HttpServer connectionHandler(Handler<HttpConnection> handler) {
        http2.server.connectionHandler(handler);
        return super.connectionHandler(handler);
    }

    @Override
    public synchronized Future<HttpServer> listen(SocketAddress address) {
        http2.server.listen(address);
        return super.listen(address);
    }

    /** The one that listens. Its connections are known to be of a version when they have said something. */
    private static final class Listening extends VertxWrapper {
        private final Http2Only http2;
        private final Patience patience;

        private Listening(VertxInternal vertx, Http2Only http2, Patience patience) {
            super(vertx);
            this.http2 = http2;
            this.patience = patience;
        }

        @Override
        public NetServerInternal createNetServer(NetServerOptions options) {
            NetServerImpl both = new NetServerImpl(delegate, options) {
                @Override
                public synchronized NetServerInternal connectHandler(Handler<NetSocket> http1) {
                    return super.connectHandler(
                            socket -> FirstBytes.of((NetSocketImpl) socket, http1, http2.sockets.handler, patience));
                }
            };
            http2.sockets.listening = both;
            return both;
        }
    }

    /** The one that listens to nothing, and is given its connections. */
    private static final class Http2Only {
        private final Sockets sockets;
        private final HttpServerImpl server;

        private Http2Only(VertxInternal vertx, HttpServerOptions options, Patience patience, long stall) {
            sockets = new Sockets(vertx, options, patience, stall);
            server = new HttpServerImpl(
                    new VertxWrapper(vertx) {
                        @Override
                        public NetServerInternal createNetServer(NetServerOptions same) {
                            return sockets;
                        }
                    },
                    new HttpServerOptions(options).setHttp2ClearTextEnabled(true));
        }
    }

    private static final class Sockets extends NetServerImpl {
        private final Patience patience;
        private final long stall;
        private Handler<NetSocket> handler;
        private NetServerImpl listening;

        private Sockets(VertxInternal vertx, HttpServerOptions options, Patience patience, long stall) {
            super(vertx, options);
            this.patience = patience;
            this.stall = stall;
        }

        @Override
        public synchronized NetServerInternal connectHandler(Handler<NetSocket> http2) {
            handler = socket -> {
                StreamWatch.begin(socket, patience, stall);
                http2.handle(socket);
            };
            return this;
        }

        @Override
        public Future<NetServer> listen(ContextInternal context, SocketAddress address) {
            return context.succeededFuture(this);
        }

        @Override
        public synchronized TCPMetrics<?> getMetrics() {
            return listening.getMetrics();
        }
    }

    /** Keeps what a connection says until it is clear which version that is. */
    private static final class FirstBytes extends ChannelInboundHandlerAdapter {
        private static final ByteBuf PREFACE = Unpooled.unreleasableBuffer(Http2CodecUtil.connectionPrefaceBuf())
                .asReadOnly();

        private final NetSocketImpl socket;
        private final Handler<NetSocket> http1;
        private final Handler<NetSocket> http2;
        private final Patience patience;
        private ByteBuf said = Unpooled.EMPTY_BUFFER;
        private ScheduledFuture<?> tooLong;

        private FirstBytes(
                NetSocketImpl socket, Handler<NetSocket> http1, Handler<NetSocket> http2, Patience patience) {
            this.socket = socket;
            this.http1 = http1;
            this.http2 = http2;
            this.patience = patience;
        }

        static void of(NetSocketImpl socket, Handler<NetSocket> http1, Handler<NetSocket> http2, Patience patience) {
            ChannelPipeline pipeline = socket.channelHandlerContext().pipeline();
            pipeline.addBefore(
                    socket.channelHandlerContext().name(),
                    "first-bytes",
                    new FirstBytes(socket, http1, http2, patience));
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            tooLong = context.executor().schedule(() -> leave(context), patience.head(), TimeUnit.NANOSECONDS);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            said = said.isReadable() ? Unpooled.wrappedBuffer(said, (ByteBuf) message) : (ByteBuf) message;
            int compared = Math.min(said.readableBytes(), PREFACE.readableBytes());
            boolean alike = ByteBufUtil.equals(said, said.readerIndex(), PREFACE, 0, compared);
            if (!alike) {
                become(context, http1);
            } else if (compared == PREFACE.readableBytes()) {
                become(context, http2);
            }
        }

        /** What was said goes through all handlers, those included that are put before this one now. */
        private void become(ChannelHandlerContext context, Handler<NetSocket> version) {
            ByteBuf first = said;
            said = Unpooled.EMPTY_BUFFER;
            ChannelPipeline pipeline = context.pipeline();
            socket.context().emit(socket, version);
            pipeline.remove(this);
            pipeline.fireChannelRead(first);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ShutdownEvent) {
                // Nothing was asked, so there is nothing to wait for.
                leave(context);
            } else {
                context.fireUserEventTriggered(event);
            }
        }

        @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
        private static void leave(ChannelHandlerContext context) {
            context.close();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            tooLong.cancel(false);
            said.release();
        }
    }
}
