package dev.reveille.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * A sandbox that keeps every byte it gets and answers each request with 200. What asks for {@code /alive} is answered and not
 * kept.
 */
final class RawSandbox implements AutoCloseable {
    private static final Pattern ALIVE = Pattern.compile("GET \\S*/alive ");
    private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final StringBuilder got = new StringBuilder();

    RawSandbox() {
        try {
            server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread(this::accept);
    }

    String authority() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** All that has come since the last call, one request behind the other. */
    String taken() {
        synchronized (got) {
            String all = got.toString();
            got.setLength(0);
            return all;
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                thread(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                request.reset();
                readRequest(in, request);
                keep(request.toString(ISO_8859_1));
                socket.getOutputStream().write(ANSWER.getBytes(ISO_8859_1));
            }
        } catch (IOException over) {
            keep(request.toString(ISO_8859_1));
        } finally {
            open.remove(socket);
        }
    }

    private void keep(String request) {
        if (!ALIVE.matcher(request).lookingAt()) {
            synchronized (got) {
                got.append(request);
            }
        }
    }

    private static void readRequest(InputStream in, ByteArrayOutputStream request) throws IOException {
        String head = until(in, request, "\r\n\r\n").toLowerCase(Locale.ROOT);
        if (head.contains("\r\ntransfer-encoding: chunked\r\n")) {
            until(in, request, "0\r\n\r\n");
            return;
        }
        int at = head.indexOf("\r\ncontent-length: ");
        if (at >= 0) {
            int begin = at + "\r\ncontent-length: ".length();
            int length = Integer.parseInt(head.substring(begin, head.indexOf("\r\n", begin)));
            for (int i = 0; i < length; i++) {
                next(in, request);
            }
        }
    }

    private static String until(InputStream in, ByteArrayOutputStream request, String end) throws IOException {
        StringBuilder read = new StringBuilder();
        while (read.length() < end.length() || read.indexOf(end, read.length() - end.length()) < 0) {
            read.append((char) next(in, request));
        }
        return read.toString();
    }

    private static int next(InputStream in, ByteArrayOutputStream request) throws IOException {
        int octet = in.read();
        if (octet < 0) {
            throw new EOFException();
        }
        request.write(octet);
        return octet;
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "raw-sandbox");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
