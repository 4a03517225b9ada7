package dev.reveille.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A connection on which a test says what no HTTP client would. Nothing on it waits longer than 10 s. */
final class RawConnection implements AutoCloseable {
    /** What asks for a websocket. */
    static final MultiMap HANDSHAKE = MultiMap.caseInsensitiveMultiMap()
            .add("Connection", "Upgrade")
            .add("Upgrade", "websocket")
            .add("Sec-WebSocket-Version", "13")
            .add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");

    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;

    /** An answer; header names in lower case. */
    record Answer(int status, Map<String, String> headers, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }
    }

    private RawConnection(Socket socket) {
        this.socket = socket;
    }

    static RawConnection to(int port) {
        try {
            Socket socket = new Socket();
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            return new RawConnection(socket);
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    /** A request head with a {@code Host}, the given header lines and no body. */
    static String head(String requestLine, String... headers) {
        StringBuilder head = new StringBuilder(requestLine).append(" HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    RawConnection send(String text) {
        return send(text.getBytes(UTF_8));
    }

    RawConnection send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /** The next answer, {@code 100 Continue} included. */
    Answer answer() {
        return answer("GET");
    }

    /** As {@link #answer()}, to a request of this method: {@code HEAD} is answered without a body. */
    Answer answer(String method) {
        try {
            InputStream in = socket.getInputStream();
            String[] lines = readHead(in).split("\r\n", -1);
            Map<String, String> headers = new LinkedHashMap<>();
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                if (colon > 0) {
                    headers.put(
                            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                            lines[i].substring(colon + 1).trim());
                }
            }
            int length = method.equals("HEAD") ? 0 : Integer.parseInt(headers.getOrDefault("content-length", "0"));
            String body = new String(in.readNBytes(length), UTF_8);
            return new Answer(Integer.parseInt(lines[0].split(" ", -1)[1]), headers, body);
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /** The next bytes, whatever they are. */
    byte[] bytes(int count) {
        try {
            return socket.getInputStream().readNBytes(count);
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /** Whether the other side ends the connection, cleanly or not; waits for it. */
    boolean ends() {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException stays) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    private static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the connection ended after: " + head.toString(ISO_8859_1));
            }
            head.write(next);
            String text = head.toString(ISO_8859_1);
            if (text.endsWith("\r\n\r\n")) {
                return text;
            }
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }
}
