package dev.reveille.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One end of a TCP connection that speaks HTTP/1 by hand, so that a test sees every byte. No read lasts over 15 s. */
public final class Line implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 15_000;

    private final Socket socket;
    private final InputStream in;

    public Line(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    public static Line to(int port) {
        return connected(new Socket(), port);
    }

    /** The same with a small receive buffer, so that little is under way when this end stops reading. */
    public static Line narrowTo(int port) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 * 1024);
        return connected(socket, port);
    }

    private static Line connected(Socket socket, int port) {
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return new Line(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Line send(String text) throws IOException {
        return send(text.getBytes(ISO_8859_1));
    }

    public Line send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** One chunk of a chunked body. */
    public Line sendChunk(String data) throws IOException {
        return send(Integer.toHexString(data.length()) + "\r\n" + data + "\r\n");
    }

    /** The next head, of a request or an answer. */
    public Head head() throws IOException {
        String start = line();
        Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String field = line(); !field.isEmpty(); field = line()) {
            int colon = field.indexOf(':');
            fields.computeIfAbsent(field.substring(0, colon), n -> new ArrayList<>())
                    .add(field.substring(colon + 1).trim());
        }
        return new Head(start, fields);
    }

    public String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the other side closed after: " + line.toString(ISO_8859_1));
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(ISO_8859_1);
    }

    public String read(int length) throws IOException {
        return new String(bytes(length), ISO_8859_1);
    }

    public byte[] bytes(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the other side closed after: " + new String(bytes, ISO_8859_1));
        }
        return bytes;
    }

    /** Reads and drops so many bytes. */
    public void skip(long length) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        for (long left = length; left > 0; ) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                throw new EOFException("the other side closed, " + left + " bytes early");
            }
            left -= read;
        }
    }

    /** The next chunk's data; empty for the last. */
    public String chunk() throws IOException {
        int length = Integer.parseInt(line().trim(), 16);
        if (length == 0) {
            return "";
        }
        String data = read(length);
        line();
        return data;
    }

    /** The body that belongs to {@code head}. */
    public String body(Head head) throws IOException {
        if (head.has("Content-Length")) {
            return read(Integer.parseInt(head.field("Content-Length")));
        }
        if (!head.has("Transfer-Encoding")) {
            return "";
        }
        StringBuilder all = new StringBuilder();
        for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
            all.append(chunk);
        }
        line();
        return all.toString();
    }

    /** Whether anything has come that was not read yet. */
    public boolean hasMore() throws IOException {
        return in.available() > 0;
    }

    /** How many bytes this side's kernel, or this object, has taken that were not read yet. */
    public int unread() throws IOException {
        return in.available();
    }

    /** All that comes until the other side closes. */
    public String rest() throws IOException {
        return new String(in.readAllBytes(), ISO_8859_1);
    }

    /** Waits for the other side to close or reset the connection; what still comes is dropped. */
    public void awaitEnd() throws IOException {
        try {
            in.skipNBytes(Long.MAX_VALUE);
        } catch (EOFException | SocketException closed) {
            // As hoped.
        }
    }

    /** Waits for the other side to reset the connection; a quiet end is an error. */
    public void awaitReset() throws IOException {
        try {
            in.skipNBytes(Long.MAX_VALUE);
        } catch (EOFException quiet) {
            throw new AssertionError("the connection ended quietly (expected: a reset)", quiet);
        } catch (SocketException reset) {
            // As hoped.
        }
    }

    public int localPort() {
        return socket.getLocalPort();
    }

    /** Leaves in the orderly way. */
    public void leave() throws IOException {
        socket.close();
    }

    /** Leaves as a process that is killed does. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** A start line and the fields behind it. */
    public record Head(String start, Map<String, List<String>> fields) {
        public int status() {
            return Integer.parseInt(start.split(" ", 3)[1]);
        }

        public String target() {
            return start.split(" ", 3)[1];
        }

        public boolean has(String name) {
            return fields.containsKey(name);
        }

        /** All values, joined by commas; null if there are none. */
        public String field(String name) {
            List<String> values = fields.get(name);
            return values == null ? null : values.stream().collect(Collectors.joining(", "));
        }
    }
}
