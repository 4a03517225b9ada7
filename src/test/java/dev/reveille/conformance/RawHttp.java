package dev.reveille.conformance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** A connection on which a test writes the head itself, with any {@code Host}. */
final class RawHttp implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket = new Socket();

    static RawHttp to(int port) {
        RawHttp raw = new RawHttp();
        try {
            raw.socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            raw.socket.setSoTimeout(PATIENCE_MILLIS);
            return raw;
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    /** The whole answer to a request without a body, head included, on a connection of its own. */
    static String get(int port, String host, String target) {
        try (RawHttp raw = to(port)) {
            raw.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            return new String(raw.socket.getInputStream().readAllBytes(), ISO_8859_1);
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    RawHttp send(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            return this;
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /** The next line, without its end. */
    String line() {
        try {
            StringBuilder line = new StringBuilder();
            InputStream in = socket.getInputStream();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw new AssertionError("the connection ended after: " + line);
                }
                line.append((char) next);
            }
            return line.toString().strip();
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /** Reads an answer with a length to its end. @return its status line */
    String answer() {
        String status = line();
        int length = 0;
        for (String header = line(); !header.isEmpty(); header = line()) {
            if (header.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        header.substring(header.indexOf(':') + 1).strip());
            }
        }
        try {
            socket.getInputStream().readNBytes(length);
            return status;
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /** Whether the other side says nothing, and does not leave either, for so long. */
    boolean staysOpenFor(int millis) {
        try {
            socket.setSoTimeout(millis);
            socket.getInputStream().read();
            return false;
        } catch (SocketTimeoutException stays) {
            return true;
        } catch (IOException reset) {
            return false;
        } finally {
            patient();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private void patient() {
        try {
            socket.setSoTimeout(PATIENCE_MILLIS);
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }
}
