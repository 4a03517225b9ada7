package dev.reveille.bridge;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.util.Optional;

/** The line to a page. While it does not read, it is not listened to. */
final class SockJsLine implements Line {
    private final SockJSSocket socket;
    private final Channel channel;

    SockJsLine(SockJSSocket socket) {
        this.socket = socket;
        this.channel = ((ConnectionBase) socket.routingContext().request().connection()).channel();
        channel.pipeline().addBefore(channel.pipeline().lastContext().name(), "reveille-patience", new Patience());
    }

    @Override
    public Future<Void> write(Buffer text) {
        return socket.write(text);
    }

    @Override
    public JsonObject news(String address, JsonObject body) {
        return new JsonObject().put("type", "rec").put("address", address).put("body", body);
    }

    @Override
    public Optional<JsonObject> pong() {
        return Optional.empty();
    }

    @Override
    public void close() {
        socket.close();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void cut() {
        channel.pipeline().firstContext().close();
    }

    /** Where it leads. */
    @Override
    public String toString() {
        return String.valueOf(socket.remoteAddress());
    }

    /**
     * Vert.x answers each ping of the websocket's own, without a bound, whether anybody reads that or not. Of those that came
     * before an answer has left only the last one needs one (RFC 6455, 5.5.3).
     */
    private static final class Patience extends ChannelDuplexHandler {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof PingWebSocketFrame && !context.channel().isWritable()) {
                ReferenceCountUtil.release(message);
            } else {
                context.fireChannelRead(message);
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
            context.fireChannelWritabilityChanged();
        }
    }
}
