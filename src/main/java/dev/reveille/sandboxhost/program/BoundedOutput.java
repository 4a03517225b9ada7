package dev.reveille.sandboxhost.program;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The begin and the end of a stream of any length. One thread fills it; any thread may look. */
final class BoundedOutput {
    private final byte[] head;
    private final byte[] tail;
    private long total;

    /**
     * @param limit how many bytes are kept, half from the begin and half from the end
     */
    BoundedOutput(int limit) {
        head = new byte[limit / 2];
        tail = new byte[limit - head.length];
    }

    /** Reads until the stream ends, also after the limit, so that whoever writes is never held up. */
    void drain(InputStream in) {
        byte[] chunk = new byte[8192];
        try (in) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                add(chunk, n);
            }
        } catch (IOException closed) {
            // The process was ended; what came before stands.
        }
    }

    synchronized void add(byte[] chunk, int length) {
        for (int i = 0; i < length; i++, total++) {
            if (total < head.length) {
                head[(int) total] = chunk[i];
            } else {
                tail[(int) ((total - head.length) % tail.length)] = chunk[i];
            }
        }
    }

    synchronized boolean cut() {
        return omitted() > 0;
    }

    /** What was kept; where something was left out, a line says how much. */
    synchronized String text() {
        if (total <= head.length) {
            return utf8(head, 0, (int) total);
        }
        int end = (int) ((total - head.length) % tail.length);
        if (!cut()) {
            byte[] all = new byte[(int) total];
            System.arraycopy(head, 0, all, 0, head.length);
            System.arraycopy(tail, 0, all, head.length, all.length - head.length);
            return utf8(all, 0, all.length);
        }
        return utf8(head, 0, head.length)
                + "\n[... " + omitted() + " bytes left out ...]\n"
                + utf8(tail, end, tail.length - end)
                + utf8(tail, 0, end);
    }

    private long omitted() {
        return Math.max(0, total - head.length - tail.length);
    }

    private static String utf8(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
}
