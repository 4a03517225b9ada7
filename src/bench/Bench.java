import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What the benchmark of proxies needs beside wrk, nginx and curl. Run as a single file: {@code java Bench.java COMMAND …}.
 */
final class Bench {
    private static final String LOOPBACK = "127.0.0.1";

    /** Key and answer are those of RFC 6455, 1.3. */
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final byte[] AGREED = ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);

    private Bench() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "origin" -> origin(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
            case "sockets" -> sockets(Integer.parseInt(args[1]), args[2], Integer.parseInt(args[3]));
            case "stall" -> stall(Integer.parseInt(args[1]), args[2], Integer.parseInt(args[3]));
            default -> throw new IllegalArgumentException("origin | sockets | stall, not " + args[0]);
        }
    }

    /**
     * A runtime API of two sandboxes that always run. {@code web} is whatever listens on {@code web}; {@code sink} is
     * here: it swallows what is sent to it, and upgrades whoever asks.
     */
    private static void origin(int control, int web, int sink) throws IOException {
        HttpServer api = HttpServer.create(new InetSocketAddress(LOOPBACK, control), 64);
        api.createContext("/", exchange -> answer(exchange, web, sink));
        api.start();
        ServerSocket listening = new ServerSocket(sink, 4096, InetAddress.getByName(LOOPBACK));
        System.out.println("up");
        while (true) {
            Socket socket = listening.accept();
            Thread thread = new Thread(null, () -> serve(socket), "sink", 128 * 1024);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void answer(HttpExchange exchange, int web, int sink) throws IOException {
        String asked = exchange.getRequestURI().getPath()
                + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String body;
        if (asked.startsWith("/list")) {
            body = "{\"runtimes\":[],\"total\":0}";
        } else {
            String id = asked.contains("sink") ? "sink" : "web";
            body = """
                    {"runtime_id":"%s","url":"http://127.0.0.1:%d","session_api_key":"bench-key","work_hosts":{},\
                    "status":"running","pod_status":"ready","restart_count":0,"restart_reasons":[]}"""
                    .formatted(id, id.equals("sink") ? sink : web);
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** One connection after another request; a thread each, with a small stack. */
    private static void serve(Socket socket) {
        byte[] junk = new byte[256 * 1024];
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
            OutputStream out = socket.getOutputStream();
            String head;
            while (!(head = head(in)).isEmpty()) {
                String lower = head.toLowerCase(Locale.ROOT);
                if (lower.contains("upgrade: websocket")) {
                    out.write(AGREED);
                    if (head.contains("/flood")) {
                        flood(out);
                    }
                    in.readAllBytes();
                    return;
                }
                swallow(in, lower, junk);
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException gone) {
            // whoever left, left
        }
    }

    /** Binary frames of 64 KiB until nobody takes them any more. */
    private static void flood(OutputStream out) throws IOException {
        byte[] frame = new byte[10 + 65_536];
        frame[0] = (byte) 0x82;
        frame[1] = 127;
        frame[7] = 1;
        while (true) {
            out.write(frame);
        }
    }

    private static void swallow(InputStream in, String lower, byte[] junk) throws IOException {
        int at = lower.indexOf("content-length:");
        if (at < 0) {
            return;
        }
        long left = Long.parseLong(lower.substring(at + 15, lower.indexOf('\r', at)).trim());
        while (left > 0) {
            int read = in.read(junk, 0, (int) Math.min(left, junk.length));
            if (read < 0) {
                throw new IOException("ended early");
            }
            left -= read;
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        int b;
        while ((b = in.read()) >= 0) {
            head.append((char) b);
            if (b == '\n' && head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
                return head.toString();
            }
        }
        return "";
    }

    /** Opens {@code count} websockets, says so, and keeps them until its input ends. */
    private static void sockets(int port, String path, int count) throws IOException {
        List<Socket> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            open.add(upgraded(port, path));
        }
        System.out.println("open");
        while (System.in.read() >= 0) {
            // until whoever started this is done
        }
        for (Socket socket : open) {
            socket.close();
        }
    }

    /** A websocket, or the download of {@code path}, whose client does not read for {@code seconds}. Tells what comes then. */
    private static void stall(int port, String path, int seconds) throws Exception {
        try (Socket socket = path.contains("/flood") ? upgraded(port, path) : asked(port, path)) {
            System.out.println("stalled");
            TimeUnit.SECONDS.sleep(seconds);
        }
    }

    private static Socket upgraded(int port, String path) throws IOException {
        Socket socket = new Socket(LOOPBACK, port);
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: Upgrade\r\n"
                                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: " + KEY + "\r\nX-Session-API-Key: bench-key\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        String head = head(socket.getInputStream());
        if (!head.startsWith("HTTP/1.1 101")) {
            throw new IOException("no upgrade: " + head);
        }
        return socket;
    }

    private static Socket asked(int port, String path) throws IOException {
        Socket socket = new Socket(LOOPBACK, port);
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
