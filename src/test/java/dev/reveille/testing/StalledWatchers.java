package dev.reveille.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Those who ask for all that happens, and then read none of it: every other one by websocket. */
public final class StalledWatchers implements AutoCloseable {
    private static final String TARGET = "/api/v1/events";
    private static final int RECEIVE_BUFFER = 4_096;
    private static final int PATIENCE_MILLIS = 60_000;

    private final List<Socket> sockets = new ArrayList<>();

    /** They are watching when this returns. */
    public StalledWatchers(URI gateway, String key, int count) {
        try {
            for (int i = 0; i < count; i++) {
                begin(gateway, key, i % 2 == 0);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void begin(URI gateway, String key, boolean bySocket) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(RECEIVE_BUFFER);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(gateway.getHost(), gateway.getPort()), PATIENCE_MILLIS);
        socket.getOutputStream().write(WatchedStream.request(TARGET, key, bySocket));
        String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        if (!status.equals(bySocket ? "HTTP/1.1 101" : "HTTP/1.1 200")) {
            throw new IOException("no stream: " + status);
        }
    }

    public int count() {
        return sockets.size();
    }

    /** Reads what had been sent. @return how many streams have an end, and did not break off only now */
    public int ended() {
        int ended = 0;
        for (Socket socket : sockets) {
            try (InputStream in = socket.getInputStream()) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
                ended++;
            } catch (java.net.SocketTimeoutException open) {
                // It goes on: not counted.
            } catch (IOException cut) {
                ended++;
            }
        }
        return ended;
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
