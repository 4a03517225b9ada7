package dev.reveille.http;

import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import io.vertx.core.net.impl.NetSocketImpl;

/**
 * A listener with TLS, for both versions. It is Vert.x' own, but meets the connections of HTTP/2 before their first byte is read:
 * Vert.x tells of them when the client's settings have come, and perhaps more with them.
 */
final class ByAlpn extends VertxWrapper {
    private static final String HTTP_2 = "h2";

    private final Patience patience;
    private final long stall;

    private ByAlpn(VertxInternal vertx, Patience patience, long stall) {
        super(vertx);
        this.patience = patience;
        this.stall = stall;
    }

    static HttpServer of(Vertx vertx, HttpServerOptions options, Patience patience, long stall) {
        return new HttpServerImpl(new ByAlpn((VertxInternal) vertx, patience, stall), options);
    }

    @Override
    public NetServerInternal createNetServer(NetServerOptions options) {
        return new NetServerImpl(delegate, options) {
            @Override
            public synchronized NetServerInternal connectHandler(Handler<NetSocket> http) {
                return super.connectHandler(socket -> {
                    if (isHttp2((NetSocketImpl) socket)) {
                        StreamWatch.begin(socket, patience, stall);
                    }
                    http.handle(socket);
                });
            }
        };
    }

    private static boolean isHttp2(NetSocketImpl socket) {
        SslHandler tls = socket.channelHandlerContext().pipeline().get(SslHandler.class);
        return HTTP_2.equals(tls.applicationProtocol());
    }
}
