package dev.reveille.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Where the frames of one direction of a websocket end (<a href="https://www.rfc-editor.org/rfc/rfc6455#section-5.2">RFC
 * 6455, 5.2</a>): only there may a frame of ours be put in. It reads lengths and kinds and nothing else.
 */
final class Frames {
    private static final byte[] RESTARTING = {(byte) 0x88, 2, (byte) (1012 >> 8), (byte) 1012};

    private static final int LONGEST_HEAD = 14;
    private static final int CONTROL = 0x08;
    private static final int MASKED = 0x80;
    private static final int LENGTH = 0x7f;
    private static final int LENGTH_IN_2 = 126;
    private static final int LENGTH_IN_8 = 127;

    private final byte[] head = new byte[LONGEST_HEAD];
    private int headBytes;
    private long payload;
    private long dataFrames;
    private long dataBytes;

    /** How many frames have begun that are not about the connection itself, as pings are. */
    long dataFrames() {
        return dataFrames;
    }

    /** How much of their payload has passed. */
    long dataBytes() {
        return dataBytes;
    }

    /** What Close with status 1012, Service Restart, looks like from a server. */
    static ByteBuf restarting() {
        return Unpooled.copiedBuffer(RESTARTING);
    }

    /** Whether a frame has ended and the next not begun. */
    boolean between() {
        return headBytes == 0 && payload == 0;
    }

    /** Goes over all of {@code data}. */
    void pass(ByteBuf data) {
        int at = data.readerIndex();
        while (at < data.writerIndex()) {
            at = step(data, at);
        }
    }

    /** @return how much of {@code data} belongs to the frame that is under way; all of it, if that does not end in it */
    int rest(ByteBuf data) {
        int at = data.readerIndex();
        while (at < data.writerIndex() && !between()) {
            at = step(data, at);
        }
        return at - data.readerIndex();
    }

    /** Goes over a byte of a head, or as much of a payload as there is. */
    private int step(ByteBuf data, int at) {
        if (payload > 0) {
            int taken = (int) Math.min(payload, data.writerIndex() - at);
            payload -= taken;
            if (ofData()) {
                dataBytes += taken;
            }
            return at + taken;
        }
        head[headBytes++] = data.getByte(at);
        if (headBytes == headLength()) {
            payload = payloadLength();
            headBytes = 0;
            if (ofData()) {
                dataFrames++;
            }
        }
        return at + 1;
    }

    /** Control frames have an opcode of 8 and more. */
    private boolean ofData() {
        return (head[0] & CONTROL) == 0;
    }

    private int headLength() {
        if (headBytes < 2) {
            return LONGEST_HEAD;
        }
        int mask = (head[1] & MASKED) == 0 ? 0 : 4;
        return switch (head[1] & LENGTH) {
            case LENGTH_IN_2 -> 4 + mask;
            case LENGTH_IN_8 -> 10 + mask;
            default -> 2 + mask;
        };
    }

    private long payloadLength() {
        int length = head[1] & LENGTH;
        return switch (length) {
            case LENGTH_IN_2 -> number(2, 4);
            case LENGTH_IN_8 -> Math.max(0, number(2, 10));
            default -> length;
        };
    }

    private long number(int from, int to) {
        long number = 0;
        for (int i = from; i < to; i++) {
            number = (number << 8) | (head[i] & 0xff);
        }
        return number;
    }
}
