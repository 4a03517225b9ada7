package dev.reveille.api;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/**
 * What becomes of a body that nobody reads, since the answer did not need it. A small one is thrown away and the connection
 * goes on. Before a large one, one that the client holds back until it is told to go on, or one that was waited for in vain, the answer says that the
 * connection ends (in HTTP/2 only the stream, without being said), and it does: not at once, or the client that still sends would not see the answer.
 */
final class UnreadBody {
    private static final long WORTH_READING = 1 << 20;
    private static final long LINGER_MILLIS = Duration.ofSeconds(3).toMillis();

    /** HTTP/2: the answer is whole, and the rest of the request is not wanted. */
    private static final long NO_ERROR = 0x0;

    private UnreadBody() {}

    /** To be called before anything is answered. */
    static void watch(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.version() == HttpVersion.HTTP_2) {
            context.addEndHandler(answered -> discard(context));
        } else if (announced(request)) {
            context.addHeadersEndHandler(v -> {
                if (!request.isEnded() && !worthReading(context)) {
                    context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
                }
            });
            context.addEndHandler(answered -> discard(context));
        }
        context.next();
    }

    private static void discard(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.isEnded() || context.response().closed()) {
            return;
        }
        boolean goesOn = worthReading(context);
        long late = context.vertx().setTimer(LINGER_MILLIS, t -> close(request));
        request.exceptionHandler(cut -> context.vertx().cancelTimer(late));
        request.handler(rest -> {});
        request.endHandler(v -> {
            context.vertx().cancelTimer(late);
            if (!goesOn && request.version() != HttpVersion.HTTP_2) {
                close(request);
            }
        });
        request.resume();
    }

    private static void close(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset(NO_ERROR).onFailure(gone -> {});
        } else {
            request.connection().close().onFailure(gone -> {});
        }
    }

    private static boolean announced(HttpServerRequest request) {
        return request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    private static boolean worthReading(RoutingContext context) {
        HttpServerRequest request = context.request();
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null
                && Long.parseLong(length) <= WORTH_READING
                && !request.headers().contains(HttpHeaders.EXPECT)
                && !(context.failure() instanceof FailureException known
                        && known.failure() instanceof GatewayFailure.TooSlow);
    }
}
