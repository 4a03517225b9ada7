package dev.reveille.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * What a client's request came on: in HTTP/1 the connection itself, in HTTP/2 one stream of many, whose neighbours must not
 * notice what happens to it.
 */
public abstract class ClientStream {
    /** HTTP/2's error codes (RFC 9113, 7). */
    private static final long NO_ERROR = 0x0;

    private static final long INTERNAL_ERROR = 0x2;
    private static final long ENHANCE_YOUR_CALM = 0xb;

    final HttpServerRequest in;

    private ClientStream(HttpServerRequest in) {
        this.in = in;
    }

    /** Ends the answer to {@code in}, a request of HTTP/2, in which the client shows too little interest. */
    public static void giveUp(HttpServerRequest in) {
        Http2Streams.reset(in, ENHANCE_YOUR_CALM);
    }

    public static ClientStream of(HttpServerRequest in) {
        return in.version() == HttpVersion.HTTP_2 ? new OneOfMany(in) : new Alone(in);
    }

    /** Whether a body comes behind the head, be it an empty one. */
    public abstract boolean hasBody();

    /** Whether nothing of the body can be read any more. */
    public abstract boolean over();

    /** No more of the body is handed over for now. What may be under way all the same is bounded. */
    public final void pause() {
        if (!over()) {
            in.pause();
        }
    }

    public final void resume() {
        if (!over()) {
            in.resume();
        }
    }

    /** Tells who takes the body, and so when the client is waited for. */
    public abstract void wanting(BodyDemand who);

    /** Takes nothing from the network, so that a request that waits costs no memory. */
    public abstract void stayOut();

    public abstract void comeIn();

    /** Somebody takes the body: it may come faster. */
    public abstract void flow();

    /** The client is told with the answer to send no other request behind this one: nobody could tell where it begins. */
    public abstract void last();

    /** The client has its answer, and need not send the rest of the body. */
    public abstract void refuseRest();

    /** Lets go of what is kept of a body whose client has left. */
    public abstract void drop();

    /** Ends so that half an answer does not look like a whole one. */
    public abstract void reset();

    /** HTTP/1: the connection. */
    private static final class Alone extends ClientStream {
        private Alone(HttpServerRequest in) {
            super(in);
        }

        @Override
        public boolean hasBody() {
            String length = in.getHeader(HttpHeaders.CONTENT_LENGTH);
            return length == null
                    ? in.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                    : !length.trim().equals("0");
        }

        @Override
        public boolean over() {
            return false;
        }

        @Override
        public void wanting(BodyDemand who) {
            StrictHttp1.wanting(in, who);
        }

        @Override
        public void stayOut() {
            StrictHttp1.stayOut(in);
        }

        @Override
        public void comeIn() {
            StrictHttp1.comeIn(in);
        }

        @Override
        public void flow() {}

        @Override
        public void last() {
            in.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }

        @Override
        public void refuseRest() {
            StrictHttp1.close(in.connection());
        }

        /** What Vert.x keeps while it is paused is released only if somebody takes it. */
        @Override
        public void drop() {
            in.handler(unwanted -> {});
            in.resume();
        }

        @Override
        public void reset() {
            Transport.reset(in.connection());
        }
    }

    /** HTTP/2: a stream. A body that is not read stays out by itself, but for the stream's window. */
    private static final class OneOfMany extends ClientStream {
        private final boolean body;
        private boolean over;

        private OneOfMany(HttpServerRequest in) {
            super(in);
            this.body = Http2Streams.remoteOpen(in);
            in.exceptionHandler(gone -> over = true);
        }

        @Override
        public boolean hasBody() {
            return body;
        }

        @Override
        public boolean over() {
            return over || in.isEnded();
        }

        @Override
        public void wanting(BodyDemand who) {
            StreamWatch.of(in).wanting(in, who);
        }

        @Override
        public void stayOut() {}

        @Override
        public void comeIn() {}

        @Override
        public void flow() {
            Http2Streams.widen(in);
        }

        @Override
        public void last() {}

        @Override
        public void drop() {}

        @Override
        public void refuseRest() {
            reset(NO_ERROR);
        }

        @Override
        public void reset() {
            reset(INTERNAL_ERROR);
        }

        private void reset(long code) {
            if (!over) {
                over = true;
                Http2Streams.reset(in, code);
            }
        }
    }
}
