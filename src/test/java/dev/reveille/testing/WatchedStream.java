package dev.reveille.testing;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.parsetools.RecordParser;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Takes a status stream apart: the head of the answer, then the frames of a websocket or the chunks and lines of an event
 * stream. No more of either than the gateway sends: frames that are whole, data on one line.
 */
final class WatchedStream {
    private static final String LINE_END = "\r\n";
    private static final String DATA = "data: ";
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int TWO_BYTES = 126;
    private static final int EIGHT_BYTES = 127;

    private final boolean socket;
    private final Listener listener;
    private final RecordParser bytes = RecordParser.newDelimited(LINE_END + LINE_END);
    private final RecordParser lines = RecordParser.newDelimited("\n", this::line);
    private int opcode;

    /** Is told what there is on a stream, in order. */
    interface Listener {
        /** @param status the first line of the answer */
        void begun(String status);

        void message(Buffer json);

        void pinged();

        /** The gateway says that this is the end. */
        void ended();
    }

    WatchedStream(boolean socket, Listener listener) {
        this.socket = socket;
        this.listener = listener;
        bytes.handler(this::head);
    }

    /** What asks for it. */
    static byte[] request(String target, String key, boolean socket) {
        String more = socket
                ? String.join(
                        LINE_END,
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
                : "Accept: text/event-stream";
        return String.join(LINE_END, "GET " + target + " HTTP/1.1", "Host: gw", "X-API-Key: " + key, more, "", "")
                .getBytes(StandardCharsets.US_ASCII);
    }

    void take(Buffer received) {
        bytes.handle(received);
    }

    private void head(Buffer head) {
        String text = head.toString(StandardCharsets.ISO_8859_1);
        listener.begun(text.substring(0, text.indexOf(LINE_END)));
        next(socket ? this::frame : this::chunk);
    }

    private void next(Consumer<Buffer> what) {
        if (socket) {
            bytes.fixedSizeMode(2);
        } else {
            bytes.delimitedMode(LINE_END);
        }
        bytes.handler(what::accept);
    }

    private void next(int length, Consumer<Buffer> what) {
        bytes.fixedSizeMode(length);
        bytes.handler(what::accept);
    }

    private void chunk(Buffer size) {
        int length = Integer.parseInt(size.toString(), 16);
        if (length == 0) {
            listener.ended();
            return;
        }
        next(length + LINE_END.length(), chunk -> {
            lines.handle(chunk.slice(0, length));
            next(this::chunk);
        });
    }

    private void line(Buffer line) {
        if (line.length() > DATA.length() && line.getByte(0) == 'd') {
            listener.message(line.slice(DATA.length(), line.length()));
        }
    }

    private void frame(Buffer begin) {
        opcode = begin.getByte(0) & 0xf;
        int length = begin.getByte(1) & 0x7f;
        switch (length) {
            case 0 -> whole(Buffer.buffer());
            case TWO_BYTES -> next(2, more -> next(more.getUnsignedShort(0), this::whole));
            case EIGHT_BYTES -> next(8, more -> next((int) more.getLong(0), this::whole));
            default -> next(length, this::whole);
        }
    }

    private void whole(Buffer payload) {
        switch (opcode) {
            case TEXT -> listener.message(payload);
            case PING -> listener.pinged();
            case CLOSE -> listener.ended();
            default -> throw new IllegalStateException("opcode: " + opcode);
        }
        next(this::frame);
    }
}
