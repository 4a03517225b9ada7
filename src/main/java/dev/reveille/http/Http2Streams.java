package dev.reveille.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The streams of clients' HTTP/2 connections, and how much they may send ahead.
 *
 * <p>A stream begins with a small window, which is all that a request that waits can occupy. Once somebody takes the body its
 * window grows, so that an upload over a long way is no slower than with HTTP/1. Only some streams of a connection may have
 * a large one at a time, and of an event loop: a connection holds no more than {@link #MOST_HELD} of what nobody takes. The connection's own window
 * is twice that, since Netty opens it again only when half of it was used: however many uploads stand still, they never stop
 * their neighbours.
 */
public final class Http2Streams extends Http2ConnectionAdapter {
    public static final int MOST_STREAMS = 100;
    public static final int SMALL_WINDOW = 16 * 1024;
    public static final int LARGE_WINDOW = 1024 * 1024;
    public static final int MOST_LARGE = 16;
    public static final int MOST_HELD = (MOST_STREAMS + 1) * SMALL_WINDOW + MOST_LARGE * (LARGE_WINDOW - SMALL_WINDOW);

    /** Clients may give up many requests at once, as a page does that is left; ten times Vert.x' own bound each 30 s. */
    private static final int MOST_RESETS = 2_000;

    private static final int RESETS_WITHIN_SECONDS = 30;
    private static final AttributeKey<Http2Streams> KEY = AttributeKey.valueOf(Http2Streams.class, "streams");

    private final Http2Connection connection;
    private final Http2Connection.PropertyKey large;
    private final LargeWindows ofAll;
    private int largeOnes;

    private Http2Streams(Http2Connection connection, LargeWindows ofAll) {
        this.connection = connection;
        this.ofAll = ofAll;
        this.large = connection.newKey();
    }

    /** @param longestHead of a request, in bytes */
    static void configure(HttpServerOptions options, int longestHead) {
        options.setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(MOST_STREAMS)
                        .setInitialWindowSize(SMALL_WINDOW)
                        .setMaxHeaderListSize(longestHead))
                .setHttp2ConnectionWindowSize(2 * MOST_HELD)
                .setHttp2RstFloodMaxRstFramePerWindow(MOST_RESETS)
                .setHttp2RstFloodWindowDuration(RESETS_WITHIN_SECONDS)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
    }

    /** Whether the client has not ended {@code request}'s stream yet: something may come behind the head. */
    static boolean remoteOpen(HttpServerRequest request) {
        Http2Stream stream =
                handler(request).connection().stream(request.response().streamId());
        return stream != null && stream.state().remoteSideOpen();
    }

    /** Lets more of {@code request}'s body come at once, if not too many others do. Nothing happens the second time. */
    static void widen(HttpServerRequest request) {
        ChannelHandlerContext context = context(request);
        try {
            of(context).widen(context, request.response().streamId());
        } catch (Http2Exception broken) {
            // Only a window that would be too large for the protocol is refused.
            throw new IllegalStateException(broken);
        }
    }

    /** Ends the stream of {@code request} and drops what was not sent of its answer. */
    static void reset(HttpServerRequest request, long code) {
        reset(context(request), request.response().streamId(), code);
    }

    /**
     * The same for the stream {@code id} of a connection. Vert.x' own way does not know the answers that it has handed to
     * Netty to their end, which wait there if the client takes a part of them only.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // Netty ends the connection if a reset cannot be written
    static void reset(ChannelHandlerContext context, int id, long code) {
        Http2ConnectionHandler codec = (Http2ConnectionHandler) context.handler();
        Http2Stream stream = codec.connection().stream(id);
        if (stream != null) {
            codec.encoder().writeRstStream(context, id, code, context.newPromise());
            context.flush();
            // Netty would do it when the reset has left, which is never while the client reads nothing at all.
            stream.close();
        }
    }

    /** Whether the client has been told to open no more streams. */
    static boolean saidGoodbye(HttpServerRequest request) {
        return handler(request).connection().goAwaySent();
    }

    /** What came may fill the window still; it is only looked at again when somebody wants one. */
    @Override
    public void onStreamHalfClosed(Http2Stream stream) {
        BooleanSupplier emptied = stream.getProperty(large);
        if (emptied != null && !stream.state().remoteSideOpen()) {
            ofAll.ending(emptied);
        }
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
        BooleanSupplier emptied = stream.removeProperty(large);
        if (emptied != null) {
            ofAll.ended(emptied);
            giveBack();
        }
    }

    private boolean giveBackIfEmptied(Http2Stream stream) {
        if (connection.local().flowController().unconsumedBytes(stream) > SMALL_WINDOW) {
            return false;
        }
        stream.removeProperty(large);
        giveBack();
        return true;
    }

    private void giveBack() {
        largeOnes--;
        ofAll.giveBack();
    }

    private void widen(ChannelHandlerContext context, int id) throws Http2Exception {
        Http2Stream stream = connection.stream(id);
        if (stream == null
                || !stream.state().remoteSideOpen()
                || stream.getProperty(large) != null
                || isFull()
                || !ofAll.take()) {
            return;
        }
        largeOnes++;
        BooleanSupplier emptied = () -> giveBackIfEmptied(stream);
        stream.setProperty(large, emptied);
        connection.local().flowController().incrementWindowSize(stream, LARGE_WINDOW - SMALL_WINDOW);
        context.flush();
    }

    private boolean isFull() {
        if (largeOnes == MOST_LARGE) {
            ofAll.collect();
        }
        return largeOnes == MOST_LARGE;
    }

    /** To be called with each connection, before its first request. {@code ofAll} is that of its event loop. */
    static void meet(HttpConnection connection, LargeWindows ofAll) {
        if (connection instanceof ConnectionBase base
                && base.channelHandlerContext().handler() instanceof Http2ConnectionHandler handler) {
            Http2Streams streams = new Http2Streams(handler.connection(), ofAll);
            handler.connection().addListener(streams);
            base.channelHandlerContext().channel().attr(KEY).set(streams);
        }
    }

    private static Http2Streams of(ChannelHandlerContext context) {
        return context.channel().attr(KEY).get();
    }

    private static Http2ConnectionHandler handler(HttpServerRequest request) {
        return (Http2ConnectionHandler) context(request).handler();
    }

    static ChannelHandlerContext context(HttpServerRequest request) {
        return ((ConnectionBase) request.connection()).channelHandlerContext();
    }
}
