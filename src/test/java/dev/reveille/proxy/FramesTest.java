package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
    private final Frames frames = new Frames();

    @Test
    void beforeTheFirstFrameIsBetweenFrames() {
        assertThat(frames.between()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_535, 65_536, 200_000})
    void aFrameEndsWhereItsLengthSays(int length) {
        for (boolean masked : new boolean[] {false, true}) {
            Buffer frame = frame(length, masked);

            frames.pass(bytes(frame.slice(0, frame.length() - 1)));
            assertThat(frames.between()).isFalse();
            frames.pass(bytes(frame.slice(frame.length() - 1, frame.length())));
            assertThat(frames.between()).isTrue();
        }
    }

    @Test
    void howItIsCutIntoPiecesDoesNotMatter() {
        Random random = new Random(7);
        Buffer all = Buffer.buffer();
        for (int i = 0; i < 50; i++) {
            all.appendBuffer(frame(random.nextInt(70_000), false));
        }
        for (int at = 0; at < all.length(); ) {
            int end = Math.min(all.length(), at + 1 + random.nextInt(9_000));
            frames.pass(bytes(all.slice(at, end)));
            at = end;
        }

        assertThat(frames.between()).isTrue();
    }

    @Test
    void theRestOfAFrameIsWhatBelongsToIt() {
        Buffer frame = frame(300, false);
        frames.pass(bytes(frame.slice(0, 100)));
        Buffer more = frame.slice(100, frame.length()).copy().appendBuffer(frame(20, false));

        assertThat(frames.rest(bytes(more))).isEqualTo(frame.length() - 100);
        assertThat(frames.between()).isTrue();
    }

    @Test
    void whatIsAboutTheConnectionIsNotCounted() {
        byte[] kinds = {0, 1, 2, 8, 9, 10};
        for (byte kind : kinds) {
            Buffer frame = frame(100, true);
            frame.setByte(0, (byte) (0x80 | kind));
            for (int at = 0; at < frame.length(); at++) {
                frames.pass(bytes(frame.slice(at, at + 1)));
            }
        }

        assertThat(frames.dataFrames()).isEqualTo(3);
        assertThat(frames.dataBytes()).isEqualTo(300);
    }

    private static ByteBuf bytes(Buffer buffer) {
        return Unpooled.wrappedBuffer(buffer.getBytes());
    }

    private static Buffer frame(int length, boolean masked) {
        int mask = masked ? 0x80 : 0;
        Buffer frame = Buffer.buffer().appendByte((byte) 0x82);
        if (length < 126) {
            frame.appendByte((byte) (mask | length));
        } else if (length < 65_536) {
            frame.appendByte((byte) (mask | 126)).appendUnsignedShort(length);
        } else {
            frame.appendByte((byte) (mask | 127)).appendLong(length);
        }
        if (masked) {
            frame.appendInt(0x01020304);
        }
        return frame.appendBytes(new byte[length]);
    }
}
