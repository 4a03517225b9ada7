package dev.reveille.testing;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Many who watch one gateway and read what they are told at once, by websocket or as an event stream. One thread for all of
 * them, so that what is measured is not the client. Each checks that it hears every change of its sessions, once and in order.
 */
public final class Watchers implements AutoCloseable {
    private static final String ALL = "/api/v1/events";
    private static final int PIECE = 256 * 1024;

    /** So many begin at once. */
    private static final int BEGINNING = 64;

    private static final int PATIENCE_SECONDS = 60;

    /** RFC 6455, 5.5.3, masked by nothing. */
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x80, 0, 0, 0, 0};

    private final URI gateway;
    private final String key;
    private final Selector selector;
    private final Thread thread;
    private final List<One> all = new CopyOnWriteArrayList<>();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final Semaphore beginning = new Semaphore(BEGINNING);
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    private volatile Heard heard = new Heard();
    private volatile boolean closed;

    /** @param key of the tenant whose sessions are watched */
    public Watchers(URI gateway, String key) {
        this.gateway = gateway;
        this.key = key;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(this::run, "watchers");
        thread.setDaemon(true);
        thread.start();
    }

    /** One more of each session, if {@code sockets} by websocket. */
    public void watchEach(List<String> sessions, boolean sockets) {
        sessions.forEach(id -> watch(new One(Optional.of(id), sockets)));
    }

    /** One more of all sessions. */
    public void watchAll(boolean socket) {
        watch(new One(Optional.empty(), socket));
    }

    private void watch(One one) {
        try {
            if (!beginning.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the gateway does not answer: " + failures);
            }
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(gateway.getHost(), gateway.getPort()));
            channel.write(ByteBuffer.wrap(WatchedStream.request(one.target(), key, one.socket)));
            channel.configureBlocking(false);
            one.channel = channel;
            all.add(one);
            channel.register(selector, SelectionKey.OP_READ, one);
            selector.wakeup();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public int count() {
        return all.size();
    }

    /** Whether all know the present state of what they watch. */
    public boolean areLive() {
        return all.stream().allMatch(one -> one.live);
    }

    /** Whether all have heard that each session has this revision. */
    public boolean know(Map<String, Long> revisions) {
        return all.stream().allMatch(one -> one.knows(revisions));
    }

    /** What they were told since the last call. */
    public Heard heard() {
        Heard until = heard;
        heard = new Heard();
        return until;
    }

    /** What must not happen to one who reads: that its stream ends, or begins anew. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                selector.select(key -> ((One) key.attachment()).read());
            }
        } catch (IOException | RuntimeException e) {
            if (!closed) {
                failures.add("the client itself: " + e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        for (One one : all) {
            one.channel.close();
        }
        selector.close();
    }

    private final class One implements WatchedStream.Listener {
        private final Optional<String> session;
        private final boolean socket;
        private final WatchedStream stream;
        private final Map<String, Long> revisions = new ConcurrentHashMap<>(2);
        private SocketChannel channel;
        private volatile boolean live;
        private long now;

        private One(Optional<String> session, boolean socket) {
            this.session = session;
            this.socket = socket;
            this.stream = new WatchedStream(socket, this);
        }

        private String target() {
            return session.map(id -> "/api/v1/sessions/" + id + "/events").orElse(ALL);
        }

        private boolean knows(Map<String, Long> those) {
            return session.map(id -> those.get(id).equals(revisions.get(id))).orElseGet(() -> those.equals(revisions));
        }

        private void read() {
            try {
                int length = channel.read(piece.clear());
                now = System.currentTimeMillis();
                if (length < 0) {
                    fails("was closed");
                    return;
                }
                byte[] received = new byte[length];
                piece.flip().get(received);
                stream.take(Buffer.buffer(received));
            } catch (IOException e) {
                fails(e.toString());
            }
        }

        private void fails(String why) {
            if (!closed) {
                failures.add(target() + (socket ? " by websocket: " : ": ") + why);
            }
            try {
                channel.close();
            } catch (IOException e) {
                failures.add("on closing: " + e);
            }
        }

        @Override
        public void begun(String status) {
            beginning.release();
            if (!status.startsWith(socket ? "HTTP/1.1 101" : "HTTP/1.1 200")) {
                fails(status);
            }
        }

        @Override
        public void message(Buffer text) {
            JsonObject json = new JsonObject(text);
            String type = json.getString("type");
            switch (type) {
                case "state" -> {
                    revisions.put(json.getString("session_id"), json.getLong("revision"));
                    live |= session.isPresent();
                }
                case "live" -> live = true;
                case "change" -> change(json);
                case "progress" -> heard.other();
                default -> fails(type);
            }
        }

        private void change(JsonObject json) {
            long at = Instant.parse(json.getString("at")).toEpochMilli();
            long revision = json.getLong("revision");
            long last = revisions.getOrDefault(json.getString("session_id"), 0L);
            heard.change(last, revision, json.getLong("skipped", 0L), now - at);
            revisions.merge(json.getString("session_id"), revision, Math::max);
        }

        @Override
        public void pinged() {
            try {
                channel.write(ByteBuffer.wrap(PONG));
            } catch (IOException gone) {
                fails(gone.toString());
            }
        }

        @Override
        public void ended() {
            fails("was ended");
        }
    }
}
