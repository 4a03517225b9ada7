package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StreamingTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
    private static final String EMPTY = "Content-Length: 0\r\n\r\n";
    private static final long LARGE = 100L << 20;

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

    private static Line get(String path) throws IOException {
        String target = rig.hand(path);
        return rig.client().send("GET " + target + " HTTP/1.1\r\nHost: gw\r\n\r\n");
    }

    private static Line post(String path, String headers) throws IOException {
        String target = rig.hand(path);
        return rig.client().send("POST " + target + " HTTP/1.1\r\nHost: gw\r\n" + headers);
    }

    @Test
    void eachEventArrivesBeforeTheNextIsMade() throws Exception {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        rig.hand.on("/events", (line, head) -> {
            line.send(OK + "Content-Type: text/event-stream\r\n" + CHUNKED).sendChunk("data: 1\n\n");
            Rig.get(seen);
            line.sendChunk("data: 2\n\n").send("0\r\n\r\n");
        });

        try (Line client = get("/events")) {
            assertThat(client.head().field("Content-Type")).isEqualTo("text/event-stream");
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            seen.complete(null);
            assertThat(client.chunk()).isEqualTo("data: 2\n\n");
            assertThat(client.chunk()).isEmpty();
        }
    }

    @Test
    void theHeadDoesNotWaitForTheFirstByteOfTheBody() throws Exception {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        rig.hand.on("/late", (line, head) -> {
            line.send(OK + CHUNKED);
            Rig.get(seen);
            line.sendChunk("at last").send("0\r\n\r\n");
        });

        try (Line client = get("/late")) {
            assertThat(client.head().status()).isEqualTo(200);
            seen.complete(null);
            assertThat(client.chunk()).isEqualTo("at last");
        }
    }

    @Test
    void aLargeDownloadPassesWithinABoundOfMemory() throws Exception {
        rig.hand.on("/large", (line, head) -> {
            line.send(OK + "Content-Length: " + LARGE + "\r\n\r\n");
            byte[] block = new byte[1 << 20];
            for (long sent = 0; sent < LARGE; sent += block.length) {
                line.send(block);
            }
        });

        try (Line client = get("/large")) {
            assertThat(client.head().field("Content-Length")).isEqualTo("" + LARGE);
            client.skip(LARGE);
        }
    }

    @Test
    void aReaderThatStopsStopsTheSandbox() throws Exception {
        AtomicLong sent = new AtomicLong();
        rig.hand.on("/stalled", (line, head) -> {
            line.send(OK + "Content-Length: " + LARGE + "\r\n\r\n");
            byte[] block = new byte[64 << 10];
            for (long n = 0; n < LARGE; n += block.length) {
                line.send(block);
                sent.addAndGet(block.length);
            }
        });

        String target = rig.hand("/stalled");
        try (Line client = Line.narrowTo(rig.port())) {
            client.send("GET " + target + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            client.head();
            assertThat(Rig.settled(sent)).isLessThan(30L << 20);
            client.skip(LARGE);
        }
    }

    @Test
    void aSandboxThatDoesNotReadStopsTheClient() throws Exception {
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        rig.hand.on("/slow-reader", (line, head) -> {
            Rig.get(goOn);
            line.skip(LARGE);
            line.send(OK + EMPTY);
        });

        try (Line client = post("/slow-reader", "Content-Length: " + LARGE + "\r\n\r\n")) {
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                byte[] block = new byte[64 << 10];
                try {
                    for (long n = 0; n < LARGE; n += block.length) {
                        client.send(block);
                        sent.addAndGet(block.length);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(Rig.settled(sent)).isLessThan(30L << 20);
            goOn.complete(null);
            Rig.get(writing);
            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    @Test
    void chunksPassBothWaysAtTheSameTime() throws Exception {
        rig.hand.on("/talk", (line, head) -> {
            assertThat(head.field("Transfer-Encoding")).isEqualTo("chunked");
            line.send(OK + CHUNKED);
            for (String said = line.chunk(); !said.isEmpty(); said = line.chunk()) {
                line.sendChunk("heard " + said);
            }
            line.line();
            line.send("0\r\n\r\n");
        });

        try (Line client = post("/talk", CHUNKED)) {
            client.sendChunk("one");
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.chunk()).isEqualTo("heard one");
            client.sendChunk("two");
            assertThat(client.chunk()).isEqualTo("heard two");
            client.send("0\r\n\r\n");
            assertThat(client.chunk()).isEmpty();
            client.line();

            assertThat(again(client, "/talk")).isEqualTo("heard me");
        }
    }

    private static String again(Line client, String path) throws IOException {
        client.send("POST " + rig.hand(path) + " HTTP/1.1\r\nHost: gw\r\n" + CHUNKED + "2\r\nme\r\n0\r\n\r\n");
        return client.body(client.head());
    }

    @Test
    void answersWithoutABodyPassWithTheFieldsTheyHave() throws Exception {
        rig.hand.on("/head", (line, head) -> line.send(OK + "Content-Length: 12345\r\n\r\n"));
        rig.hand.on("/head-chunked", (line, head) -> line.send(OK + CHUNKED));
        rig.hand.on("/204", (line, head) -> line.send("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"));
        rig.hand.on("/304", (line, head) -> line.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"));
        rig.hand.on("/304-sized", (line, head) -> line.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"));

        try (Line client = rig.client()) {
            assertThat(ask(client, "HEAD", "/head").field("Content-Length")).isEqualTo("12345");
            assertThat(ask(client, "HEAD", "/head-chunked").has("Content-Length"))
                    .isFalse();
            assertThat(ask(client, "GET", "/204").fields().keySet()).containsExactly("X-A");
            assertThat(ask(client, "GET", "/304").fields().keySet()).containsExactly("ETag");
            assertThat(ask(client, "GET", "/304-sized").field("Content-Length")).isEqualTo("77");
            assertThat(ask(client, "HEAD", "/head").status()).isEqualTo(200);
        }
    }

    private static Line.Head ask(Line client, String method, String path) throws IOException {
        client.send(method + " " + rig.hand(path) + " HTTP/1.1\r\nHost: gw\r\n\r\n");
        return client.head();
    }

    @Test
    void theClientIsToldToGoOnWhenTheSandboxSaysSo() throws Exception {
        rig.hand.on("/continue", (line, head) -> {
            assertThat(head.field("Expect")).isEqualTo("100-continue");
            line.send("HTTP/1.1 100 Continue\r\n\r\n");
            line.send(OK + "Content-Length: 5\r\n\r\n" + line.read(5));
        });

        try (Line client = post("/continue", "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")) {
            assertThat(client.head().status()).isEqualTo(100);
            client.send("hello");
            assertThat(client.body(client.head())).isEqualTo("hello");
        }
    }

    @Test
    void aSandboxThatNeverSaysGoOnGetsTheBodyAllTheSame() throws Exception {
        rig.hand.on("/no-continue", (line, head) -> line.send(OK + "Content-Length: 5\r\n\r\n" + line.read(5)));

        try (Line client = post("/no-continue", "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")) {
            // The client waits for a while, as RFC 9110 (10.1.1) has it, and then sends.
            client.send("hello");
            assertThat(client.body(client.head())).isEqualTo("hello");
        }
    }

    @Test
    void aRefusalInsteadOfGoOnIsTheAnswerAndTheConnectionEnds() throws Exception {
        rig.hand.on("/refused", (line, head) -> line.send("HTTP/1.1 417 no\r\n" + EMPTY));

        try (Line client = post("/refused", "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")) {
            Line.Head head = client.head();
            assertThat(head.status()).isEqualTo(417);
            assertThat(head.field("Connection")).isEqualTo("close");
            client.awaitEnd();
        }
    }

    @Test
    void anAnswerBeforeTheEndOfTheUploadArrivesAndNothingHangs() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/too-large", (line, head) -> {
            line.read(10);
            line.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            line.awaitEnd();
            cancelled.complete(null);
        });

        // One that listens only when it has sent all.
        try (Line client = post("/too-large", "Content-Length: " + (8 << 20) + "\r\n\r\n")) {
            client.send(new byte[8 << 20]);
            Line.Head head = client.head();
            assertThat(head.status()).isEqualTo(413);
            assertThat(client.body(head)).isEqualTo("big");
        }
        Rig.get(cancelled);
    }

    @Test
    void theConnectionGoesOnBehindAShortBodyThatNobodyWanted() throws Exception {
        rig.hand.on("/unwanted", (line, head) -> {
            line.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            line.awaitEnd();
        });
        rig.hand.on("/next", (line, head) -> line.send(OK + "Content-Length: 4\r\n\r\nnext"));

        try (Line client = post("/unwanted", "Content-Length: 1000\r\n\r\n")) {
            assertThat(client.body(client.head())).isEqualTo("big");
            client.send(new byte[1000]);
            client.send("GET " + rig.hand("/next") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            assertThat(client.body(client.head())).isEqualTo("next");
        }
    }

    @Test
    void trailersArriveBehindTheBody() throws Exception {
        rig.hand.on(
                "/trailers",
                (line, head) -> line.send(OK + "Trailer: X-Sum\r\n" + CHUNKED)
                        .sendChunk("body")
                        .send("0\r\nX-Sum: 42\r\n\r\n"));

        try (Line client = get("/trailers")) {
            assertThat(client.head().field("Trailer")).isEqualTo("X-Sum");
            assertThat(client.chunk()).isEqualTo("body");
            assertThat(client.chunk()).isEmpty();
            assertThat(client.line()).isEqualTo("X-Sum: 42");
        }
    }

    @Test
    void aClientOfTheOldProtocolGetsTheBodyUpToTheEndOfTheConnection() throws Exception {
        rig.hand.on(
                "/old",
                (line, head) -> line.send(OK + CHUNKED)
                        .sendChunk("one")
                        .sendChunk("two")
                        .send("0\r\n\r\n"));

        for (String keepAlive : List.of("", "Connection: keep-alive\r\n")) {
            try (Line client = rig.client()) {
                client.send("GET " + rig.hand("/old") + " HTTP/1.0\r\n" + keepAlive + "\r\n");
                Line.Head head = client.head();
                assertThat(head.has("Transfer-Encoding")).isFalse();
                assertThat(head.field("Connection")).isNotEqualTo("keep-alive");
                assertThat(client.rest()).isEqualTo("onetwo");
            }
        }
    }

    @Test
    void aClientOfTheOldProtocolSeesAResetWhenTheSandboxBreaksOff() throws Exception {
        rig.hand.on("/old-broken", (line, head) -> {
            line.send(OK + CHUNKED).sendChunk("half");
            line.reset();
        });

        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/old-broken") + " HTTP/1.0\r\n\r\n");
            client.awaitReset();
        }
    }

    @Test
    void requestsSentAllAtOnceAreAnsweredInOrder() throws Exception {
        rig.hand.on(
                "/echo",
                (line, head) -> line.send(OK + "Content-Length: 1\r\n\r\n"
                        + head.target().substring(head.target().length() - 1)));
        String target = rig.hand("/echo");

        try (Line client = rig.client()) {
            client.send(
                    "GET %1$s?1 HTTP/1.1\r\nHost: gw\r\n\r\nGET %1$s?2 HTTP/1.1\r\nHost: gw\r\n\r\nGET %1$s?3 HTTP/1.1\r\nHost: gw\r\n\r\n"
                            .formatted(target));
            for (String n : List.of("1", "2", "3")) {
                assertThat(client.body(client.head())).isEqualTo(n);
            }
        }
    }

    @Test
    void soAreBodiesWhateverTheirLength() throws Exception {
        rig.hand.on("/lengths", (line, head) -> {
            String body = line.body(head);
            line.send(OK + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        });
        String post = "POST " + rig.hand("/lengths") + " HTTP/1.1\r\nHost: gw\r\n";
        List<Integer> lengths = List.of(1, 100_000, 0, 20_000, 17, 300_000, 3);

        try (Line client = rig.client()) {
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                try {
                    for (int length : lengths) {
                        client.send(post + "Content-Length: " + length + "\r\n\r\n" + "a".repeat(length));
                        client.send(post + "Transfer-Encoding: chunked\r\n\r\n" + "1\r\nb\r\n".repeat(length / 10)
                                + "0\r\n\r\n\r\n");
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            for (int length : lengths) {
                assertThat(client.body(client.head())).isEqualTo("a".repeat(length));
                assertThat(client.body(client.head())).isEqualTo("b".repeat(length / 10));
            }
            Rig.get(sent);
        }
    }

    @Test
    void answersToRequestsSentAllAtOnceWaitForTheirReader() throws Exception {
        int length = 300_000;
        rig.hand.on(
                "/longer",
                (line, head) ->
                        line.send(OK + "Content-Length: " + length + "\r\n\r\n").send(new byte[length]));
        String get = "GET " + rig.hand("/longer") + " HTTP/1.1\r\nHost: gw\r\n\r\n";

        try (Line client = Line.narrowTo(rig.port())) {
            client.send(get.repeat(30));
            for (int i = 0; i < 30; i++) {
                assertThat(client.head().status()).isEqualTo(200);
                client.skip(length);
            }
        }
    }

    @Test
    void whenTheSandboxBreaksOffTheAnswerNeverLooksWhole() throws Exception {
        rig.hand.on("/half-sized", (line, head) -> {
            line.send(OK + "Content-Length: 100\r\n\r\nhalf");
            line.close();
        });
        rig.hand.on("/half-chunked", (line, head) -> {
            line.send(OK + CHUNKED).sendChunk("half");
            line.reset();
        });

        for (String path : List.of("/half-sized", "/half-chunked")) {
            double before = rig.requests("broken");
            try (Line client = get(path)) {
                client.awaitReset();
            }
            Rig.eventually("counted as broken", () -> rig.requests("broken") == before + 1);
        }
    }

    @Test
    void aClientThatLeavesBeforeTheHeadCancelsTheSandbox() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/thinking", (line, head) -> {
            asked.complete(null);
            line.awaitEnd();
            cancelled.complete(null);
        });
        double before = rig.requests("client_left");

        Line client = get("/thinking");
        Rig.get(asked);
        client.close();

        Rig.get(cancelled);
        Rig.eventually("counted", () -> rig.requests("client_left") == before + 1);
    }

    @Test
    void aClientThatLeavesDuringADownloadCancelsTheSandbox() throws Exception {
        CompletableFuture<Long> sent = new CompletableFuture<>();
        rig.hand.on("/endless", (line, head) -> {
            line.send(OK + CHUNKED);
            long n = 0;
            try {
                for (String block = "x".repeat(64 << 10); ; n++) {
                    line.sendChunk(block);
                }
            } catch (IOException cancelled) {
                sent.complete(n);
            }
        });
        double before = rig.requests("client_left");

        try (Line client = get("/endless")) {
            client.head();
            client.chunk();
            client.reset();
        }

        assertThat(Rig.get(sent)).isLessThan(1000);
        Rig.eventually("counted", () -> rig.requests("client_left") == before + 1);
    }

    @Test
    void aClientThatLeavesDuringAnUploadCancelsTheSandbox() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/upload", (line, head) -> {
            line.awaitEnd();
            cancelled.complete(null);
        });
        double before = rig.requests("client_left");

        Line client = post("/upload", "Content-Length: 1000\r\n\r\nbegin");
        Rig.eventually("the sandbox was asked", () -> rig.hand.calls("/upload") == 1);
        client.close();

        Rig.get(cancelled);
        Rig.eventually("counted", () -> rig.requests("client_left") == before + 1);
    }

    @Test
    void aClientThatLeavesWhileTheSandboxReadsNothingCancelsItToo() throws Exception {
        CompletableFuture<Void> left = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/deaf", (line, head) -> {
            Rig.get(left);
            line.awaitEnd();
            cancelled.complete(null);
        });
        double before = rig.requests("client_left");

        try (Line client = post("/deaf", "Content-Length: " + LARGE + "\r\n\r\n")) {
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    for (; ; sent.addAndGet(64 << 10)) {
                        client.send(new byte[64 << 10]);
                    }
                } catch (IOException closed) {
                    // As planned.
                }
            });
            Rig.settled(sent);
            client.reset();
            Rig.get(writing);
        }

        Rig.eventually("counted", () -> rig.requests("client_left") == before + 1);
        left.complete(null);
        Rig.get(cancelled);
    }
}
