package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;

/** Frames as a server sends them: whole and not masked (RFC 6455, 5.2). */
final class Frame {
    private static final int FIN = 0x80;
    private static final int COMPRESSED = 0x40;
    private static final int TEXT = 0x1;
    private static final int BINARY = 0x2;
    private static final int CLOSE = 0x8;
    private static final int PING = 0x9;
    private static final int PONG = 0xA;
    private static final int TWO_BYTES = 126;
    private static final int EIGHT_BYTES = 127;
    private static final int LONGEST_REASON = 123;

    private Frame() {}

    static byte[] text(byte[] payload) {
        return of(TEXT, payload);
    }

    static byte[] compressedText(byte[] payload) {
        return of(COMPRESSED | TEXT, payload);
    }

    static byte[] binary(byte[] payload) {
        return of(BINARY, payload);
    }

    static byte[] compressedBinary(byte[] payload) {
        return of(COMPRESSED | BINARY, payload);
    }

    static byte[] ping() {
        return of(PING, new byte[0]);
    }

    static byte[] pong(byte[] payload) {
        return of(PONG, payload);
    }

    /** @param code {@link CloseCode#NONE}: the frame says nothing */
    static byte[] close(int code, String reason) {
        if (code == CloseCode.NONE) {
            return of(CLOSE, new byte[0]);
        }
        ByteBuffer payload = ByteBuffer.allocate(Short.BYTES + LONGEST_REASON);
        payload.putShort((short) code);
        // Stops before the first character that has no room.
        UTF_8.newEncoder().encode(CharBuffer.wrap(reason), payload, true);
        byte[] said = new byte[payload.position()];
        payload.flip().get(said);
        return of(CLOSE, said);
    }

    private static byte[] of(int kind, byte[] payload) {
        int length = payload.length;
        int head = length < TWO_BYTES ? 2 : length <= 0xffff ? 4 : 10;
        ByteBuffer frame = ByteBuffer.allocate(head + length).put((byte) (FIN | kind));
        switch (head) {
            case 2 -> frame.put((byte) length);
            case 4 -> frame.put((byte) TWO_BYTES).putShort((short) length);
            default -> frame.put((byte) EIGHT_BYTES).putLong(length);
        }
        return frame.put(payload).array();
    }
}
