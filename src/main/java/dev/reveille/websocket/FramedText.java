package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * A text message for many websockets: its bytes are made once, and compressed once, when the first of them wants it. May be
 * used from every thread.
 */
public final class FramedText {
    private final byte[] frame;

    /** Of the frame, at its end. */
    private final int payload;

    private volatile byte[] compressed;

    private FramedText(byte[] payload) {
        this.payload = payload.length;
        this.frame = Frame.text(payload);
    }

    /** @param text half a surrogate pair is no character, and is sent as a question mark */
    public static FramedText of(String text) {
        return new FramedText(text.getBytes(UTF_8));
    }

    /** How many bytes it is without compression, its head included. */
    public int length() {
        return frame.length;
    }

    /** The frame for a websocket that has agreed on {@code deflate}; null: on nothing. Not to be changed. */
    byte[] bytes(Deflate deflate) {
        return deflate == null || !deflate.reaches(payload) ? frame : compressed();
    }

    private byte[] compressed() {
        byte[] known = compressed;
        if (known == null) {
            byte[] made = Frame.compressedText(
                    Deflate.compress(Arrays.copyOfRange(frame, frame.length - payload, frame.length)));
            known = made.length < frame.length ? made : frame;
            compressed = known;
        }
        return known;
    }
}
