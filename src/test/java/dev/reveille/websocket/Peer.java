package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** A client's end of a websocket, byte by byte. No read lasts over 15 s. */
final class Peer implements AutoCloseable {
    static final int CONTINUATION = 0x80;
    static final int TEXT = 0x81;
    static final int BINARY = 0x82;
    static final int CLOSE = 0x88;
    static final int PING = 0x89;
    static final int PONG = 0x8A;
    static final int COMPRESSED = 0x40;

    /** Taken from a first byte: more frames follow. */
    static final int FIN = 0x80;

    private static final int PATIENCE_MILLIS = 15_000;
    private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

    private final Socket socket;
    private final DataInputStream in;
    private Map<String, String> head = Map.of();

    private Peer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** Connected; nothing was said yet. */
    static Peer to(int port) throws IOException {
        return over(new Socket(), port);
    }

    /** The same over a socket of the caller's. */
    static Peer over(Socket socket, int port) throws IOException {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new Peer(socket);
    }

    /** The websocket at {@code path} is open; {@code fields}: lines. */
    static Peer open(int port, String path, String... fields) throws IOException {
        return to(port).asks(path, fields).isOpen();
    }

    static byte[] handshake(String path, String... fields) {
        return request(
                "GET " + path + " HTTP/1.1",
                concat(
                        new String[] {
                            "Host: gw",
                            "Upgrade: websocket",
                            "Connection: Upgrade",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
                        },
                        fields));
    }

    static byte[] request(String line, String... fields) {
        StringBuilder head = new StringBuilder(line).append("\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(ISO_8859_1);
    }

    Peer asks(String path, String... fields) throws IOException {
        return raw(handshake(path, fields));
    }

    /** Reads the answer, which must be 101. */
    Peer isOpen() throws IOException {
        int status = status();
        if (status != 101) {
            throw new AssertionError("status: " + status + " (expected: 101)");
        }
        return this;
    }

    /** Reads the head of an answer. @return its status */
    int status() throws IOException {
        String start = line();
        head = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String field = line(); !field.isEmpty(); field = line()) {
            int colon = field.indexOf(':');
            head.put(field.substring(0, colon), field.substring(colon + 1).trim());
        }
        return Integer.parseInt(start.split(" ", 3)[1]);
    }

    /** A field of the last head that was read; null if it is not there. */
    String field(String name) {
        return head.get(name);
    }

    /** The body of the last answer, which said how long it is. */
    String body() throws IOException {
        return new String(in.readNBytes(Integer.parseInt(field("Content-Length"))), UTF_8);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("ended after: " + line.toString(ISO_8859_1));
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(ISO_8859_1);
    }

    Peer raw(byte[]... pieces) throws IOException {
        socket.getOutputStream().write(join(pieces));
        socket.getOutputStream().flush();
        return this;
    }

    Peer says(int first, byte[] payload) throws IOException {
        return raw(frame(first, payload));
    }

    Peer says(int first, String payload) throws IOException {
        return says(first, payload.getBytes(UTF_8));
    }

    /** A frame as clients send them, masked. */
    static byte[] frame(int first, byte... payload) {
        int length = payload.length;
        ByteBuffer frame = ByteBuffer.allocate(length + 14).put((byte) first);
        if (length < 126) {
            frame.put((byte) (0x80 | length));
        } else if (length <= 0xffff) {
            frame.put((byte) (0x80 | 126)).putShort((short) length);
        } else {
            frame.put((byte) (0x80 | 127)).putLong(length);
        }
        frame.put(MASK);
        for (int i = 0; i < length; i++) {
            frame.put((byte) (payload[i] ^ MASK[i & 3]));
        }
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        return bytes;
    }

    static byte[] frame(int first, String payload) {
        return frame(first, payload.getBytes(UTF_8));
    }

    static byte[] close(int code, String reason) {
        byte[] text = reason.getBytes(UTF_8);
        return ByteBuffer.allocate(2 + text.length)
                .putShort((short) code)
                .put(text)
                .array();
    }

    static byte[] join(byte[]... pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }

    /** The next frame. */
    Said next() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        if ((second & 0x80) != 0) {
            throw new AssertionError("a server masks nothing");
        }
        long length = second == 126 ? in.readUnsignedShort() : second == 127 ? in.readLong() : second;
        byte[] payload = in.readNBytes((int) length);
        if (payload.length < length) {
            throw new EOFException("ended within a frame");
        }
        return new Said(first, Buffer.buffer(payload));
    }

    /** Reads up to the frame that closes. */
    Said closed() throws IOException {
        while (true) {
            Said said = next();
            if (said.first == CLOSE) {
                return said;
            }
        }
    }

    /** Whether the connection ends now, in order and without a byte more. */
    boolean ends() throws IOException {
        return in.read() < 0;
    }

    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    int localPort() {
        return socket.getLocalPort();
    }

    void leave() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static String[] concat(String[] some, String[] more) {
        String[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    /** A frame of the server's. */
    record Said(int first, Buffer payload) {
        String text() {
            return payload.toString(UTF_8);
        }

        /** Of a frame that closes; 1005 if there is none. */
        int code() {
            return payload.length() == 0 ? 1005 : payload.getUnsignedShort(0);
        }

        /** What stands behind the code. */
        String reason() {
            return payload.length() == 0 ? "" : payload.getString(2, payload.length());
        }
    }
}
