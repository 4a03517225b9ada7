package dev.reveille.http;

import dev.reveille.config.HttpSettings;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listeners of one event loop. All are alike, whatever they are for. */
public final class HttpListeners {
    private static final Logger LOG = LoggerFactory.getLogger(HttpListeners.class);

    private final Vertx vertx;
    private final HttpSettings settings;
    private final Duration stall;
    private final int longestPiece;
    private final Optional<Certificates> certificates;
    private final StrictHttp1 strict;
    private final LargeWindows largeWindows =
            LargeWindows.on(Runtime.getRuntime().availableProcessors());

    /**
     * @param stall how long a client may take nothing of what was sent to it
     * @param longestPiece the most that is handed on of a body at once, in bytes
     * @param certificates there if clients speak TLS
     */
    public HttpListeners(
            Vertx vertx, HttpSettings settings, Duration stall, int longestPiece, Optional<Certificates> certificates) {
        this.vertx = vertx;
        this.settings = settings;
        this.stall = stall;
        this.longestPiece = longestPiece;
        this.certificates = certificates;
        this.strict = new StrictHttp1(settings, longestPiece);
    }

    /**
     * One that does not listen yet.
     *
     * @param requests serves those that are HTTP
     */
    public HttpServer create(Handler<HttpServerRequest> requests) {
        HttpServerOptions options = options();
        Patience patience = Patience.of(settings);
        HttpServer server = certificates
                .map(c -> ByAlpn.of(vertx, c.on(options), patience, stall.toNanos()))
                .orElseGet(() -> BothVersions.of(vertx, options, patience, stall.toNanos()));
        return server.connectionHandler(connection -> {
                    connection.exceptionHandler(HttpListeners::broke);
                    Transport.noticeVanishing(connection);
                    strict.guard(connection);
                    Http2Guard.watch(connection);
                    Http2Streams.meet(connection, largeWindows);
                    Forwarded.meet(connection, settings.trustedProxies());
                })
                .invalidRequestHandler(InvalidRequest::refuse)
                .requestHandler(request -> {
                    serving(request);
                    wrong(request)
                            .ifPresentOrElse(
                                    failure -> InvalidRequest.refuse(request, failure), () -> requests.handle(request));
                });
    }

    private HttpServerOptions options() {
        HttpServerOptions options = new HttpServerOptions()
                .setMaxChunkSize(longestPiece)
                .setMaxInitialLineLength((int) settings.maxRequestLine().bytes())
                .setMaxHeaderSize((int) settings.maxHead().bytes())
                // Looked for in each request. What we end ourselves is short, and the rest is not ours to compress.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
        // Who has left while its buffer was full cannot be heard any more: the end of what it sends waits behind the
        // rest.
        options.setTcpUserTimeout((int) stall.toMillis());
        Http2Streams.configure(options, (int) settings.maxHead().bytes());
        return options;
    }

    private static void serving(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            StreamWatch.of(request).serving(request);
        } else {
            StrictHttp1.serving(request);
        }
    }

    private Optional<GatewayFailure> wrong(HttpServerRequest request) {
        Optional<GatewayFailure> wrong = request.version() == HttpVersion.HTTP_2
                ? Http2Head.order(request, (int) settings.maxRequestLine().bytes())
                : Optional.empty();
        return wrong.isEmpty() && RequestTarget.hasManyHosts(request)
                ? Optional.of(new GatewayFailure.InvalidRequest("there is more than one Host field"))
                : wrong;
    }

    /**
     * Tells the client to go elsewhere with its next request. Not for one that asks for a tunnel, which is its last.
     *
     * @param atMost how long its requests that are under way may take
     */
    public static void sayGoodbye(HttpServerRequest request, Duration atMost) {
        if (request.version() != HttpVersion.HTTP_2) {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        } else if (!Http2Streams.saidGoodbye(request)) {
            request.connection()
                    .shutdown(atMost.toMillis(), TimeUnit.MILLISECONDS)
                    .onFailure(closed -> {});
        }
    }

    /** Whoever is killed resets its connections. Requests that are under way hear of it in their own way. */
    private static void broke(Throwable error) {
        LOG.debug("a connection broke: {}", error.toString());
    }
}
