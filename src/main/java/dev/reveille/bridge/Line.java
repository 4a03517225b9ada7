package dev.reveille.bridge;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/** How one guest is spoken to. Belongs to the event loop of the connection. */
interface Line {
    /**
     * Writes behind what was written before.
     *
     * @param text a message as JSON
     * @return once it has left this process; fails if the connection ends before
     */
    Future<Void> write(Buffer text);

    /** What carries {@code body}, which was told at {@code address}. */
    JsonObject news(String address, JsonObject body);

    /** What a ping is answered with; empty: nothing. */
    Optional<JsonObject> pong();

    /** Ends the connection behind what was written. */
    void close();

    /** Ends the connection at once: closing waits until all has left that was written, which is never while nobody reads. */
    void cut();
}
