package dev.reveille.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many uploads at once, each on a connection of its own and with a body of nothing but its own number. One thread and few
 * buffers for all of them, so that what is measured is not the client.
 */
public final class Uploads implements AutoCloseable {
    private static final int PIECE = 64 * 1024;

    /** Small, so that bodies wait with their clients and not in the memory of this machine. */
    private static final int SEND_BUFFER = 64 * 1024;

    private final Selector selector;
    private final Thread thread;
    private final long length;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final Map<Integer, Integer> statuses = new TreeMap<>();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final ByteBuffer[] pieces = new ByteBuffer[256];

    /**
     * Connects and begins to send.
     *
     * @param path where to, from the root of {@code server}
     */
    public Uploads(URI server, String path, int count, long length) {
        this.length = length;
        try {
            selector = Selector.open();
            for (int i = 0; i < count; i++) {
                connect(server, path, i);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(this::run, "uploads");
        thread.setDaemon(true);
        thread.start();
    }

    /** How many have no answer yet. */
    public int open() {
        return open.get();
    }

    /** Bytes of bodies that were handed to the network. */
    public long sent() {
        return sent.get();
    }

    /** How many were answered with which status. */
    public synchronized Map<Integer, Integer> statuses() {
        return new TreeMap<>(statuses);
    }

    /** What was lost without an answer. */
    public Iterable<String> failures() {
        return failures;
    }

    private void connect(URI server, String path, int number) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
        channel.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        channel.configureBlocking(false);
        open.incrementAndGet();
        String head =
                "POST " + path + "?n=" + number + " HTTP/1.1\r\nHost: gw\r\nContent-Length: " + length + "\r\n\r\n";
        channel.register(
                selector,
                SelectionKey.OP_WRITE | SelectionKey.OP_READ,
                new One(ByteBuffer.wrap(head.getBytes(ISO_8859_1)), (byte) number, length));
    }

    private void run() {
        try {
            while (selector.isOpen() && open.get() > 0) {
                selector.select(key -> ((One) key.attachment()).go(key));
            }
        } catch (IOException | RuntimeException e) {
            failures.add("the client itself: " + e);
        }
    }

    private ByteBuffer piece(int fill) {
        if (pieces[fill] == null) {
            pieces[fill] = ByteBuffer.allocateDirect(PIECE);
            while (pieces[fill].hasRemaining()) {
                pieces[fill].put((byte) fill);
            }
        }
        return pieces[fill];
    }

    private synchronized void answered(int status) {
        statuses.merge(status, 1, Integer::sum);
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    /** One upload. */
    private final class One {
        private final ByteBuffer head;
        private final byte fill;
        private final ByteBuffer answer = ByteBuffer.allocate(16);
        private long left;

        private One(ByteBuffer head, byte fill, long left) {
            this.head = head;
            this.fill = fill;
            this.left = left;
        }

        private void go(SelectionKey key) {
            SocketChannel channel = (SocketChannel) key.channel();
            try {
                if (key.isReadable() && !read(channel)) {
                    end(channel);
                } else if (key.isValid() && key.isWritable()) {
                    write(key, channel);
                }
            } catch (IOException e) {
                failures.add("with " + left + " bytes left: " + e);
                end(channel);
            }
        }

        private void write(SelectionKey key, SocketChannel channel) throws IOException {
            if (head.hasRemaining()) {
                channel.write(head);
                return;
            }
            ByteBuffer piece = piece(fill & 0xff).clear();
            piece.limit((int) Math.min(PIECE, left));
            int written = channel.write(piece);
            left -= written;
            sent.addAndGet(written);
            if (left == 0) {
                key.interestOps(SelectionKey.OP_READ);
            }
        }

        /** @return whether it goes on */
        private boolean read(SocketChannel channel) throws IOException {
            int read = channel.read(answer);
            if (read < 0) {
                failures.add("closed with " + left + " bytes left");
                return false;
            }
            if (answer.hasRemaining()) {
                return true;
            }
            answered(Integer.parseInt(new String(answer.array(), ISO_8859_1).substring(9, 12)));
            return false;
        }

        private void end(SocketChannel channel) {
            open.decrementAndGet();
            try {
                channel.close();
            } catch (IOException gone) {
                failures.add("on closing: " + gone);
            }
        }
    }
}
