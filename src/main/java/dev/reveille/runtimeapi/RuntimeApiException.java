package dev.reveille.runtimeapi;

import java.time.Duration;
import java.util.Optional;

/**
 * A call that did not bring what it should. Expected, so without a stack trace. Neither the message nor the detail holds an
 * upstream address or a key.
 */
public final class RuntimeApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What the caller may conclude. */
    public enum Kind {
        /** No connection, or none was tried: surely not done. */
        UNREACHABLE,
        /** Sent, but no answer in time or the connection was lost: perhaps done. */
        UNANSWERED,
        /** Upstream answered with a status that means no. */
        REFUSED,
        /** Upstream said yes in words that are not understandable: probably done. */
        GARBLED
    }

    /** The kinds, as far as repetition and the breaker tell them apart. */
    enum Reason {
        BREAKER_OPEN(Kind.UNREACHABLE),
        NOT_CONNECTED(Kind.UNREACHABLE),
        TIMED_OUT(Kind.UNANSWERED),
        LOST(Kind.UNANSWERED),
        STATUS(Kind.REFUSED),
        GARBLED(Kind.GARBLED);

        private final Kind kind;

        Reason(Kind kind) {
            this.kind = kind;
        }
    }

    private final Reason reason;
    private final int status;
    private final String detail;
    private final Duration retryAfter;

    private RuntimeApiException(Reason reason, int status, String detail, Duration retryAfter, String message) {
        super(message, null, false, false);
        this.reason = reason;
        this.status = status;
        this.detail = detail;
        this.retryAfter = retryAfter;
    }

    static RuntimeApiException notConnected() {
        return told(Reason.NOT_CONNECTED, "the runtime API cannot be reached");
    }

    /** @param again when it will be tried again */
    static RuntimeApiException breakerOpen(String again) {
        return told(Reason.BREAKER_OPEN, "the runtime API failed repeatedly and is given a rest; " + again);
    }

    static RuntimeApiException timedOut(Duration timeout) {
        return told(Reason.TIMED_OUT, "the runtime API did not answer within " + timeout.toMillis() + " ms");
    }

    static RuntimeApiException lost() {
        return told(Reason.LOST, "the connection to the runtime API broke before its answer");
    }

    /** @param detail upstream's own words, made fit for outsiders */
    static RuntimeApiException refused(int status, String detail, Optional<Duration> retryAfter) {
        String message = "the runtime API answered " + status + (detail.isEmpty() ? "" : ": " + detail);
        return new RuntimeApiException(Reason.STATUS, status, detail, retryAfter.orElse(Duration.ZERO), message);
    }

    static RuntimeApiException garbled(String field, String expected) {
        return told(
                Reason.GARBLED,
                "the runtime API's answer is not understandable: " + field + " (expected: " + expected + ")");
    }

    private static RuntimeApiException told(Reason reason, String detail) {
        return new RuntimeApiException(reason, 0, detail, Duration.ZERO, detail);
    }

    public Kind kind() {
        return reason.kind;
    }

    /** Upstream's status if the kind is {@code REFUSED}, else 0. */
    public int status() {
        return status;
    }

    /** Fit for outsiders. If the kind is {@code REFUSED}: upstream's own words, or empty text if it had none. */
    public String detail() {
        return detail;
    }

    Reason reason() {
        return reason;
    }

    /** How long upstream wants to be left alone; zero if it did not say. */
    Duration retryAfter() {
        return retryAfter;
    }

    /**
     * Whether upstream as a whole is in trouble. An error or an odd answer may be about the one runtime that was asked for, and
     * must not stand in the way of all others.
     */
    boolean isUpstreamDown() {
        return reason == Reason.NOT_CONNECTED || reason == Reason.TIMED_OUT || reason == Reason.LOST;
    }
}
