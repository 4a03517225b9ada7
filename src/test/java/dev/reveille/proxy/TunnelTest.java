package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelTest {
    /** In hundredths of a second, and a little more. */
    private static final long MINUTE_OF_THE_KERNEL = 61 * 100;

    private static final String UPGRADE = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";
    private static final String AGREED =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    /** Most of it is in the buffers of the two ends themselves. */
    private static final int MOST_ON_ITS_WAY = 16 << 20;

    private static Rig rig;
    private static WebSocketClient sockets;

    @BeforeAll
    static void start() {
        rig = Rig.with();
        sockets = rig.vertx.createWebSocketClient();
    }

    @AfterAll
    static void stop() throws IOException {
        await(sockets.close());
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        assertThat(rig.complaints()).isEmpty();
    }

    private static WebSocketConnectOptions to(String path) {
        return new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(rig.port())
                .setURI(path);
    }

    private static Line upgraded(Line client, String path) throws IOException {
        return client.send("GET " + path + " HTTP/1.1\r\nHost: gw\r\n" + UPGRADE + "\r\n");
    }

    @Test
    void textAndBytesComeBackAsTheyWere() {
        String session = rig.running();
        WebSocket socket = await(sockets.connect(to(rig.path(session, "/socket.io/?a=1"))));
        Promise<String> text = Promise.promise();
        Promise<Buffer> bytes = Promise.promise();
        socket.textMessageHandler(text::tryComplete).binaryMessageHandler(bytes::tryComplete);

        await(socket.writeTextMessage("grüße"));
        assertThat(await(text.future())).isEqualTo("grüße");
        Buffer large = Buffer.buffer(new byte[60_000]);
        await(socket.writeBinaryMessage(large));
        assertThat(await(bytes.future())).isEqualTo(large);
        await(socket.close());
    }

    @Test
    void theSandboxsCloseCodeAndReasonArriveAsTheyAre() throws Exception {
        String close4001 = "\u0088\u0005\u000f\u00a1why";
        rig.hand.on("/closing", (line, head) -> {
            line.send(AGREED + close4001);
            line.close();
        });

        try (Line client = upgraded(rig.client(), rig.hand("/closing"))) {
            assertThat(client.head().status()).isEqualTo(101);
            assertThat(client.rest()).isEqualTo(close4001);
        }
    }

    @Test
    void whatTheSandboxSaysRightBehindItsAgreementIsNotLost() throws Exception {
        rig.hand.on("/early", (line, head) -> {
            line.send(AGREED + "early");
            line.send("later " + line.read(5));
            line.close();
        });

        try (Line client = upgraded(rig.client(), rig.hand("/early"))) {
            assertThat(client.head().status()).isEqualTo(101);
            client.send("hello");
            assertThat(client.rest()).isEqualTo("earlylater hello");
        }
    }

    @Test
    void theTunnelEndsWhenTheClientLeavesAndIsCountedFromBeginToEnd() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        rig.hand.on("/left", (line, head) -> {
            line.send(AGREED);
            heard.complete(line.rest());
        });
        double before = rig.requests("1xx");

        try (Line client = upgraded(rig.client(), rig.hand("/left"))) {
            client.head();
            client.send("last words");
            assertThat(rig.requests("1xx")).isEqualTo(before);
        }

        assertThat(Rig.get(heard)).isEqualTo("last words");
        Rig.eventually("counted", () -> rig.requests("1xx") == before + 1);
    }

    @Test
    void aReaderThatStopsStopsTheSandboxAndStillGetsAllItSentBeforeItClosed() throws Exception {
        int length = 40 << 20;
        AtomicLong sent = new AtomicLong();
        rig.hand.on("/flood", (line, head) -> {
            line.send(AGREED);
            byte[] block = new byte[64 << 10];
            for (; sent.get() < length; sent.addAndGet(block.length)) {
                line.send(block);
            }
            line.close();
        });

        try (Line client = upgraded(Line.narrowTo(rig.port()), rig.hand("/flood"))) {
            client.head();
            assertThat(Rig.settled(sent)).isLessThan(MOST_ON_ITS_WAY);
            client.skip(length);
            client.awaitEnd();
        }
    }

    /**
     * Its kernel has made room for a fast reader by then, which nobody but that kernel can bound: what it holds is not
     * counted. What is ahead of it is in the sandbox's own buffer, up to 4 MiB, at the gateway, and in the two buffers of
     * the gateway's kernel, which are looked at by themselves.
     */
    @Test
    void aReaderThatWasFastAndThenStopsStopsTheSandboxToo() throws Exception {
        int length = 128 << 20;
        int read = 8 << 20;
        AtomicLong sent = new AtomicLong();
        rig.hand.on("/flood", (line, head) -> {
            line.send(AGREED);
            byte[] block = new byte[64 << 10];
            for (; sent.get() < length; sent.addAndGet(block.length)) {
                line.send(block);
            }
            line.close();
        });

        try (Line client = upgraded(rig.client(), rig.hand("/flood"))) {
            client.head();
            client.skip(read);
            long ahead = Rig.settled(sent) - read - client.unread();
            assertThat(ahead).isLessThan(MOST_ON_ITS_WAY);
            assertThat(keptByTheGatewaysKernel()).isLessThan(2 << 20);
            client.skip(length - read);
            client.awaitEnd();
        }
    }

    /** What was read for the gateway from the sandbox, and what waits to be sent to the client, of all connections. */
    private static long keptByTheGatewaysKernel() {
        int sandbox = URI.create(rig.hand.url()).getPort();
        long toSend =
                connections(1, rig.port()).mapToLong(row -> queued(row, 0)).sum();
        long received = connections(2, sandbox).mapToLong(row -> queued(row, 1)).sum();
        return toSend + received;
    }

    private static long queued(String[] row, int side) {
        return Long.parseLong(row[4].split(":", -1)[side], 16);
    }

    @Test
    void aSandboxThatDoesNotReadStopsTheClient() throws Exception {
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        int length = 40 << 20;
        rig.hand.on("/deaf", (line, head) -> {
            line.send(AGREED);
            Rig.get(goOn);
            line.skip(length);
            line.send("all").close();
        });

        try (Line client = upgraded(rig.client(), rig.hand("/deaf"))) {
            client.head();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    for (; sent.get() < length; sent.addAndGet(64 << 10)) {
                        client.send(new byte[64 << 10]);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(Rig.settled(sent)).isLessThan(MOST_ON_ITS_WAY);
            goOn.complete(null);
            Rig.get(writing);
            assertThat(client.rest()).isEqualTo("all");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSandboxThatNeverReadsKeepsNothingOpenOnceItsClientHasLeft(boolean orderly) throws Exception {
        CompletableFuture<Void> over = new CompletableFuture<>();
        try (Rig impatient = Rig.with("proxy.stall-timeout=1s")) {
            impatient.hand.on("/never", (line, head) -> {
                line.send(AGREED);
                over.join();
            });
            int sandbox = URI.create(impatient.hand.url()).getPort();

            try (Line client = upgraded(impatient.client(), impatient.hand("/never"))) {
                client.head();
                int port = client.localPort();
                AtomicLong sent = new AtomicLong();
                CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                    try {
                        while (true) {
                            client.send(new byte[64 << 10]);
                            sent.addAndGet(64 << 10);
                        }
                    } catch (IOException ended) {
                        // It has left, or was cut off.
                    }
                });
                Rig.settled(sent);
                if (orderly) {
                    client.leave();
                } else {
                    client.reset();
                }
                Rig.get(writing);
                Rig.eventually("the tunnel ends", () -> impatient.requests("1xx") == 1);
                Rig.eventually("the way to the sandbox is gone", () -> !connected(sandbox));
                Rig.eventually("the way to the client is gone", () -> !connected(port));
            } finally {
                over.complete(null);
            }
        }
    }

    @Test
    void quietConnectionsAreKeptAlive() throws Exception {
        rig.hand.on("/quiet", (line, head) -> {
            line.send(AGREED);
            line.awaitEnd();
        });
        int sandbox = URI.create(rig.hand.url()).getPort();

        try (Line client = upgraded(rig.client(), rig.hand("/quiet"))) {
            client.head();
            Rig.eventually("the client's is", () -> keptAlive(1, rig.port()));
            Rig.eventually("the sandbox's is", () -> keptAlive(2, sandbox));
        }
    }

    @Test
    void quietEventStreamsAreKeptAlive() throws Exception {
        rig.hand.on("/events", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            line.awaitEnd();
        });
        int sandbox = URI.create(rig.hand.url()).getPort();

        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/events") + " HTTP/1.1\r\nHost: gw\r\n\r\n")
                    .head();
            Rig.eventually("the client's is", () -> keptAlive(1, rig.port()));
            Rig.eventually("the sandbox's is", () -> keptAlive(2, sandbox));
        }
    }

    /**
     * Whether the kernel asks within a minute, and not after its usual two hours, whether the other side is still there, of a
     * connection that has {@code port} in that column of its table.
     */
    private static boolean keptAlive(int column, int port) {
        return connections(column, port)
                .filter(row -> row[3].equals("01") && row[5].startsWith("02:"))
                .anyMatch(row -> Long.parseLong(row[5].substring(3), 16) <= MINUTE_OF_THE_KERNEL);
    }

    /** Whether there is an end of a connection to that port. One that merely waits for its time to pass does not count. */
    private static boolean connected(int port) {
        return connections(2, port).anyMatch(row -> !row[3].equals("06"));
    }

    private static Stream<String[]> connections(int column, int port) {
        String ending = String.format(":%04X", port);
        return Stream.of("/proc/net/tcp", "/proc/net/tcp6")
                .flatMap(table -> {
                    try {
                        return Files.readAllLines(Path.of(table)).stream();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .map(row -> row.trim().split(" +"))
                .filter(row -> row[column].endsWith(ending));
    }

    @Test
    void aRefusalPassesAsItIsAndTheConnectionGoesOn() throws Exception {
        rig.hand.on(
                "/refused",
                (line, head) -> line.send("HTTP/1.1 403 Forbidden\r\nX-Why: key\r\nContent-Length: 2\r\n\r\nno"));

        try (Line client = rig.client()) {
            for (int i = 0; i < 2; i++) {
                upgraded(client, rig.hand("/refused"));
                Line.Head head = client.head();
                assertThat(head.status()).isEqualTo(403);
                assertThat(head.field("X-Why")).isEqualTo("key");
                assertThat(client.body(head)).isEqualTo("no");
            }
        }
    }

    @Test
    void anUpgradeDoesNotWakeUnlessItSaysSo() throws Exception {
        rig.upstream.resumeTakes(ofMillis(100));
        String session = rig.paused();
        int resumes = rig.upstream.calls("POST /resume");

        try (Line client = upgraded(rig.client(), rig.path(session, "/s"))) {
            assertThat(client.head().status()).isEqualTo(503);
        }
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(resumes);

        WebSocket socket = await(sockets.connect(to(rig.path(session, "/s")).putHeader("X-Reveille-Wake", "yes")));
        Promise<String> text = Promise.promise();
        socket.textMessageHandler(text::tryComplete);
        await(socket.writeTextMessage("awake"));
        assertThat(await(text.future())).isEqualTo("awake");
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(resumes + 1);
        await(socket.close());
    }

    @Test
    void anUpgradeThatWaitedSaysSo() throws Exception {
        rig.upstream.resumeTakes(ofMillis(100));
        String session = rig.paused();

        for (boolean waits : new boolean[] {true, false}) {
            try (Line client = rig.client()) {
                client.send("GET " + rig.path(session, "/s") + " HTTP/1.1\r\nHost: gw\r\nX-Reveille-Wake: yes\r\n"
                        + UPGRADE + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
                Line.Head head = client.head();
                assertThat(head.status()).isEqualTo(101);
                assertThat(head.has("Server-Timing")).isEqualTo(waits);
                if (waits) {
                    assertThat(head.field("Server-Timing")).matches("wake;dur=\\d{2,}");
                }
            }
        }
    }

    @Test
    void anUpgradeToHttp2OrOneThatNobodyAskedForIsAnOrdinaryRequest() throws Exception {
        rig.hand.on(
                "/plain",
                (line, head) -> line.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Upgrade: " + head.field("Upgrade") + "\r\n\r\nok"));

        for (String headers : List.of(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
                "Upgrade: websocket\r\n")) {
            try (Line client = rig.client()) {
                client.send("GET " + rig.hand("/plain") + " HTTP/1.1\r\nHost: gw\r\n" + headers + "\r\n");
                Line.Head head = client.head();
                assertThat(head.status()).isEqualTo(200);
                assertThat(head.field("X-Upgrade")).isEqualTo("null");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Upgrade: websocket, h2c\r\n",
                "Upgrade: H2C , websocket\r\n",
                "Upgrade: HTTP/2.0\r\nUpgrade: websocket, h2c-14\r\n"
            })
    void ofAListOfProtocolsTheSandboxHearsNoneOfHttp(String asked) throws Exception {
        rig.hand.on("/list", (line, head) -> {
            String settings = "X-Settings: " + head.field("HTTP2-Settings") + "\r\n";
            String heard = "X-Asked: " + head.field("Upgrade") + "\r\n";
            line.send(AGREED.replace("\r\n\r\n", "\r\n" + settings + heard + "\r\n"));
            line.awaitEnd();
        });

        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/list") + " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\n" + asked
                    + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
            Line.Head head = client.head();
            assertThat(head.status()).isEqualTo(101);
            assertThat(head.field("X-Asked")).isEqualTo("websocket");
            assertThat(head.field("X-Settings")).isEqualTo("null");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2c", "websocket, h2c", "tls/1.0"})
    void aProtocolThatNobodyAskedForIsNotSpoken(String chosen) throws Exception {
        CompletableFuture<Void> over = new CompletableFuture<>();
        rig.hand.on("/other", (line, head) -> {
            line.send(AGREED.replace("Upgrade: websocket", "Upgrade: " + chosen));
            line.awaitEnd();
            over.complete(null);
        });

        try (Line client = upgraded(rig.client(), rig.hand("/other"))) {
            assertThat(client.head().status()).isEqualTo(502);
            Rig.get(over);
        }
    }

    @Test
    void ofSeveralProtocolsTheSandboxChooses() throws Exception {
        rig.hand.on("/choice", (line, head) -> {
            line.send(AGREED.replace("Upgrade: websocket", "Upgrade: Foo/2") + "foo");
            line.close();
        });

        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/choice")
                    + " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket, foo/2\r\n\r\n");
            assertThat(client.head().field("Upgrade")).isEqualTo("Foo/2");
            assertThat(client.rest()).isEqualTo("foo");
        }
    }
}
