package dev.reveille.proxy;

import dev.reveille.testing.Line;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A sandbox that a test plays by hand: for each path a script that reads from and writes to the connection. {@code /alive}
 * answers by itself unless it has one. Connections stay open until a script or the other side closes them.
 */
final class HandSandbox implements AutoCloseable {
    /** What happens when a request has come. */
    interface Script {
        void play(Line line, Line.Head head) throws Exception;
    }

    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "hand-sandbox");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    HandSandbox() {
        try {
            server = new ServerSocket();
            // Small, so that little is under way when a script does not read.
            server.setReceiveBufferSize(16 * 1024);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** Requests whose path, without query, is this. */
    HandSandbox on(String path, Script script) {
        scripts.put(path, script);
        return this;
    }

    /** How many requests for this path have come. */
    int calls(String path) {
        return calls.getOrDefault(path, new AtomicInteger()).get();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                threads.execute(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (Line line = new Line(socket)) {
            while (!socket.isClosed()) {
                Line.Head head = line.head();
                String path = head.target().split("\\?", 2)[0];
                calls.computeIfAbsent(path, p -> new AtomicInteger()).incrementAndGet();
                script(path).play(line, head);
            }
        } catch (Exception over) {
            // The other side left, or the script ended the connection.
        } finally {
            open.remove(socket);
        }
    }

    private Script script(String path) {
        String otherwise = path.equals("/alive") ? "200 OK" : "501 no script";
        return scripts.getOrDefault(
                path, (line, head) -> line.send("HTTP/1.1 " + otherwise + "\r\nContent-Length: 0\r\n\r\n"));
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
        threads.shutdownNow();
    }
}
