package dev.reveille.testing;

import io.vertx.core.buffer.Buffer;
import java.util.Map;

/** One step of a {@link Script}. */
record Step(Kind kind, int status, Map<String, String> headers, Buffer body, long delayMillis) {
    static final Step AS_USUAL = new Step(Kind.USUAL, 0, Map.of(), Buffer.buffer(), 0);

    enum Kind {
        USUAL,
        ANSWER,
        HANG,
        RESET,
        LOSE_ANSWER,
        KEEP_ANSWER,
        STALL,
        BREAK_OFF
    }
}
