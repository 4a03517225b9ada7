package dev.reveille.session;

import java.util.Objects;

/** A {@link GatewayFailure} on its way through failed Futures. Expected, so without a stack trace. */
public final class FailureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient GatewayFailure failure;

    public FailureException(GatewayFailure failure) {
        super(failure.code() + ": " + failure.detail(), null, false, false);
        this.failure = Objects.requireNonNull(failure, "failure");
    }

    public GatewayFailure failure() {
        return failure;
    }
}
