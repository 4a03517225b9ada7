package dev.reveille.conformance;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;

/** A call to which no whole answer came. */
final class NoAnswer extends RuntimeException {
    /** How. */
    enum Kind {
        TIMEOUT,
        REFUSED,
        DROPPED
    }

    private final Kind kind;

    NoAnswer(Ask ask, IOException cause) {
        super(ask.method() + " " + ask.uri() + ": " + cause, cause);
        this.kind = cause instanceof HttpTimeoutException
                ? Kind.TIMEOUT
                : cause instanceof ConnectException ? Kind.REFUSED : Kind.DROPPED;
    }

    Kind kind() {
        return kind;
    }
}
