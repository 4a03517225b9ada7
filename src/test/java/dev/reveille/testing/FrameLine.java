package dev.reveille.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.buffer.Buffer;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A client, or for once a server, that speaks HTTP/2 by hand, so that a test says and sees every frame. No read lasts over 15 s. It answers nothing
 * by itself: windows open only when the test says so.
 */
public final class FrameLine implements AutoCloseable {
    public static final int DATA = 0x0;
    public static final int HEADERS = 0x1;
    public static final int RST_STREAM = 0x3;
    public static final int SETTINGS = 0x4;
    public static final int PING = 0x6;
    public static final int GOAWAY = 0x7;
    public static final int WINDOW_UPDATE = 0x8;
    public static final int CONTINUATION = 0x9;

    public static final int END_STREAM = 0x1;
    public static final int ACK = 0x1;
    public static final int END_HEADERS = 0x4;
    public static final int PRIORITY = 0x20;

    public static final int HEADER_TABLE_SIZE = 0x1;
    public static final int INITIAL_WINDOW_SIZE = 0x4;

    public static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int LARGEST_FRAME = 16_384;
    private static final int PATIENCE_MILLIS = 15_000;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private boolean corked;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

    private FrameLine(Socket socket) throws IOException {
        this.socket = socket;
        this.out = new BufferedOutputStream(socket.getOutputStream(), 1 << 20);
        this.in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    }

