package dev.reveille.sandboxhost;

/** A call that is not served, with what its caller is told. */
final class Refusal extends RuntimeException {
    private final int status;

    /**
     * @param status the HTTP status
     * @param detail the reason, for the caller
     */
    Refusal(int status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
