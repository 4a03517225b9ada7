package dev.reveille.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One client that sends a small request each few milliseconds on one connection and notes how long the answer takes. A
 * process of its own, so that what is measured is not how busy the test is.
 */
public final class LatencyProbe implements AutoCloseable {
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Process process;
    private final ConcurrentLinkedQueue<long[]> samples = new ConcurrentLinkedQueue<>();
    private final Thread reader;

    /**
     * Begins.
     *
     * @param path what to ask for, from the root of {@code server}; its answer is 200 without a body
     */
    public LatencyProbe(URI server, String path) throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LatencyProbe.class.getName(),
                        server.getHost(),
                        Integer.toString(server.getPort()),
                        path)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        reader = new Thread(this::read, "latencies");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int space = line.indexOf(' ');
                samples.add(
                        new long[] {Long.parseLong(line.substring(0, space)), Long.parseLong(line.substring(space + 1))
                        });
            }
        } catch (IOException over) {
            // it was ended
        }
    }

    /** How long the requests took, in nanoseconds, that were sent between two moments of {@link System#nanoTime}. */
    public List<Long> between(long from, long to) {
        List<Long> nanos = new ArrayList<>();
        for (long[] sample : samples) {
            if (sample[0] - from >= 0 && sample[0] - to < 0) {
                nanos.add(sample[1]);
            }
        }
        nanos.sort(null);
        return nanos;
    }

    /** How many answers there were. */
    public int count() {
        return samples.size();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Host, port and path; ends when its output is closed. */
    public static void main(String[] args) throws IOException {
        byte[] request = ("GET " + args[2] + " HTTP/1.1\r\nHost: " + args[0] + ":" + args[1] + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket(args[0], Integer.parseInt(args[1]))) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(60));
            while (!System.out.checkError()) {
                long sent = System.nanoTime();
                socket.getOutputStream().write(request);
                answered(socket.getInputStream());
                long took = System.nanoTime() - sent;
                System.out.println(sent + " " + took);
                LockSupport.parkNanos(Math.max(0, PACE_NANOS - took));
            }
        }
    }

    private static void answered(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        byte[] some = new byte[4096];
        while (head.indexOf("\r\n\r\n") < 0) {
            int read = in.read(some);
            if (read < 0) {
                throw new IOException("closed behind " + head);
            }
            head.append(new String(some, 0, read, StandardCharsets.US_ASCII));
        }
        if (!head.toString().startsWith("HTTP/1.1 200 ")) {
            throw new IOException(head.toString());
        }
    }
}
