package dev.reveille.proxy;

import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.util.Locale;

/** Requests that work with HTTP/2 only, all the way: their outcome is in trailers, and both sides speak at once. */
final class Grpc {
    private static final String CONTENT_TYPE = "application/grpc";

    /** For browsers, which cannot have trailers: it works with any HTTP. */
    private static final String WEB = "application/grpc-web";

    /** What a sandbox may send ahead of a client that does not read. */
    private static final int WINDOW = 256 * 1024;

    private static final int STREAMS_PER_CONNECTION = 32;

    private Grpc() {}

    static boolean is(HttpServerRequest request) {
        String type = request.version() == HttpVersion.HTTP_2 ? request.getHeader(HttpHeaders.CONTENT_TYPE) : null;
        if (type == null) {
            return false;
        }
        String lower = type.toLowerCase(Locale.ROOT);
        return lower.startsWith(CONTENT_TYPE) && !lower.startsWith(WEB);
    }

    /** Without TLS by prior knowledge; with TLS the sandbox's side must agree. */
    static HttpClientOptions client(HttpClientOptions http1) {
        return new HttpClientOptions(http1)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setUseAlpn(true)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MultiplexingLimit(STREAMS_PER_CONNECTION)
                .setHttp2KeepAliveTimeout(http1.getKeepAliveTimeout())
                // One that stands still stops no other: see Http2Streams, which bounds clients.
                .setHttp2ConnectionWindowSize(2 * STREAMS_PER_CONNECTION * WINDOW)
                .setInitialSettings(new Http2Settings()
                        .setPushEnabled(false)
                        .setInitialWindowSize(WINDOW)
                        .setMaxHeaderListSize(http1.getMaxHeaderSize()));
    }

    /** Until a connection stands it takes one request; the others of a burst wait for it, no longer than one may take to stand. */
    static PoolOptions pool(int mostRequests) {
        return new PoolOptions()
                .setHttp1MaxSize(1)
                .setHttp2MaxSize(mostRequests / STREAMS_PER_CONNECTION)
                .setMaxWaitQueueSize(mostRequests);
    }
}
