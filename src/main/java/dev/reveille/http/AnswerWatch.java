package dev.reveille.http;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches that a client of HTTP/2 takes what waits for it, of each of its streams. A connection of its own is watched by
 * Linux; one that lives says nothing of its streams.
 */
final class AnswerWatch {
    private static final long NEVER = Long.MAX_VALUE;

    private final Http2Connection connection;
    private final Http2Connection.PropertyKey answers;
    private final long stall;

    private static final class Answer {
        private final HttpServerResponse response;

        /** By how much the client has opened its window since. */
        private long opened;

        private boolean waits;
        private long written;
        private long stillSince;

        private Answer(HttpServerResponse response) {
            this.response = response;
        }
    }

    /** @param stall nanoseconds in which a client may take nothing of what waits */
    AnswerWatch(Http2Connection connection, long stall) {
        this.connection = connection;
        this.answers = connection.newKey();
        this.stall = stall;
    }

    void serving(Http2Stream stream, HttpServerResponse response) {
        stream.setProperty(answers, new Answer(response));
    }

    /** The client takes so much more of {@code stream}. */
    void opened(Http2Stream stream, int bytes) {
        Answer answer = stream.getProperty(answers);
        if (answer != null) {
            answer.opened += bytes;
        }
    }

    /**
     * @param full whether the connection takes nothing more for now, whichever stream it is of
     * @return those of {@code streams} of which something has waited for too long
     */
    List<Http2Stream> stalled(List<Http2Stream> streams, long now, boolean full) {
        List<Http2Stream> stalled = new ArrayList<>();
        for (Http2Stream stream : streams) {
            Answer answer = stream.getProperty(answers);
            if (answer != null && left(stream, answer, now, full) <= 0) {
                stalled.add(stream);
            }
        }
        return stalled;
    }

    private long left(Http2Stream stream, Answer answer, long now, boolean full) {
        boolean waited = answer.waits;
        long before = answer.written;
        answer.waits = waits(stream, answer.response);
        answer.written = written(stream, answer);
        if (!answer.waits) {
            return NEVER;
        }
        if (!waited || answer.written != before || (full && isOpen(stream))) {
            answer.stillSince = now;
        }
        return stall - (now - answer.stillSince);
    }

    /**
     * An answer that is silent waits for nobody. Vert.x keeps its pieces to itself once the window is used up to the very
     * last byte, or was shut from the first; then nobody can tell, and a client that leaves it so does not read either.
     */
    private boolean waits(Http2Stream stream, HttpServerResponse response) {
        return stream.state().localSideOpen()
                && response.headWritten()
                && (response.ended() || flow().hasFlowControlled(stream) || flow().windowSize(stream) <= 0);
    }

    /** Whether the client has asked for more than was sent: then it is the way to it that is slow, and Linux watches that. */
    private boolean isOpen(Http2Stream stream) {
        return flow().windowSize(stream) > 0 && flow().windowSize(connection.connectionStream()) > 0;
    }

    /** But for what it may have been at the first. Neither a wider window nor other settings change it. */
    private long written(Http2Stream stream, Answer answer) {
        return flow().initialWindowSize() + answer.opened - flow().windowSize(stream);
    }

    private Http2RemoteFlowController flow() {
        return connection.remote().flowController();
    }
}
