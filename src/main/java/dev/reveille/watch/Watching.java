package dev.reveille.watch;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.websocket.Handshake;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;
import java.util.stream.Stream;

/** Makes watchers of requests, on one event loop. */
public final class Watching {
    private static final int NOT_ACCEPTABLE = 406;

    private final Desk desk;

    Watching(Desk desk) {
        this.desk = desk;
    }

    /** Whether {@code request} wants a websocket; one that does must be paused before anything is waited for. */
    public static boolean wantsSocket(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_2 && Handshake.isIn(request);
    }

    /**
     * Checks what can be known at once, before anything is asked for {@code wish}.
     *
     * @throws FailureException {@code invalid_request} for a bad {@code since} or handshake, {@code unsupported} if the client
     *     takes no event stream
     */
    public static void check(HttpServerRequest request, Wish wish) {
        wish.since().ifPresent(id -> {
            if (wish.session().isPresent()) {
                Point.parse(id);
            } else {
                Cursor.parse(id);
            }
        });
        if (wantsSocket(request)) {
            handshake(request);
        } else if (!takesEventStream(request)) {
            throw new GatewayFailure.Unsupported(
                            NOT_ACCEPTABLE,
                            "this is a stream (expected: Accept: text/event-stream, or the handshake of a websocket)")
                    .asException();
        }
    }

    /**
     * Begins to tell. By websocket where that is asked for, else as an event stream; {@code HEAD} is answered and over.
     *
     * @param wish who asks has the right to it
     * @return when the client is told that it watches; fails, and nothing was answered, as {@link #check} does, or with {@code
     *     too_many_waiting}, {@code shutting_down}, or {@code unknown_session}
     */
    public Future<Void> begin(HttpServerRequest request, Wish wish) {
        try {
            check(request, wish);
        } catch (FailureException wrong) {
            return Future.failedFuture(wrong);
        }
        if (HttpMethod.HEAD.equals(request.method())) {
            return EventStreamOutlet.head(request.response()).end();
        }
        return desk.admit(wish).compose(watcher -> {
            // Until it can be spoken to, this tells that it has left.
            request.response().closeHandler(left -> desk.ends(watcher));
            return outlet(request)
                    .onSuccess(outlet -> desk.reached(watcher, outlet))
                    .onFailure(left -> desk.ends(watcher))
                    .mapEmpty();
        });
    }

    private static Future<Outlet> outlet(HttpServerRequest request) {
        return wantsSocket(request)
                ? handshake(request).accept(SocketOutlet.LIMITS).map(SocketOutlet::new)
                : Future.succeededFuture(EventStreamOutlet.begin(request));
    }

    /** Pages from elsewhere are welcome: they have shown a ticket, or are kept out before. */
    private static Handshake handshake(HttpServerRequest request) {
        return Handshake.of(request, origin -> true);
    }

    private static boolean takesEventStream(HttpServerRequest request) {
        String accept = String.join(",", request.headers().getAll(HttpHeaders.ACCEPT));
        return accept.isBlank()
                || Stream.of(accept.toLowerCase(Locale.ROOT).split(",", -1)).anyMatch(Watching::isEventStream);
    }

    private static boolean isEventStream(String range) {
        String[] parts = range.trim().split("\\s*;\\s*", -1);
        boolean fits =
                parts[0].equals(EventStreamOutlet.MEDIA_TYPE) || parts[0].equals("text/*") || parts[0].equals("*/*");
        return fits && Stream.of(parts).noneMatch(part -> part.matches("q=0(\\.0*)?"));
    }
}
