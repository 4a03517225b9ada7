package dev.reveille.bridge;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Connects to the bridge for browsers, and from then on says the same again and again and reads nothing. */
final class Hostile implements AutoCloseable {
    private static final int PING = 0x89;
    private static final int TEXT = 0x81;
    private static final int MASKED = 0x80;
    private static final int LENGTH_FOLLOWS = 126;
    private static final int PATIENCE_MILLIS = 15_000;

    private static final String HANDSHAKE = String.join(
            "\r\n",
            "GET /eventbus/000/hostile/websocket HTTP/1.1",
            "Host: localhost",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "",
            "");

    private final Socket socket = new Socket();

    private Hostile(int port) throws IOException {
        socket.setReceiveBufferSize(4_096);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
        socket.getOutputStream().write(HANDSHAKE.getBytes(US_ASCII));
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no websocket: " + head);
            }
            head.append((char) next);
        }
    }

    static Hostile to(int port) throws IOException {
        return new Hostile(port);
    }

    /** Whether {@code bytes} of pings are taken; else the connection ends meanwhile. */
    boolean pings(long bytes) throws IOException {
        return says(frame(PING, new byte[125]), bytes);
    }

    /** Whether {@code bytes} of that message are taken; else the connection ends meanwhile. */
    boolean says(String message, long bytes) throws IOException {
        String text = "[\"" + message.replace("\"", "\\\"") + "\"]";
        return says(frame(TEXT, text.getBytes(UTF_8)), bytes);
    }

    private boolean says(byte[] frame, long bytes) throws IOException {
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        while (many.size() < 32 * 1024) {
            many.write(frame);
        }
        byte[] chunk = many.toByteArray();
        try {
            for (long said = 0; said < bytes; said += chunk.length) {
                socket.getOutputStream().write(chunk);
            }
            return true;
        } catch (IOException cut) {
            return false;
        }
    }

    private static byte[] frame(int kind, byte[] payload) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream frame = new DataOutputStream(bytes);
        frame.write(kind);
        if (payload.length < LENGTH_FOLLOWS) {
            frame.write(MASKED | payload.length);
        } else {
            frame.write(MASKED | LENGTH_FOLLOWS);
            frame.writeShort(payload.length);
        }
        frame.writeInt(0);
        frame.write(payload);
        return bytes.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
