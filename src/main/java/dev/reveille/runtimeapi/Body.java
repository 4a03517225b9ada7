package dev.reveille.runtimeapi;

import io.vertx.core.buffer.Buffer;

/** The body of a request. */
record Body(String contentType, Buffer bytes) {
    /** @param text already JSON */
    static Body json(String text) {
        return new Body("application/json", Buffer.buffer(text));
    }
}
