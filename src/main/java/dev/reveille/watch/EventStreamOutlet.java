package dev.reveille.watch;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * By server-sent events, as the <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML standard</a>
 * has them. Messages of one turn go in one piece.
 */
final class EventStreamOutlet implements Outlet {
    static final String MEDIA_TYPE = "text/event-stream";

    /** Messages that are longer together do not go in one piece. */
    private static final int PIECE = 16 << 10;

    private static final Buffer NOTHING = Buffer.buffer(":\n\n");
    private static final int USUAL_RETRY_MILLIS = 2_000;

    /** HTTP/2: not wanted any more. */
    private static final long CANCEL = 0x8;

    private static final Logger LOG = LoggerFactory.getLogger(EventStreamOutlet.class);

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private Buffer piece = Buffer.buffer();
    private boolean over;

    private EventStreamOutlet(HttpServerRequest request) {
        this.request = request;
        this.response = request.response();
    }

    /** Begins the answer, so that the client knows that it watches before anything happens. */
    static EventStreamOutlet begin(HttpServerRequest request) {
        EventStreamOutlet outlet = new EventStreamOutlet(request);
        head(outlet.response);
        if (request.version() != HttpVersion.HTTP_2) {
            outlet.response.setChunked(true);
        }
        outlet.response.exceptionHandler(left -> LOG.debug("a watcher's event stream: {}", left.toString()));
        outlet.send(Buffer.buffer("retry: " + USUAL_RETRY_MILLIS + "\n\n"));
        return outlet;
    }

    /** What every answer has, that to {@code HEAD} too. */
    static HttpServerResponse head(HttpServerResponse response) {
        return response.putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE + "; charset=utf-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                // nginx holds back what it can buffer unless it is told not to.
                .putHeader("x-accel-buffering", "no");
    }

    @Override
    public boolean full() {
        return response.writeQueueFull();
    }

    @Override
    public void write(Message message) {
        Buffer text = message.eventText();
        if (piece.length() > 0 && piece.length() + text.length() > PIECE) {
            flush();
        }
        piece.appendBuffer(text);
    }

    @Override
    public void flush() {
        if (piece.length() > 0) {
            send(piece);
            piece = Buffer.buffer();
        }
    }

    @Override
    public void ping() {
        send(NOTHING);
    }

    private void send(Buffer what) {
        if (!response.ended() && !response.closed()) {
            observe(response.write(what));
        }
    }

    @Override
    public void close(short code, String reason) {
        if (response.ended() || response.closed()) {
            return;
        }
        // Those who come back together would trample who takes them.
        int retry = ThreadLocalRandom.current().nextInt(USUAL_RETRY_MILLIS / 4, 2 * USUAL_RETRY_MILLIS);
        String comment = ": " + reason + "\n";
        observe(response.end(Buffer.buffer(comment + "retry: " + retry + "\n\n"))
                .onSuccess(sent -> over = true));
    }

    @Override
    public void cut() {
        if (over) {
            return;
        }
        if (request.version() == HttpVersion.HTTP_2) {
            observe(response.reset(CANCEL));
        } else {
            // From the front: Vert.x' own handler waits with the close until all is written, which is never.
            ((ConnectionBase) request.connection())
                    .channel()
                    .pipeline()
                    .firstContext()
                    .close()
                    .addListener(closed -> LOG.debug("a watcher that took nothing is cut off"));
        }
    }

    @Override
    public void onDrain(Runnable drained) {
        response.drainHandler(v -> drained.run());
    }

    @Override
    public void onClosed(Runnable closed) {
        if (response.closed()) {
            closed.run();
        } else {
            // Who ends it in good order knows.
            response.closeHandler(v -> closed.run());
        }
    }

    private static void observe(Future<Void> sent) {
        sent.onFailure(left -> LOG.debug("a watcher's event stream: {}", left.toString()));
    }
}
