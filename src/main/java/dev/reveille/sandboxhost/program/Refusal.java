package dev.reveille.sandboxhost.program;

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

    /** A parameter that is absent or of the wrong kind. */
    static Refusal parameter(String name, Object found, String expected) {
        return new Refusal(422, name + ": " + found + " (expected: " + expected + ")");
    }

    int status() {
        return status;
    }
}
