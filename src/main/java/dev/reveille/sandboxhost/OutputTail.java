package dev.reveille.sandboxhost;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The last words of a process. Reads all it writes, so that it is never held up, and keeps the last 2 KiB. */
final class OutputTail {
    private static final int LIMIT = 2048;

    private byte[] last = new byte[0];

    void follow(InputStream in) {
        byte[] chunk = new byte[LIMIT];
        try (in) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                add(chunk, n);
            }
        } catch (IOException closed) {
            // The process is gone.
        }
    }

    synchronized String text() {
        return new String(last, StandardCharsets.UTF_8).strip();
    }

    private synchronized void add(byte[] chunk, int length) {
        byte[] all = Arrays.copyOf(last, last.length + length);
        System.arraycopy(chunk, 0, all, last.length, length);
        last = Arrays.copyOfRange(all, Math.max(0, all.length - LIMIT), all.length);
    }
}
