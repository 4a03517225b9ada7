package dev.reveille.proxy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What was read of a body so far. A piece takes some hundred bytes besides its own, so small ones are put together: what is
 * kept takes about as much memory as it has bytes, however it came.
 */
final class KeptPieces {
    /** In bytes. What is shorter is copied, unless it is alone. */
    private static final int SMALL = 1024;

    private final List<Buffer> pieces = new ArrayList<>();

    /** The last of them; null unless it was made here, and nobody else has it yet. */
    private Buffer open;

    private long bytes;

    long bytes() {
        return bytes;
    }

    void add(Buffer piece) {
        bytes += piece.length();
        if (piece.length() >= SMALL) {
            open = null;
            pieces.add(piece);
        } else if (open != null) {
            open.appendBuffer(piece);
        } else if (lastIsSmall()) {
            open = Buffer.buffer(SMALL)
                    .appendBuffer(pieces.remove(pieces.size() - 1))
                    .appendBuffer(piece);
            pieces.add(open);
        } else {
            pieces.add(piece);
        }
    }

    private boolean lastIsSmall() {
        return !pieces.isEmpty() && pieces.get(pieces.size() - 1).length() < SMALL;
    }

    /** Gives all to {@code taker} in order, which may keep them. */
    void handOver(Consumer<Buffer> taker) {
        open = null;
        pieces.forEach(taker);
    }

    void clear() {
        open = null;
        pieces.clear();
        bytes = 0;
    }
}
