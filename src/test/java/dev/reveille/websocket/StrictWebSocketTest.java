package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictWebSocketTest {
    private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    private static final String LONG = "the same thing, ".repeat(100);

    private static Listener listener;

    @BeforeAll
    static void start() {
        listener = Listener.with();
    }

    @AfterAll
    static void stop() {
        listener.close();
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(15, SECONDS)).isTrue();
    }

    @Test
    void messagesComeWholeHoweverTheyAreCut() throws IOException {
        try (Peer peer = Peer.open(listener.port(), "/echo")) {
            byte[] euro = "€".getBytes(UTF_8);
            byte[] all = Peer.join(
                    Peer.frame(0x01, euro[0]),
                    Peer.frame(Peer.PING, "between"),
                    Peer.frame(0x00, euro[1]),
                    Peer.frame(0x00),
                    Peer.frame(Peer.PONG, "nobody asked"),
                    Peer.frame(0x80, euro[2]),
                    Peer.frame(Peer.BINARY, new byte[] {(byte) 0xff}),
                    Peer.frame(Peer.TEXT, ""),
                    Peer.frame(Peer.TEXT, LONG.repeat(40)));
            for (byte each : all) {
                peer.raw(new byte[] {each});
            }

            assertThat(peer.next())
                    .extracting(Peer.Said::first, Peer.Said::text)
                    .containsExactly(Peer.PONG, "between");
            assertThat(peer.next())
                    .extracting(Peer.Said::first, Peer.Said::text)
                    .containsExactly(Peer.TEXT, "€");
            assertThat(peer.next().first()).isEqualTo(Peer.BINARY);
            assertThat(peer.next().text()).isEmpty();
            assertThat(peer.next().text()).isEqualTo(LONG.repeat(40));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 1003, 1007, 1012, 1014, 3000, 4999})
    void aCloseIsAnsweredWithItsCode(int code) throws IOException {
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            peer.raw(Peer.frame(Peer.CLOSE, Peer.close(code, "enough")), Peer.frame(Peer.PING, "behind it"));

            assertThat(peer.next())
                    .extracting(Peer.Said::first, Peer.Said::code)
                    .containsExactly(Peer.CLOSE, code);
            assertThat(peer.ends()).isTrue();
            assertThat(socket.closeCode()).isEqualTo(code);
        }
    }

    @Test
    void oneWithoutACodeIsAnsweredWithNone() throws IOException {
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            peer.says(Peer.CLOSE, "");

            assertThat(peer.next().payload().length()).isZero();
            assertThat(peer.ends()).isTrue();
            assertThat(socket.closeCode()).isEqualTo(CloseCode.NONE);
        }
    }

    @Test
    void oursWaitsForTheOtherSides() throws IOException, InterruptedException {
        try (Peer peer = Peer.open(listener.port(), "/echo")) {
            StrictWebSocket socket = listener.opened(peer);
            CountDownLatch closed = new CountDownLatch(1);
            socket.closeHandler(v -> closed.countDown());
            socket.writeText("last words");
            socket.close(4711, "so " + "long ".repeat(40));
            socket.writeText("too late");
            socket.close(1000, "too late");

            assertThat(peer.next().text()).isEqualTo("last words");
            Peer.Said last = peer.next();
            assertThat(last.code()).isEqualTo(4711);
            assertThat(last.payload().length()).isEqualTo(125);
            assertThat(closed.getCount()).isOne();
            assertThat(socket.isClosed()).isTrue();

            peer.says(Peer.TEXT, "not heard").says(Peer.CLOSE, Peer.close(1000, ""));
            assertThat(peer.ends()).isTrue();
            peer.leave();
            await(closed);
            assertThat(socket.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void whoDoesNotAnswerAClosingIsCutOff() throws IOException, InterruptedException {
        Limits hasty = new Limits(64 * 1024, 32 * 1024, Duration.ofMillis(200));
        try (Listener other = Listener.with(hasty);
                Peer peer = Peer.open(other.port(), "/ignore")) {
            StrictWebSocket socket = other.opened(peer);
            CountDownLatch closed = new CountDownLatch(1);
            socket.closeHandler(v -> closed.countDown());
            socket.close(1000, "");

            assertThat(peer.closed().code()).isEqualTo(1000);
            assertThat(peer.ends()).isTrue();
            await(closed);
            assertThat(socket.closeCode()).isEqualTo(CloseCode.ABNORMAL);
        }
    }

    @Test
    void whoDoesNotReadIsCutOffAsWell() throws IOException, InterruptedException {
        Limits hasty = new Limits(64 * 1024, 32 * 1024, Duration.ofMillis(200));
        try (Listener other = Listener.with(hasty);
                Peer peer = Peer.open(other.port(), "/ignore")) {
            StrictWebSocket socket = other.opened(peer);
            CountDownLatch closed = new CountDownLatch(1);
            socket.closeHandler(v -> closed.countDown());
            while (!socket.writeQueueFull()) {
                socket.writeText(LONG);
            }
            socket.close(1000, "");

            await(closed);
            peer.leave();
        }
    }

    @Test
    void whoLeavesWithoutAWordHasClosed() throws IOException, InterruptedException {
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            CountDownLatch closed = new CountDownLatch(1);
            socket.closeHandler(v -> closed.countDown());
            peer.raw(new byte[] {(byte) 0x81}).shutdownOutput();

            await(closed);
            assertThat(socket.closeCode()).isEqualTo(CloseCode.ABNORMAL);
            CountDownLatch again = new CountDownLatch(1);
            socket.closeHandler(v -> again.countDown());
            await(again);
            socket.writeText("nobody is there");
            socket.close(1000, "nor here");
        }
    }

    @Test
    void onlyCodesThatMayBeSentAreSent() throws IOException {
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            assertThatThrownBy(() -> socket.close(1006, "")).isInstanceOf(IllegalArgumentException.class);
            socket.ping();
            assertThat(peer.next().first()).isEqualTo(Peer.PING);
        }
    }

    @Test
    void aMessageForManyIsMadeOnceAndCompressedOnce() throws IOException {
        FramedText text = FramedText.of(LONG);
        try (Peer plain = Peer.open(listener.port(), "/ignore")) {
            listener.opened(plain).write(text);
            assertThat(plain.next().text()).isEqualTo(LONG);
        }
        Buffer compressed = null;
        for (int i = 0; i < 2; i++) {
            try (Peer peer = Peer.open(listener.port(), "/ignore", DEFLATE)) {
                StrictWebSocket socket = listener.opened(peer);
                socket.write(text);
                Peer.Said said = peer.next();
                assertThat(said.first()).isEqualTo(Peer.TEXT | Peer.COMPRESSED);
                assertThat(said.payload().length()).isLessThan(100);
                assertThat(decompressed(said.payload())).isEqualTo(LONG);
                assertThat(compressed == null || compressed.equals(said.payload()))
                        .isTrue();
                compressed = said.payload();
            }
        }
    }

    @Test
    void compressedMessagesAreUnderstoodWholeAndInPieces() throws IOException {
        byte[] message = Deflate.compress(LONG.getBytes(UTF_8));
        byte[] begin = Arrays.copyOf(message, 10);
        byte[] rest = Arrays.copyOfRange(message, 10, message.length);
        try (Peer peer = Peer.open(listener.port(), "/echo", DEFLATE)) {
            peer.says(Peer.TEXT | Peer.COMPRESSED, message);
            assertThat(decompressed(peer.next().payload())).isEqualTo(LONG);

            peer.says(0x01 | Peer.COMPRESSED, begin)
                    .says(Peer.PING, "between")
                    .says(0x00, new byte[0])
                    .says(0x80, rest);
            assertThat(peer.next().text()).isEqualTo("between");
            assertThat(decompressed(peer.next().payload())).isEqualTo(LONG);

            peer.says(Peer.TEXT, "not compressed");
            assertThat(peer.next().text()).isEqualTo("not compressed");
        }
    }

    /** Netty's client, whose messages refer to those before. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 5_000, 60_000})
    void anotherImplementationUnderstandsWhatIsCompressed(int length) throws Exception {
        String text = LONG.repeat(40).substring(0, length);
        Vertx vertx = Vertx.vertx();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try {
            WebSocketClient clients =
                    vertx.createWebSocketClient(new WebSocketClientOptions().setTryUsePerMessageCompression(true));
            WebSocket client = clients.connect(new WebSocketConnectOptions()
                            .setAllowOriginHeader(false)
                            .setHost("127.0.0.1")
                            .setPort(listener.port())
                            .setURI("/echo"))
                    .onSuccess(socket -> socket.textMessageHandler(heard::add))
                    .await(15, SECONDS);
            assertThat(client.headers().get("Sec-WebSocket-Extensions")).startsWith("permessage-deflate");
            for (int i = 0; i < 3; i++) {
                client.writeTextMessage(text).await(15, SECONDS);
                assertThat(heard.poll(15, SECONDS)).isEqualTo(text);
            }
            clients.close().await(15, SECONDS);
        } finally {
            vertx.close().await(15, SECONDS);
        }
    }

    private static String decompressed(Buffer message) {
        ByteBuf out = Unpooled.buffer();
        Deflate.decompress(Unpooled.wrappedBuffer(message.getBytes()), 1 << 20, out);
        return out.toString(UTF_8);
    }

    @Test
    void whoDoesNotReadIsWaitedForAndTold() throws Exception {
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            CountDownLatch drained = new CountDownLatch(1);
            socket.drainHandler(v -> drained.countDown());
            int written = 0;
            while (!socket.writeQueueFull()) {
                socket.writeText(LONG);
                written++;
            }
            assertThat(drained.getCount()).isOne();

            for (int i = 0; i < written; i++) {
                assertThat(peer.next().text()).isEqualTo(LONG);
            }
            await(drained);
            assertThat(socket.writeQueueFull()).isFalse();
        }
    }

    @Test
    void whoAsksAndDoesNotReadIsNotListenedTo() throws Exception {
        int pings = 400_000;
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            AtomicLong sent = new AtomicLong();
            byte[] ping = Peer.frame(Peer.PING, new byte[125]);
            CompletableFuture<Void> asking = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < pings; i++) {
                    try {
                        peer.raw(ping);
                        sent.incrementAndGet();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
            stuck(sent);
            assertThat(socket.writeQueueFull()).isTrue();
            assertThat(sent.get()).isLessThan(pings);

            for (int i = 0; i < pings; i++) {
                assertThat(peer.next().first()).isEqualTo(Peer.PONG);
            }
            asking.get(15, SECONDS);
        }
    }

    /** Returns when {@code counter} has not moved for a while. */
    private static void stuck(AtomicLong counter) {
        long seen = -1;
        long since = System.nanoTime();
        while (seen <= 0 || System.nanoTime() - since < 500_000_000L) {
            if (counter.get() != seen) {
                seen = counter.get();
                since = System.nanoTime();
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aSilentOneIsLeftAlone() throws IOException {
        try (Listener other = Listener.with("http.idle-timeout=300ms", "http.head-timeout=300ms");
                Peer silent = Peer.open(other.port(), "/echo");
                Peer plain = Peer.to(other.port())) {
            // Opened later, and cut off for its silence: by then the websocket has been silent longer.
            plain.raw(Peer.request("GET /plain HTTP/1.1", "Host: gw")).status();
            plain.body();
            assertThat(plain.ends()).isTrue();

            assertThat(silent.says(Peer.TEXT, "still here").next().text()).isEqualTo("still here");
        }
    }

    @Test
    void aServerThatLeavesSaysSo() throws Exception {
        try (Listener other = Listener.with("shutdown.drain=10s")) {
            Peer unprepared = Peer.open(other.port(), "/ignore");
            other.opened(unprepared);
            Peer prepared = Peer.open(other.port(), "/ignore");
            StrictWebSocket socket = other.opened(prepared);
            socket.shutdownHandler(v -> socket.close(CloseCode.RESTARTING, "come back"));
            CompletableFuture<Void> left = CompletableFuture.runAsync(other::leave);

            assertThat(unprepared.closed().code()).isEqualTo(CloseCode.GOING_AWAY);
            unprepared.says(Peer.CLOSE, "").ends();
            assertThat(prepared.closed().code()).isEqualTo(CloseCode.RESTARTING);
            assertThat(left).isNotDone();
            prepared.says(Peer.CLOSE, "").ends();
            unprepared.leave();
            prepared.leave();
            left.get(15, SECONDS);
        }
    }

    @Test
    void whatSeveralThreadsSayComesWhole() throws Exception {
        int each = 2_000;
        try (Peer peer = Peer.open(listener.port(), "/ignore")) {
            StrictWebSocket socket = listener.opened(peer);
            CompletableFuture<?>[] writers = new CompletableFuture<?>[4];
            for (int w = 0; w < writers.length; w++) {
                String name = "writer " + w + " ";
                writers[w] = CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < each; i++) {
                        socket.writeText(name + i);
                    }
                });
            }
            AtomicInteger[] next = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
            for (int i = 0; i < each * writers.length; i++) {
                String[] said = peer.next().text().split(" ", -1);
                assertThat(said[2]).isEqualTo(String.valueOf(next[Integer.parseInt(said[1])].getAndIncrement()));
            }
            CompletableFuture.allOf(writers).get(15, SECONDS);
        }
    }

    @Test
    void whatIsAppendedGoesWithTheNextFlush() {
        EmbeddedChannel channel = new EmbeddedChannel();
        StrictWebSocket socket =
                new StrictWebSocket(null, channel, Optional.empty(), new Limits(1_024, 1_024, Duration.ofSeconds(5)));
        channel.pipeline().addLast(socket.handler());

        socket.append(FramedText.of("one"));
        socket.append(FramedText.of("two"));
        assertThat(channel.outboundMessages()).isEmpty();
        socket.flush();
        assertThat(channel.outboundMessages()).hasSize(2);
        socket.append(FramedText.of("three"));
        socket.ping();
        assertThat(channel.outboundMessages()).hasSize(4);
        channel.releaseOutbound();
    }
}
