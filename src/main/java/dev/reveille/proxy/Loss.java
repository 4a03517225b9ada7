package dev.reveille.proxy;

/** There is no answer to a request that was forwarded, or only half of one. No stack trace: it is expected. */
final class Loss extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    Loss(Kind kind, Throwable cause) {
        super(kind + ": " + cause.getMessage(), null, false, false);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** How far the request had come. */
    enum Kind {
        /** Nothing was sent. */
        NOT_SENT(502, "there is no connection to the sandbox; nothing was sent"),
        /** It was sent, and the sandbox said that it has begun nothing of it (RFC 9113, 8.7). */
        REFUSED(502, "the sandbox is too busy to begin what was asked"),
        /** It was sent, perhaps begun, and then the connection broke. */
        BROKEN(
                502,
                "the connection to the sandbox was lost; it may have begun what was asked, so it was not asked again"),
        /** It was sent, and nothing came back for too long. */
        SILENT(504, "the sandbox did not answer in time; it may have begun what was asked, so it was not asked again");

        private final int status;
        private final String words;

        Kind(int status, String words) {
            this.status = status;
            this.words = words;
        }

        /** Whether the sandbox has done nothing, so that it may be asked again, whatever it was asked for. */
        boolean harmless() {
            return this == NOT_SENT || this == REFUSED;
        }

        /** What a router in between would have answered. */
        int status() {
            return status;
        }

        /** For the client. */
        String words() {
            return words;
        }
    }
}
