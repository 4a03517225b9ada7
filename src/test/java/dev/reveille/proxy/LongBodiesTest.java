package dev.reveille.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies long enough to go past Vert.x: each byte has to arrive, once and in its place. */
class LongBodiesTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String EMPTY = "Content-Length: 0\r\n\r\n";
    private static final int LENGTH = 24 << 20;
    private static final int MANY = 40;
    private static final long MORE_THAN_ALL_BUFFERS = 200L << 20;

    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with();
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        assertThat(rig.complaints()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aDownloadArrivesAsItIsHoweverItIsRead(long seed) throws Exception {
        rig.hand.on("/down-" + seed, (line, head) -> {
            line.send(OK + "Content-Length: " + LENGTH + "\r\n\r\n");
            new Junk(seed).sendTo(line, LENGTH);
        });

        try (Line client = get("/down-" + seed)) {
            client.head();
            assertThat(crcOf(client, LENGTH, new Random(seed))).isEqualTo(new Junk(seed).crc(LENGTH));
            assertThat(asked(client, "/alive").status()).as("the next answer").isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16_383, 16_384, 16_385, 65_000, 65_535, 65_536, 65_537, 131_072, 200_001})
    void aBodyOfAnyLengthArrivesInOnePieceWithItsHeadAndWithout(int length) throws Exception {
        byte[] body = new Junk(length).block(length);
        String head = OK + "Content-Length: " + length + "\r\n\r\n";
        rig.hand.on("/piece-" + length, (line, asked) -> {
            byte[] all = new byte[head.length() + length];
            System.arraycopy(head.getBytes(ISO_8859_1), 0, all, 0, head.length());
            System.arraycopy(body, 0, all, head.length(), length);
            line.send(all);
        });
        rig.hand.on("/pieces-" + length, (line, asked) -> {
            line.send(head).send(Arrays.copyOf(body, length / 2));
            line.send(Arrays.copyOfRange(body, length / 2, length));
        });

        try (Line client = rig.client()) {
            for (String path : List.of("/piece-", "/pieces-", "/piece-")) {
                Line.Head answer = asked(client, path + length);
                assertThat(answer.field("Content-Length")).isEqualTo("" + length);
                assertThat(client.bytes(length)).isEqualTo(body);
            }
        }
    }

    @Test
    void aDownloadInChunksArrivesWithItsTrailers() throws Exception {
        rig.hand.on("/chunks", (line, head) -> {
            line.send(OK + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 100; i++) {
                line.send(Integer.toHexString(100_000 + i) + "\r\n");
                new Junk(i).sendTo(line, 100_000 + i);
                line.send("\r\n");
            }
            line.send("0\r\nX-Sum: 42\r\n\r\n");
        });

        try (Line client = get("/chunks")) {
            client.head();
            long all = 0;
            int length;
            while ((length = Integer.parseInt(client.line(), 16)) > 0) {
                client.skip(length);
                client.line();
                all += length;
            }
            assertThat(all).isEqualTo(100L * 100_000 + 99 * 100 / 2);
            assertThat(client.line()).isEqualTo("X-Sum: 42");
            assertThat(client.line()).isEmpty();
            assertThat(asked(client, "/alive").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anUploadArrivesAsItIsHoweverItIsRead(long seed) throws Exception {
        rig.hand.on("/up-" + seed, (line, head) -> {
            long crc = crcOf(line, LENGTH, new Random(seed));
            line.send(OK + "X-Crc: " + crc + "\r\n" + EMPTY);
        });

        try (Line client = post("/up-" + seed, "Content-Length: " + LENGTH + "\r\n\r\n")) {
            new Junk(seed).sendTo(client, LENGTH);
            assertThat(client.head().field("X-Crc")).isEqualTo("" + new Junk(seed).crc(LENGTH));
            assertThat(asked(client, "/alive").status()).as("the next answer").isEqualTo(200);
        }
    }

    /** More at once than an event loop reads in a turn, some of which read slowly. */
    @Test
    void manyUploadsAndDownloadsAtOnceArriveWhole() throws Exception {
        int length = 3 << 20;
        rig.hand.on("/many-up", (line, head) -> {
            int seed = Integer.parseInt(head.field("X-Seed"));
            long crc = crcOf(line, length, new Random(seed));
            line.send(OK + "X-Crc: " + crc + "\r\n" + EMPTY);
        });
        rig.hand.on("/many-down", (line, head) -> {
            line.send(OK + "Content-Length: " + length + "\r\n\r\n");
            new Junk(Integer.parseInt(head.field("X-Seed"))).sendTo(line, length);
        });

        ExecutorService clients = Executors.newCachedThreadPool();
        List<Future<Long>> crcs = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            int seed = i;
            crcs.add(clients.submit(() -> seed % 2 == 0 ? uploaded(seed, length) : downloaded(seed, length)));
        }
        for (int i = 0; i < MANY; i++) {
            assertThat(crcs.get(i).get()).as("of " + i).isEqualTo(new Junk(i).crc(length));
        }
        clients.shutdown();
    }

    private static long uploaded(int seed, int length) throws IOException {
        try (Line client = post("/many-up", "X-Seed: " + seed + "\r\nContent-Length: " + length + "\r\n\r\n")) {
            new Junk(seed).sendTo(client, length);
            return Long.parseLong(client.head().field("X-Crc"));
        }
    }

    private static long downloaded(int seed, int length) throws IOException {
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/many-down") + " HTTP/1.1\r\nHost: gw\r\nX-Seed: " + seed + "\r\n\r\n");
            client.head();
            return crcOf(client, length, new Random(seed));
        }
    }

    @Test
    void anUploadInChunksArrivesWhole() throws Exception {
        CompletableFuture<Long> read = new CompletableFuture<>();
        rig.hand.on("/up-chunks", (line, head) -> {
            long all = 0;
            int length;
            while ((length = Integer.parseInt(line.line(), 16)) > 0) {
                line.skip(length);
                line.line();
                all += length;
            }
            line.line();
            read.complete(all);
            line.send(OK + EMPTY);
        });

        try (Line client = post("/up-chunks", "Transfer-Encoding: chunked\r\n\r\n")) {
            for (int i = 0; i < 100; i++) {
                client.send(Integer.toHexString(100_000 + i) + "\r\n");
                new Junk(i).sendTo(client, 100_000 + i);
                client.send("\r\n");
            }
            client.send("0\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(Rig.get(read)).isEqualTo(100L * 100_000 + 99 * 100 / 2);
        }
    }

    @Test
    void anAnswerInTheMiddleOfAnUploadThatMayBeOneOfTheWayIsLookedInto() throws Exception {
        rig.hand.on("/doubtful", (line, head) -> {
            line.skip(8 << 20);
            line.send("HTTP/1.1 404 Not Found\r\n" + EMPTY);
            line.skip(LENGTH - (8L << 20));
        });

        try (Line client = post("/doubtful", "Content-Length: " + LENGTH + "\r\n\r\n")) {
            new Junk(4).sendTo(client, LENGTH);
            Line.Head answer = client.head();
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.has("Content-Type")).as("an answer of our own").isFalse();
        }
    }

    @Test
    void aSandboxThatBreaksOffInTheMiddleOfAnUploadIsAnError() throws Exception {
        rig.hand.on("/broken", (line, head) -> {
            line.skip(8 << 20);
            line.reset();
        });

        try (Line client = post("/broken", "Content-Length: " + LENGTH + "\r\n\r\n")) {
            client.send(new byte[8 << 20]);
            assertThat(client.head().status()).isEqualTo(502);
        }
    }

    @Test
    void aClientThatLeavesInTheMiddleOfAnUploadEndsIt() throws Exception {
        CompletableFuture<Void> arrived = new CompletableFuture<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        rig.hand.on("/left", (line, head) -> {
            line.skip(8 << 20);
            arrived.complete(null);
            line.awaitEnd();
            ended.complete(null);
        });

        try (Line client = post("/left", "Content-Length: " + LENGTH + "\r\n\r\n")) {
            new Junk(5).sendTo(client, 8 << 20);
            Rig.get(arrived);
        }

        Rig.get(ended);
    }

    /** The most of it and its end leave together if they came together, and only then. */
    @Test
    void whatCameOfABodyIsNotKeptForItsEnd() throws Exception {
        byte[] body = new Junk(6).block(65_536);
        CompletableFuture<Void> seen = new CompletableFuture<>();
        rig.hand.on("/late-end", (line, head) -> {
            line.send(OK + "Content-Length: 65536\r\n\r\n").send(Arrays.copyOf(body, 65_000));
            Rig.get(seen);
            line.send(Arrays.copyOfRange(body, 65_000, 65_536));
        });

        try (Line client = get("/late-end")) {
            client.head();
            byte[] most = client.bytes(65_000);
            seen.complete(null);

            assertThat(most).isEqualTo(Arrays.copyOf(body, 65_000));
            assertThat(client.bytes(536)).isEqualTo(Arrays.copyOfRange(body, 65_000, 65_536));
        }
    }

    @Test
    void aSandboxThatStopsReadingStopsTheClient() throws Exception {
        rig.hand.on("/deaf", (line, head) -> {
            line.skip(8 << 20);
            Rig.get(new CompletableFuture<>());
        });
        AtomicLong sent = new AtomicLong();

        try (Line client = post("/deaf", "Content-Length: " + MORE_THAN_ALL_BUFFERS + "\r\n\r\n")) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> flood(client, sent));

            assertThat(Rig.settled(sent)).isLessThan(MORE_THAN_ALL_BUFFERS / 2);
            assertThat(sending).isNotDone();
        }
    }

    @Test
    void aConnectionServesTheNextRequestToTheSameSandbox() throws Exception {
        CompletableFuture<Line> first = new CompletableFuture<>();
        CompletableFuture<Line> second = new CompletableFuture<>();
        rig.hand.on("/one", (line, head) -> {
            first.complete(line);
            line.send(OK + EMPTY);
        });
        rig.hand.on("/two", (line, head) -> {
            second.complete(line);
            line.send(OK + EMPTY);
        });

        try (Line client = get("/one")) {
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(asked(client, "/two").status()).isEqualTo(200);
        }

        assertThat(Rig.get(second)).isSameAs(Rig.get(first));
    }

    @Test
    void aConnectionThatItsSandboxClosedInTheMeantimeIsNotUsedAgain() throws Exception {
        rig.hand.on("/closing", (line, head) -> {
            line.send(OK + EMPTY);
            line.close();
        });
        rig.hand.on("/next", (line, head) -> line.send(OK + EMPTY));

        try (Line client = get("/closing")) {
            assertThat(client.head().status()).isEqualTo(200);
            // A GET is sent again if its connection turns out to be dead.
            assertThat(asked(client, "/next").status()).isEqualTo(200);
        }
    }

    private static void flood(Line client, AtomicLong sent) {
        byte[] block = new byte[64 << 10];
        try {
            while (sent.get() < MORE_THAN_ALL_BUFFERS) {
                client.send(block);
                sent.addAndGet(block.length);
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private static Line get(String path) throws IOException {
        String target = rig.hand(path);
        return rig.client().send("GET " + target + " HTTP/1.1\r\nHost: gw\r\n\r\n");
    }

    private static Line post(String path, String headers) throws IOException {
        String target = rig.hand(path);
        return rig.client().send("POST " + target + " HTTP/1.1\r\nHost: gw\r\n" + headers);
    }

    private static Line.Head asked(Line client, String path) throws IOException {
        return client.send("GET " + rig.hand(path) + " HTTP/1.1\r\nHost: gw\r\n\r\n")
                .head();
    }

    /** Reads by pieces of all sizes. */
    private static long crcOf(Line line, int length, Random pieces) throws IOException {
        CRC32 crc = new CRC32();
        for (int left = length; left > 0; ) {
            byte[] piece = line.bytes(Math.min(left, 1 + pieces.nextInt(300_000)));
            crc.update(piece);
            left -= piece.length;
        }
        return crc.getValue();
    }

    /** Bytes that differ from place to place. */
    private static final class Junk {
        private final Random random;

        private Junk(long seed) {
            random = new Random(seed);
        }

        private void sendTo(Line line, int length) throws IOException {
            for (int left = length; left > 0; ) {
                byte[] block = block(left);
                line.send(block);
                left -= block.length;
            }
        }

        private long crc(int length) {
            CRC32 crc = new CRC32();
            for (int left = length; left > 0; ) {
                byte[] block = block(left);
                crc.update(block);
                left -= block.length;
            }
            return crc.getValue();
        }

        private byte[] block(int left) {
            byte[] block = new byte[Math.min(left, 1 << 18)];
            random.nextBytes(block);
            return block;
        }
    }
}
