package dev.reveille.session;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything that Reveille tells a caller when it cannot do what was asked. Named by what the caller may do about it; one
 * place turns it into HTTP and one into an event-bus reply.
 *
 * <p>{@link #detail} is for outsiders: it never holds an upstream address or a key.
 */
public sealed interface GatewayFailure {
    /** Which of the kinds below it is. */
    Kind kind();

    /** One sentence for people: what happened, and what to do if that is not plain. */
    String detail();

    /** The stable word for it, part of the API. */
    default String code() {
        return kind().word();
    }

    /** HTTP status. */
    default int status() {
        return kind().status;
    }

    /** Whether the same request may succeed later. */
    default boolean retryable() {
        return kind().retryable;
    }

    /** How long to wait before trying again; empty if there is nothing to say. */
    default Optional<Duration> retryAfter() {
        return Optional.empty();
    }

    /** As an exception, to travel in a failed Future. */
    default FailureException asException() {
        return new FailureException(this);
    }

    /** The kinds of failure, each with its HTTP status and whether trying again may help. */
    enum Kind {
        INVALID_REQUEST(400, false),
        NO_SUCH_RESOURCE(404, false),
        TOO_LARGE(413, false),
        HEAD_TOO_LONG(431, false),
        UNSUPPORTED(501, false),
        TOO_SLOW(408, true),
        UNAUTHORIZED(401, false),
        FORBIDDEN(403, false),
        UNKNOWN_SESSION(404, false),
        WRONG_STATE(409, false),
        RUNTIME_DISCONNECTED(502, true),
        RUNTIME_PAUSED(503, true),
        RUNTIME_STARTING(500, true),
        STEP_FAILED(502, true),
        RUNTIME_CRASHED(502, true),
        WAKE_TIMEOUT(504, true),
        START_TIMEOUT(504, true),
        BUILD_TIMEOUT(504, true),
        TOO_MANY_WAITING(429, true),
        QUOTA_EXCEEDED(429, true),
        RUNTIME_API_UNAVAILABLE(502, true),
        BODY_NOT_REPLAYABLE(503, true),
        SHUTTING_DOWN(503, true),
        INTERNAL(500, false);

        private final int status;
        private final boolean retryable;

        Kind(int status, boolean retryable) {
            this.status = status;
            this.retryable = retryable;
        }

        /** As it stands in answers. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The request itself is wrong; nothing was done. */
    record InvalidRequest(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.INVALID_REQUEST;
        }
    }

    /** There is nothing under that address, or not with that method. */
    record NoSuchResource(int status, String detail) implements GatewayFailure {
        public NoSuchResource {
            if (status != 404 && status != 405) {
                throw new IllegalArgumentException("status: " + status + " (expected: 404 or 405)");
            }
        }

        @Override
        public Kind kind() {
            return Kind.NO_SUCH_RESOURCE;
        }
    }

    /** The request's body is larger than what is read of one. */
    record TooLarge(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.TOO_LARGE;
        }
    }

    /** The request's target or its header fields are longer than what is read of them. */
    record HeadTooLong(int status, String detail) implements GatewayFailure {
        public HeadTooLong {
            if (status != 414 && status != 431) {
                throw new IllegalArgumentException("status: " + status + " (expected: 414 or 431)");
            }
        }

        @Override
        public Kind kind() {
            return Kind.HEAD_TOO_LONG;
        }
    }

    /** The request uses something of HTTP, or of websockets, that is not spoken here, or wants an answer in a form that there is not. */
    record Unsupported(int status, String detail) implements GatewayFailure {
        public Unsupported {
            if (status != 406 && status != 426 && status != 501 && status != 505) {
                throw new IllegalArgumentException("status: " + status + " (expected: 406, 426, 501 or 505)");
            }
        }

        @Override
        public Kind kind() {
            return Kind.UNSUPPORTED;
        }
    }

    /** The client did not send in time what it had begun. */
    record TooSlow(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.TOO_SLOW;
        }
    }

    /** No or a bad key. */
    record Unauthorized(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.UNAUTHORIZED;
        }
    }

    /** A good key, but not for this session. */
    record Forbidden(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.FORBIDDEN;
        }
    }

    /** Neither we nor upstream know the session or runtime, or it was closed. */
    record UnknownSession(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.UNKNOWN_SESSION;
        }
    }

    /** The session is in a state that does not allow what was asked, such as pausing a stopped one. */
    record WrongState(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.WRONG_STATE;
        }
    }

    /**
     * The sandbox cannot be reached and is not asleep.
     *
     * @param status what the way to it answered: 404, 502 or 504
     * @param retryable whether the request may be sent again; not if the sandbox may have begun what must not be done twice
     */
    record RuntimeDisconnected(int status, String detail, boolean retryable) implements GatewayFailure {
        public RuntimeDisconnected {
            if (status != 404 && status != 502 && status != 504) {
                throw new IllegalArgumentException("status: " + status + " (expected: 404, 502 or 504)");
            }
        }

        /** For a request of which the sandbox has seen nothing, or which may be done twice. */
        public RuntimeDisconnected(int status, String detail) {
            this(status, detail, true);
        }

        /** For a request that may have begun, and must not be done twice. */
        public static RuntimeDisconnected halfWay(int status, String detail) {
            return new RuntimeDisconnected(status, detail, false);
        }

        @Override
        public Kind kind() {
            return Kind.RUNTIME_DISCONNECTED;
        }
    }

    /** The sandbox sleeps, and this request may not wake it. */
    record RuntimePaused(String detail, Duration after) implements GatewayFailure {
        @Override
        public Optional<Duration> retryAfter() {
            return Optional.of(after);
        }

        @Override
        public Kind kind() {
            return Kind.RUNTIME_PAUSED;
        }
    }

    /**
     * The sandbox is on its way and does not answer yet. A 500, since clients that poll take 404, 502 and 504 for the end of
     * it, and 503 for sleep.
     */
    record RuntimeStarting(String detail, Duration after) implements GatewayFailure {
        @Override
        public Optional<Duration> retryAfter() {
            return Optional.of(after);
        }

        @Override
        public Kind kind() {
            return Kind.RUNTIME_STARTING;
        }
    }

    /** Upstream refused or failed one step of a session's life. The code is the step's word and {@code _failed}. */
    record StepFailed(Step step, String detail) implements GatewayFailure {
        public StepFailed {
            Objects.requireNonNull(step, "step");
        }

        @Override
        public String code() {
            return step.word() + "_failed";
        }

        @Override
        public boolean retryable() {
            return step != Step.BUILD;
        }

        @Override
        public Kind kind() {
            return Kind.STEP_FAILED;
        }
    }

    /** The sandbox was started and broke: the pod failed, or crashes again and again. */
    record RuntimeCrashed(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.RUNTIME_CRASHED;
        }
    }

    /**
     * The sandbox did not answer before the deadline of its wake.
     *
     * @param after when to try again; empty if nobody knows
     */
    record WakeTimeout(String detail, Optional<Duration> after) implements GatewayFailure {
        public WakeTimeout(String detail) {
            this(detail, Optional.empty());
        }

        @Override
        public Optional<Duration> retryAfter() {
            return after;
        }

        @Override
        public Kind kind() {
            return Kind.WAKE_TIMEOUT;
        }
    }

    /** The sandbox did not answer before the deadline of its start. */
    record StartTimeout(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.START_TIMEOUT;
        }
    }

    /** The runtime API took nothing of what was to be built, or did not answer once it had all of it. */
    record BuildTimeout(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.BUILD_TIMEOUT;
        }
    }

    /** So many requests wait for sandboxes that this one cannot. */
    record TooManyWaiting(String detail, Duration after) implements GatewayFailure {
        @Override
        public Optional<Duration> retryAfter() {
            return Optional.of(after);
        }

        @Override
        public Kind kind() {
            return Kind.TOO_MANY_WAITING;
        }
    }

    /** The tenant has as much as it may have. */
    record QuotaExceeded(String detail, Duration after) implements GatewayFailure {
        @Override
        public Optional<Duration> retryAfter() {
            return Optional.of(after);
        }

        @Override
        public Kind kind() {
            return Kind.QUOTA_EXCEEDED;
        }
    }

    /** The runtime API is down or was given a rest, and the answer needed it. */
    record RuntimeApiUnavailable(String detail) implements GatewayFailure {
        @Override
        public Kind kind() {
            return Kind.RUNTIME_API_UNAVAILABLE;
        }
    }

    /** The sandbox turned out to be asleep when the request's body was already gone. */
    record BodyNotReplayable(String detail) implements GatewayFailure {
        @Override
        public Optional<Duration> retryAfter() {
            return Optional.of(Duration.ZERO);
        }

        @Override
        public Kind kind() {
            return Kind.BODY_NOT_REPLAYABLE;
        }
    }

    /** This node is about to leave. */
    record ShuttingDown(String detail, Duration after) implements GatewayFailure {
        @Override
        public Optional<Duration> retryAfter() {
            return Optional.of(after);
        }

        @Override
        public Kind kind() {
            return Kind.SHUTTING_DOWN;
        }
    }

    /** A defect of ours. The log has the rest. */
    record Internal(String detail) implements GatewayFailure {
        /** For what is unexpected. Whoever makes it has logged that. */
        public static Internal inTheLog() {
            return new Internal("something went wrong here; the log of the gateway says what");
        }

        @Override
        public Kind kind() {
            return Kind.INTERNAL;
        }
    }

    /** The steps of a session's life that upstream carries out. */
    enum Step {
        BUILD,
        START,
        RESUME,
        /** Setting {@code initial_env} inside the sandbox. */
        ENVIRONMENT,
        PAUSE,
        STOP;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
