package dev.reveille.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Stands before Vert.x and refuses the streams of requests over which it would lose the whole connection, or of which it would
 * not tell what is wrong.
 */
final class Http2Guard extends Http2FrameListenerDecorator {
    private final FieldTable fields;
    private final StreamWatch watch;

    private Http2Guard(ChannelHandlerContext context, Http2ConnectionHandler codec, StreamWatch watch) {
        super(Crumbs.before(context, codec));
        this.fields = new FieldTable(codec);
        this.watch = watch;
    }

    /** Does nothing if {@code connection} is one of HTTP/1. To be called when it has come to be. */
    static void watch(HttpConnection connection) {
        if (connection instanceof ConnectionBase base
                && base.channelHandlerContext().handler() instanceof Http2ConnectionHandler handler) {
            StreamWatch watch = StreamWatch.of(base.channelHandlerContext());
            watch.meet(handler.connection());
            handler.decoder().frameListener(new Http2Guard(base.channelHandlerContext(), handler, watch));
            // Netty heeds its own bound only when the client has confirmed it, which it may never do.
            handler.connection().remote().maxActiveStreams(Http2Streams.MOST_STREAMS);
        }
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean end)
            throws Http2Exception {
        check(stream, headers);
        super.onHeadersRead(context, stream, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end)
            throws Http2Exception {
        check(stream, headers);
        super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, end);
    }

    @Override
    public int onDataRead(ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean end)
            throws Http2Exception {
        if (data.isReadable()) {
            watch.came(stream);
        }
        return super.onDataRead(context, stream, data, padding, end);
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext context, int stream, int increment) throws Http2Exception {
        watch.opened(stream, increment);
        super.onWindowUpdateRead(context, stream, increment);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
        fields.applied(settings);
        super.onSettingsRead(context, settings);
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext context) throws Http2Exception {
        watch.confirmed();
        super.onSettingsAckRead(context);
    }

    private static void check(int stream, Http2Headers headers) throws Http2Exception {
        CharSequence method = headers.method();
        if (method != null && !Http2Head.isToken(method.toString())) {
            throw refused(stream, "the method is none");
        }
        if (headers.getAll(HttpHeaderNames.HOST).size() > 1) {
            throw refused(stream, "there is more than one Host field");
        }
        if (isNoHost(headers.authority()) || isNoHost(headers.get(HttpHeaderNames.HOST))) {
            throw refused(stream, "the request's host is none");
        }
    }

    private static boolean isNoHost(CharSequence said) {
        return said != null && !Authority.isOne(said);
    }

    private static Http2Exception refused(int stream, String because) {
        return Http2Exception.streamError(stream, Http2Error.PROTOCOL_ERROR, because);
    }
}
