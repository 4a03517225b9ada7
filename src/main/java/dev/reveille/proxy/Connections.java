package dev.reveille.proxy;

import dev.reveille.http.InterimAnswers;
import dev.reveille.http.Transport;
import dev.reveille.session.Origin;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * The connections to sandboxes of one event loop. One that has served a request waits a little for the next to the same
 * service of the same sandbox. None serves two sandboxes, even where all of them are behind one address: an answer too
 * many would reach a stranger.
 */
final class Connections {
    private final HttpClientAgent client;
    private final HttpClientAgent http2;
    private final long connectMillis;
    private final long keepNanos;
    private final int most;
    private final Map<Origin, Shelf> shelves = new HashMap<>();

    /**
     * @param http2 has its own connections, each for many requests to one address
     * @param connect from asking for a connection of HTTP/2 to its standing
     * @param keep how long one may be idle and still be used
     * @param most how many may be open to one service of one sandbox; what would need another fails, since those may be in use
     *     for hours
     */
    Connections(Vertx vertx, HttpClientAgent client, HttpClientAgent http2, Duration connect, Duration keep, int most) {
        this.client = client;
        this.http2 = http2;
        this.connectMillis = connect.toMillis();
        this.keepNanos = keep.toNanos();
        this.most = most;
        vertx.setPeriodic(Math.max(1, keep.toMillis()), t -> tidy());
    }

    /** @return a request that is not sent yet; fails if there is no connection to send it on */
    Future<HttpClientRequest> request(Origin origin, RequestOptions options) {
        Shelf shelf = shelves.computeIfAbsent(origin, Shelf::new);
        HttpClientConnection idle = shelf.take();
        return idle == null ? shelf.open().compose(opened -> opened.request(options)) : idle.request(options);
    }

    /** As {@link #request}, on a connection that will never serve another, as one whose protocol is to change. */
    Future<HttpClientRequest> alone(Origin origin, RequestOptions options) {
        return connect(origin).compose(opened -> opened.request(options));
    }

    /** As {@link #request}, with HTTP/2. */
    Future<HttpClientRequest> multiplexed(RequestOptions options) {
        // One that is frozen may take a connection, and never greet.
        return http2.request(options.setConnectTimeout(connectMillis)).compose(request -> {
            if (request.version() == HttpVersion.HTTP_2) {
                return Future.succeededFuture(request);
            }
            Transport.cut(request.connection());
            return Future.failedFuture(new IllegalStateException("the sandbox does not speak HTTP/2"));
        });
    }

    /** The request is sent and its answer read, both whole. */
    void giveBack(Origin origin, HttpClientResponse answered) {
        if (answered.version() == HttpVersion.HTTP_2) {
            return;
        }
        HttpClientConnection connection =
                (HttpClientConnection) answered.request().connection();
        Shelf shelf = shelves.get(origin);
        // One that the sandbox wants to be closed, Vert.x has closed, unless it says so among other things.
        if (shelf != null && Transport.usable(connection) && !EndToEnd.closes(answered.headers())) {
            shelf.put(connection);
        } else {
            Transport.cut(connection);
        }
    }

    private Future<HttpClientConnection> connect(Origin origin) {
        return client.connect(new HttpConnectOptions()
                        .setHost(origin.host())
                        .setPort(origin.port())
                        .setSsl(origin.ssl()))
                .onSuccess(connection -> {
                    // Whoever is killed resets its connections. Requests that are under way hear of it in their own
                    // way.
                    connection.exceptionHandler(broke -> {});
                    InterimAnswers.leaveOut(connection);
                    Transport.noticeVanishing(connection);
                });
    }

    private void tidy() {
        long now = System.nanoTime();
        shelves.values().removeIf(shelf -> shelf.tidied(now));
    }

    /** One that is open and not in use. */
    private record Idle(HttpClientConnection connection, long since) {}

    /** Those to one service of one sandbox. */
    private final class Shelf {
        private final Origin origin;
        private final Deque<Idle> idle = new ArrayDeque<>();
        private int open;

        private Shelf(Origin origin) {
            this.origin = origin;
        }

        private Future<HttpClientConnection> open() {
            if (open >= most) {
                return Future.failedFuture(
                        new IllegalStateException("all " + most + " connections to the sandbox are in use"));
            }
            open++;
            return connect(origin).onComplete(connected -> opened(connected.result()));
        }

        private void opened(HttpClientConnection connection) {
            if (connection == null) {
                open--;
            } else {
                connection.closeHandler(v -> {
                    open--;
                    idle.removeIf(entry -> entry.connection == connection);
                });
            }
        }

        /** The one that was used last; null if there is none. */
        private HttpClientConnection take() {
            Idle last;
            while ((last = idle.pollLast()) != null) {
                if (System.nanoTime() - last.since < keepNanos && Transport.usable(last.connection)) {
                    return last.connection;
                }
                Transport.cut(last.connection);
            }
            return null;
        }

        private void put(HttpClientConnection connection) {
            idle.addLast(new Idle(connection, System.nanoTime()));
        }

        /** @return whether nothing is left */
        private boolean tidied(long now) {
            Idle first;
            while ((first = idle.peekFirst()) != null && now - first.since >= keepNanos) {
                idle.removeFirst();
                Transport.cut(first.connection);
            }
            return open == 0 && idle.isEmpty();
        }
    }
}
