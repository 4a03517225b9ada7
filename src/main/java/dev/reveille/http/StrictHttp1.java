package dev.reveille.http;

import dev.reveille.config.HttpSettings;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * What the listeners of one event loop ask of HTTP/1, in place of what Vert.x does. Other connections are left alone: of
 * HTTP/2 the codec of Netty takes care.
 */
public final class StrictHttp1 {
    /** As Vert.x calls its own. */
    private static final String DECODER = "httpDecoder";

    private static final String WATCH = "senderWatch";

    private final int longestLine;
    private final int longestHead;
    private final int longestPiece;
    private final Patience patience;
    private final byte[] line;

    /** @param longestPiece the most that is handed on of a body at once */
    StrictHttp1(HttpSettings http, int longestPiece) {
        this.longestLine = (int) http.maxRequestLine().bytes();
        this.longestHead = (int) http.maxHead().bytes();
        this.longestPiece = longestPiece;
        this.patience = Patience.of(http);
        this.line = new byte[RequestDecoder.room(longestLine, longestHead)];
    }

    /** To be called with each connection, before its first request. */
    void guard(HttpConnection connection) {
        if (connection instanceof Http1xServerConnection http1) {
            ChannelPipeline pipeline = http1.channelHandlerContext().pipeline();
            if (watch(connection) == null) {
                install(pipeline);
            }
            watch(connection).meet(http1);
        }
    }

    private void install(ChannelPipeline pipeline) {
        SenderWatch watch = new SenderWatch(patience);
        RequestDecoder decoder =
                new RequestDecoder(longestLine, longestHead, longestPiece, line, watch::isAnswered, watch::end);
        watch.watch(decoder);
        // A whole piece and what stands around it may wait to leave together.
        pipeline.channel().config().setWriteBufferWaterMark(new WriteBufferWaterMark(longestPiece, 2 * longestPiece));
        pipeline.addBefore(DECODER, WATCH, watch);
        pipeline.replace(DECODER, DECODER, decoder);
    }

    /** To be called with each request before it is served. */
    static void serving(HttpServerRequest request) {
        SenderWatch watch = watch(request.connection());
        if (watch != null) {
            watch.serving(request);
        }
    }

    /** Tells who takes the body of {@code request}, and so when the client is waited for. */
    static void wanting(HttpServerRequest request, BodyDemand who) {
        SenderWatch watch = watch(request.connection());
        if (watch != null) {
            watch.wanting(who);
        }
    }

    /** Takes nothing more from the client of {@code request} until {@link #comeIn}. */
    static void stayOut(HttpServerRequest request) {
        SenderWatch watch = watch(request.connection());
        if (watch != null) {
            watch.stayOut();
        }
    }

    static void comeIn(HttpServerRequest request) {
        SenderWatch watch = watch(request.connection());
        if (watch != null) {
            watch.comeIn();
        }
    }

    /** Whether the client has said more than {@code request}, the last one so far. */
    public static boolean saidMore(HttpServerRequest request) {
        SenderWatch watch = watch(request.connection());
        return watch != null && watch.saidMore();
    }

    /** Closes behind what was sent, in a way that lets a client that still sends read it. */
    static void close(HttpConnection connection) {
        SenderWatch watch = watch(connection);
        if (watch != null) {
            watch.linger();
        } else {
            connection.close().onFailure(closed -> {});
        }
    }

    /** Null for connections that are not guarded. */
    private static SenderWatch watch(HttpConnection connection) {
        return connection instanceof ConnectionBase base
                ? base.channelHandlerContext().pipeline().get(SenderWatch.class)
                : null;
    }
}
