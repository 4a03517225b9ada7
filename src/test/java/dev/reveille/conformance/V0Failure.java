package dev.reveille.conformance;

/** How a V0 client fails; the kinds are OpenHands' exception classes. */
final class V0Failure extends RuntimeException {
    /** Which class. */
    enum Kind {
        /** {@code AgentRuntimeNotReadyError}: asked again until the time is up. */
        NOT_READY,
        /** {@code AgentRuntimeNotFoundError}. */
        NOT_FOUND,
        /** {@code AgentRuntimeDisconnectedError}. */
        DISCONNECTED,
        /** {@code AgentRuntimeUnavailableError} itself. */
        UNAVAILABLE,
        /** {@code AgentRuntimeTimeoutError} or {@code httpx.TimeoutException}. */
        TIMEOUT,
        /** {@code AgentRuntimeBuildError}. */
        BUILD,
        /** {@code RequestHTTPError}: a status that means nothing in particular. */
        HTTP,
        /** {@code tenacity.RetryError}. */
        RETRIES_ENDED,
        /** {@code KeyError}, {@code AttributeError} and their like: the client itself broke on what it got. */
        BROKE
    }

    private final Kind kind;
    private final int status;

    V0Failure(Kind kind, String message) {
        this(kind, 0, message);
    }

    /** @param status of the answer, 0: none */
    V0Failure(Kind kind, int status, String message) {
        super(kind + ": " + message);
        this.kind = kind;
        this.status = status;
    }

    Kind kind() {
        return kind;
    }

    int status() {
        return status;
    }
}
