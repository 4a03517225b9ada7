package dev.reveille.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpConnection;

/**
 * Stands before Vert.x on a connection to a sandbox, and takes out the interim answers that it would take for the answer
 * itself, and the answer then for that to another request. It knows 100 and 103, and behind 101 there is no HTTP
 * (<a href="https://www.rfc-editor.org/rfc/rfc9110#section-15.2">RFC 9110, 15.2</a>).
 *
 * <p>It takes out the length of an answer that comes in chunks too: who is told both may take the rest for another answer
 * (<a href="https://www.rfc-editor.org/rfc/rfc9112#section-6.3">RFC 9112, 6.3</a>). And an answer in a transfer coding that
 * is not known here is none (<a href="https://www.rfc-editor.org/rfc/rfc9112#section-6.1">RFC 9112, 6.1</a>).
 */
public final class InterimAnswers extends ChannelInboundHandlerAdapter {
    private boolean inside;

    private InterimAnswers() {}

    /** To be called with each connection to a sandbox, before its first request. */
    public static void leaveOut(HttpConnection connection) {
        ChannelHandlerContext vertx = Transport.handler(connection);
        if (vertx.handler() instanceof Http2ConnectionHandler codec) {
            codec.decoder().frameListener(new Streams(vertx, codec));
        } else if (!vertx.isRemoved()) {
            vertx.pipeline().addBefore(vertx.name(), "interimAnswers", new InterimAnswers());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse head) {
            if (head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
                coded(head);
            }
            inside = isUnknown(head.status().code());
        }
        if (!inside) {
            context.fireChannelRead(message);
            return;
        }
        inside = !(message instanceof LastHttpContent);
        ReferenceCountUtil.release(message);
    }

    /** It has a transfer coding. */
    private static void coded(HttpResponse head) {
        if (HttpUtil.isTransferEncodingChunked(head)) {
            // Netty goes by the chunks, but leaves the length there if the answer is one of HTTP/1.0.
            head.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
        }
        if (!TransferCodings.areUndone(head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING))) {
            // It would go on without the name of what nobody has undone.
            head.setDecoderResult(
                    DecoderResult.failure(VertxException.noStackTrace("no transfer coding but chunked is known here")));
        }
    }

    private static boolean isUnknown(int status) {
        return status < 200 && status != 100 && status != 101 && status != 103;
    }

    /** The same for all streams of a connection of HTTP/2. */
    private static final class Streams extends Http2FrameListenerDecorator {
        private final FieldTable fields;

        private Streams(ChannelHandlerContext context, Http2ConnectionHandler codec) {
            super(Crumbs.before(context, codec));
            this.fields = new FieldTable(codec);
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
            fields.applied(settings);
            super.onSettingsRead(context, settings);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean end)
                throws Http2Exception {
            if (end || !isUnknown(headers)) {
                super.onHeadersRead(context, stream, headers, padding, end);
            }
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
            if (end || !isUnknown(headers)) {
                super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, end);
            }
        }

        /** Trailers have no status. Netty lets through those only that are a number. */
        private static boolean isUnknown(Http2Headers headers) {
            CharSequence status = headers.status();
            return status != null
                    && status.length() == 3
                    && status.charAt(0) == '1'
                    && InterimAnswers.isUnknown(Integer.parseInt(status, 0, 3, 10));
        }
    }
}
