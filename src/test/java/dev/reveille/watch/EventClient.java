package dev.reveille.watch;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A client of an event stream over HTTP/1.1 that sees every line. Nothing on it waits longer than 10 s. */
final class EventClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;
    private final InputStream in;
    private final String status;
    private final Map<String, String> headers = new HashMap<>();
    private final List<String> comments = new ArrayList<>();
    private BufferedReader lines;
    private String lastId = "";
    private String lastEvent = "";
    private String retry = "";

    private EventClient(int port, String target, int receiveBuffer, String... headerLines) {
        try {
            socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            String head = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                    + String.join(
                            "",
                            List.of(headerLines).stream()
                                    .map(line -> line + "\r\n")
                                    .toList())
                    + "\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            in = socket.getInputStream();
            status = line();
            for (String line = line(); !line.isEmpty(); line = line()) {
                String[] field = line.split(":", 2);
                headers.put(field[0].toLowerCase(java.util.Locale.ROOT), field[1].trim());
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    static EventClient to(int port, String target, String... headers) {
        return new EventClient(port, target, 0, headers);
    }

    /** One that can be told little before it reads. */
    static EventClient small(int port, String target, String... headers) {
        return new EventClient(port, target, 4_096, headers);
    }

    int status() {
        return Integer.parseInt(status.split(" ", -1)[1]);
    }

    String header(String name) {
        return headers.get(name);
    }

    String lastId() {
        return lastId;
    }

    /** The SSE name of the last message; empty if it had none. */
    String lastEvent() {
        return lastEvent;
    }

    List<String> comments() {
        return comments;
    }

    String retry() {
        return retry;
    }

    /** The next message; null if the stream ended before it. */
    JsonObject next() {
        long begun = System.nanoTime();
        try {
            StringBuilder data = new StringBuilder();
            String event = "";
            for (String line = text().readLine(); line != null; line = text().readLine()) {
                if (line.startsWith(":")) {
                    comments.add(line);
                    stillWaits(begun);
                } else if (line.startsWith("id: ")) {
                    lastId = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    event = line.substring(7);
                } else if (line.startsWith("retry: ")) {
                    retry = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data.append(line.substring(6));
                } else if (line.isEmpty() && data.length() > 0) {
                    lastEvent = event;
                    return new JsonObject(data.toString());
                }
            }
            return null;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** Comments alone are no message. */
    private static void stillWaits(long begun) throws SocketTimeoutException {
        if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) > PATIENCE_MILLIS) {
            throw new SocketTimeoutException("nothing but comments");
        }
    }

    List<JsonObject> next(int count) {
        List<JsonObject> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(next());
        }
        return messages;
    }

    /** All up to the one of that type. */
    List<JsonObject> until(String type) {
        List<JsonObject> messages = new ArrayList<>();
        do {
            messages.add(next());
        } while (!messages.get(messages.size() - 1).getString("type").equals(type));
        return messages;
    }

    /** Waits for the next comment. */
    void comment() {
        try {
            String line = text().readLine();
            while (line != null && !line.startsWith(":")) {
                line = text().readLine();
            }
            comments.add(line);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** Whether the connection ends, in whatever way, once all that was said is read. */
    boolean ends() {
        try {
            byte[] rest = new byte[65_536];
            int read = in.read(rest);
            while (read >= 0) {
                read = in.read(rest);
            }
            return true;
        } catch (SocketTimeoutException stays) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    private BufferedReader text() {
        if (lines == null) {
            lines = new BufferedReader(new InputStreamReader(new Chunks(in), StandardCharsets.UTF_8));
        }
        return lines;
    }

    private String line() throws IOException {
        return Chunks.line(in);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** A chunked body as it was meant. */
    private static final class Chunks extends InputStream {
        private final InputStream in;
        private int left;
        private boolean over;

        private Chunks(InputStream in) {
            this.in = in;
        }

        static String line(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw new java.io.EOFException();
                }
                line.append((char) next);
            }
            return line.toString().stripTrailing();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0 && !over) {
                left = Integer.parseInt(line(in), 16);
                over = left == 0;
            }
            if (over) {
                return -1;
            }
            int read = in.read(into, offset, Math.min(length, left));
            left -= read;
            if (left == 0) {
                line(in);
            }
            return read;
        }
    }
}