    /** Connected, and greeted with these settings: identifier, value, and so on. Both sides have confirmed the other's. */
    public static FrameLine to(int port, int... settings) {
        try {
            Socket socket = new Socket();
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            FrameLine line = over(socket);
            line.raw(PREFACE.getBytes(ISO_8859_1));
            line.settings(settings);
            line.until(SETTINGS, 0);
            line.send(SETTINGS, ACK, 0, new byte[0]);
            line.settled();
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The other side of one: a server that has greeted who is at {@code socket}. */
    public static FrameLine greeted(Socket socket, int... settings) throws IOException {
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        socket.getInputStream().readNBytes(PREFACE.length());
        FrameLine line = over(socket);
        line.settings(settings);
        line.until(SETTINGS, 0);
        return line.send(SETTINGS, ACK, 0, new byte[0]);
    }

    /** Nothing was said yet. */
    public static FrameLine over(Socket socket) throws IOException {
        return new FrameLine(socket);
    }

    /** All that a client says that leaves out stream 3 and then uses it, in one piece. */
    public FrameLine strayFromTheFirst() throws IOException {
        byte[] get = {(byte) 0x82, (byte) 0x86, (byte) 0x84};
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(PREFACE.getBytes(ISO_8859_1));
        all.writeBytes(frame(SETTINGS, 0, 0, new byte[0]));
        all.writeBytes(frame(HEADERS, END_HEADERS, 5, get));
        all.writeBytes(frame(HEADERS, END_HEADERS, 3, get));
        return raw(all.toByteArray());
    }

    public FrameLine raw(byte[] bytes) throws IOException {
        out.write(bytes);
        if (!corked) {
            out.flush();
        }
        return this;
    }

    /** What is said from now on leaves at once and together, when it is uncorked. */
    public FrameLine cork(boolean on) throws IOException {
        corked = on;
        out.flush();
        return this;
    }

    public FrameLine send(int type, int flags, int stream, byte[] payload) throws IOException {
        return raw(frame(type, flags, stream, payload));
    }

    public static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** Identifier, value, and so on. */
    public FrameLine settings(int... settings) throws IOException {
        ByteBuffer payload = ByteBuffer.allocate(settings.length * 3);
        for (int i = 0; i < settings.length; i += 2) {
            payload.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        return send(SETTINGS, 0, 0, payload.array());
    }

    /** A request for {@code path} of host {@code gw}; {@code fields}: name, value, and so on. */
    public FrameLine request(int stream, String method, String path, boolean end, String... fields) throws IOException {
        String[] all = new String[8 + fields.length];
        String[] pseudo = {":method", method, ":scheme", "http", ":path", path, ":authority", "gw"};
        System.arraycopy(pseudo, 0, all, 0, 8);
        System.arraycopy(fields, 0, all, 8, fields.length);
        return headers(stream, end, all);
    }

    /** These fields and no others. */
    public FrameLine headers(int stream, boolean end, String... fields) throws IOException {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            block.write(0);
            literal(block, fields[i]);
            literal(block, fields[i + 1]);
        }
        byte[] all = block.toByteArray();
        int first = Math.min(all.length, LARGEST_FRAME);
        int last = first == all.length ? END_HEADERS : 0;
        send(HEADERS, last | (end ? END_STREAM : 0), stream, Arrays.copyOf(all, first));
        for (int at = first; at < all.length; at += LARGEST_FRAME) {
            int to = Math.min(all.length, at + LARGEST_FRAME);
            send(CONTINUATION, to == all.length ? END_HEADERS : 0, stream, Arrays.copyOfRange(all, at, to));
        }
        return this;
    }

    public FrameLine data(int stream, boolean end, byte[] bytes) throws IOException {
        return send(DATA, end ? END_STREAM : 0, stream, bytes);
    }

    public FrameLine reset(int stream, int code) throws IOException {
        return send(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(code).array());
    }

    /** Opens the window of {@code stream}; 0: of the connection. */
    public FrameLine open(int stream, int bytes) throws IOException {
        return send(
                WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    /** Comes back once the gateway has read all that was sent before, and acted on it. */
    public void settled() throws IOException {
        send(PING, 0, 0, new byte[8]);
        until(frame -> frame.type == PING && (frame.flags & ACK) != 0);
    }

    public Frame next() throws IOException {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        return new Frame(type, flags, stream, Buffer.buffer(in.readNBytes(length)));
    }

    /** The next frame that is like that. Header blocks on the way are decoded, so that later ones can be. */
    public Frame until(Predicate<Frame> wanted) throws IOException {
        while (true) {
            Frame frame = next();
            if (wanted.test(frame)) {
                return frame;
            }
            if (frame.type == HEADERS) {
                fields(frame);
            }
        }
    }

    public Frame until(int type, int stream) throws IOException {
        return until(frame -> frame.type == type && frame.stream == stream);
    }

    /** The head of the answer on {@code stream}, with {@code :status}. */
    public Map<String, String> head(int stream) throws IOException {
        return fields(until(HEADERS, stream));
    }

    public Map<String, String> fields(Frame frame) throws IOException {
        try {
            int begin = (frame.flags & PRIORITY) == 0 ? 0 : 5;
            byte[] block = frame.payload.getBytes(begin, frame.payload.length());
            Http2Headers headers = decoder.decodeHeaders(frame.stream, Unpooled.wrappedBuffer(block));
            Map<String, String> fields = new TreeMap<>();
            headers.forEach(field -> fields.put(
                    field.getKey().toString().toLowerCase(Locale.ROOT),
                    field.getValue().toString()));
            return fields;
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /** The body of the answer on {@code stream} up to its end; windows are opened for it. */
    public String body(int stream) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            Frame frame = until(f -> f.stream == stream && (f.type == DATA || f.type == HEADERS));
            if (frame.type == HEADERS) {
                fields(frame);
            } else {
                body.writeBytes(frame.payload.getBytes());
            }
            if (frame.ends()) {
                return body.toString(ISO_8859_1);
            }
            if (frame.type == DATA && frame.payload.length() > 0) {
                open(0, frame.payload.length()).open(stream, frame.payload.length());
            }
        }
    }

    /** How long the answer on {@code stream} is, up to its end. Windows must be wide enough. */
    public long length(int stream) throws IOException {
        long length = 0;
        Frame frame;
        do {
            frame = until(DATA, stream);
            length += frame.payload.length();
        } while (!frame.ends());
        return length;
    }

    /** Waits for the end of the connection; what still comes is dropped. */
    public void awaitEnd() throws IOException {
        try {
            in.skipNBytes(Long.MAX_VALUE);
        } catch (java.io.EOFException | java.net.SocketException closed) {
            // As hoped.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static void literal(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            block.write(127);
            int rest = bytes.length - 127;
            while (rest >= 128) {
                block.write((rest & 127) | 128);
                rest >>= 7;
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    /** One frame as it came. */
    public record Frame(int type, int flags, int stream, Buffer payload) {
        public boolean ends() {
            return (flags & END_STREAM) != 0;
        }

        /** The first four bytes: an error code, or how much wider a window is. */
        public int number() {
            return payload.getInt(0);
        }

        /** What the head that begins here says its field table is, at the last; -1 if nothing (RFC 7541, 6.3). */
        public long tableSize() {
            long size = -1;
            int at = (flags & PRIORITY) == 0 ? 0 : 5;
            while ((payload.getByte(at) & 0xe0) == 0x20) {
                size = payload.getByte(at++) & 0x1f;
                if (size == 0x1f) {
                    int shift = 0;
                    int part;
                    do {
                        part = payload.getUnsignedByte(at++);
                        size += (long) (part & 0x7f) << shift;
                        shift += 7;
                    } while (part >= 0x80);
                }
            }
            return size;
        }

        /** The error code of a GOAWAY. */
        public int reason() {
            return payload.getInt(4);
        }
    }
}
