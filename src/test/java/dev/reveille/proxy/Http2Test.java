package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.http.Http2Streams;
import dev.reveille.testing.FrameLine;
import dev.reveille.testing.Line;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.internal.PlatformDependent;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that speak HTTP/2 without TLS, to sandboxes that speak HTTP/1.1. */
class Http2Test {
    private static final int NO_ERROR = 0;
    private static final int PROTOCOL_ERROR = 1;
    private static final int INTERNAL_ERROR = 2;
    private static final int STREAM_CLOSED = 5;
    private static final int CANCEL = 8;
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with();
        rig.hand.on("/ok", (line, head) -> {
            line.body(head);
            line.send(OK);
        });
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        // Netty says so of connections that were cut while they came to be, and sometimes late.
        assertThat(rig.complaints())
                .filteredOn(words -> !words.startsWith("io.netty.channel.DefaultChannelPipeline"))
                .isEmpty();
    }

    private static FrameLine client() {
        return FrameLine.to(rig.port());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static void assertServed(FrameLine client, int stream) throws IOException {
        client.request(stream, "GET", rig.hand("/ok"), true);
        assertThat(client.head(stream)).containsEntry(":status", "200");
        assertThat(client.body(stream)).isEqualTo("ok");
    }

    private static JsonObject problem(FrameLine client, int stream, int status) throws IOException {
        Map<String, String> head = client.head(stream);
        assertThat(head).containsEntry(":status", "" + status).doesNotContainKey("connection");
        assertThat(head).containsEntry("content-type", "application/problem+json");
        return new JsonObject(client.body(stream));
    }

    // Heads.

    @Test
    void aRequestReachesTheSandboxAsAnHttp1Client() throws Exception {
        CompletableFuture<Line.Head> seen = new CompletableFuture<>();
        rig.hand.on("/head", (line, head) -> {
            seen.complete(head);
            line.send("HTTP/1.1 200 OK\r\nConnection: Keep-Alive, X-Private\r\nKeep-Alive: timeout=9\r\n");
            line.send("X-Private: 1\r\nX-Public: Yes\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        });
        try (FrameLine client = client()) {
            client.request(
                    1,
                    "GET",
                    rig.hand("/head?q=%2F&r"),
                    true,
                    "cookie",
                    "a=1",
                    "cookie",
                    "b=2",
                    "cookie",
                    "c=3",
                    "te",
                    "trailers",
                    "x-mine",
                    "here");

            Map<String, String> answer = client.head(1);
            assertThat(client.body(1)).isEqualTo("ok");

            assertThat(answer)
                    .containsEntry(":status", "200")
                    .containsEntry("x-public", "Yes")
                    .doesNotContainKeys("connection", "keep-alive", "transfer-encoding", "x-private");
            Line.Head head = Rig.get(seen);
            assertThat(head.start()).isEqualTo("GET /head?q=%2F&r HTTP/1.1");
            assertThat(head.field("Cookie")).isEqualTo("a=1; b=2; c=3");
            assertThat(head.field("X-Mine")).isEqualTo("here");
            assertThat(head.field("X-Forwarded-Host")).isEqualTo("gw");
            assertThat(head.field("X-Forwarded-Proto")).isEqualTo("http");
            assertThat(head.has("TE")).isFalse();
            assertThat(head.has("Transfer-Encoding")).isFalse();
            assertThat(head.has("Content-Length")).isFalse();
        }
    }

    @Test
    void hostStandsInForTheAuthority() throws Exception {
        CompletableFuture<Line.Head> seen = new CompletableFuture<>();
        rig.hand.on("/host", (line, head) -> {
            seen.complete(head);
            line.send(OK);
        });
        try (FrameLine client = client()) {
            client.headers(
                    1, true, ":method", "GET", ":scheme", "http", ":path", rig.hand("/host"), "host", "by-host:81");

            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(Rig.get(seen).field("X-Forwarded-Host")).isEqualTo("by-host:81");
        }
    }

    @Test
    void whatCannotBeWrittenInHttp1IsRefusedAndOnlyThat() throws IOException {
        try (FrameLine client = client()) {
            String path = rig.hand("/ok");
            client.request(1, "GET", path + " HTTP/1.1\r\nX: 1\r\n\r\nGET /hand", true);
            problem(client, 1, 400);
            client.request(3, "GET", "http://elsewhere" + path, true);
            problem(client, 3, 400);
            client.request(5, "GE T", path, true);
            client.until(FrameLine.RST_STREAM, 5);
            client.headers(7, true, ":method", "GET", ":scheme", "http", ":path", path);
            problem(client, 7, 400);
            client.request(9, "GET", path, true, "host", "gw", "host", "other");
            client.until(FrameLine.RST_STREAM, 9);
            client.request(11, "GET", path + "?" + "x".repeat(17_000), true);
            problem(client, 11, 414);
            client.headers(13, true, ":method", "CONNECT", ":authority", "gw:80");
            problem(client, 13, 400);

            assertServed(client, 15);
            assertThat(rig.hand.calls("/ok")).isPositive();
        }
    }

    @Test
    void aTargetIsWhatItIsInHttp1() throws IOException {
        String path = rig.hand("/ok");
        try (FrameLine client = client()) {
            client.request(1, "GET", path + "/caf\u00c3\u00a9", true);
            problem(client, 1, 400);
            client.request(3, "GET", path + "#part", true);
            problem(client, 3, 400);
            client.request(5, "GET", "*", true);
            problem(client, 5, 400);
            // But not of one who asks for the server as a whole.
            client.request(7, "OPTIONS", "*", true);
            assertThat(client.head(7).get(":status")).isNotEqualTo("400");
            assertServed(client, 9);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization", "content-type", "expect", "x-session-api-key"})
    void aFieldThatMayComeOnceMayNotComeTwice(String name) throws IOException {
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/twice"), true, name, "one", name, "other");
            problem(client, 1, 400);
            assertServed(client, 3);
            assertThat(rig.hand.calls("/twice")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nb: c", "a\nb", "a\0b", "a\rb"})
    void aFieldThatWouldBeTwoInHttp1IsRefusedAndOnlyThat(String value) throws IOException {
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/evil"), true, "x-evil", value);

            FrameLine.Frame answer = client.until(f -> f.stream() == 1);
            if (answer.type() == FrameLine.HEADERS) {
                assertThat(client.fields(answer)).containsEntry(":status", "400");
            } else {
                assertThat(answer.type()).isEqualTo(FrameLine.RST_STREAM);
            }
            assertServed(client, 3);
            assertThat(rig.hand.calls("/evil")).isZero();
        }
    }

    @Test
    void aHostThatIsNotTheAuthorityIsRefused() throws IOException {
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/ok"), true, "host", "other");

            client.until(FrameLine.RST_STREAM, 1);
            assertServed(client, 3);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a%41",
                "gw%00",
                "gw/x",
                "u@gw",
                "gw,other",
                "gw:",
                "gw:65536",
                "[gw]",
                "[a\0]",
                "[a\1]",
                "[a\177]",
                "[a\r\nb: c]",
                "[x\";for=6.6.6.6;y=\"]",
                "g\u00fc"
            })
    void aHostThatIsNoneIsRefusedAndOnlyThat(String host) throws IOException {
        String[] rest = {":method", "GET", ":scheme", "http", ":path", rig.hand("/odd")};
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/ok"), false);

            client.headers(3, true, with(rest, ":authority", host));
            assertThat(client.until(f -> f.stream() == 3).type()).isEqualTo(FrameLine.RST_STREAM);
            client.headers(5, true, with(rest, "host", host));
            assertThat(client.until(f -> f.stream() == 5).type()).isEqualTo(FrameLine.RST_STREAM);
            client.headers(7, true, with(rest, ":authority", "gw", "host", host));
            assertThat(client.until(f -> f.stream() == 7).type()).isEqualTo(FrameLine.RST_STREAM);

            client.data(1, true, bytes("x"));
            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(rig.hand.calls("/odd")).isZero();
        }
    }

    private static String[] with(String[] fields, String... more) {
        String[] all = Arrays.copyOf(fields, fields.length + more.length);
        System.arraycopy(more, 0, all, fields.length, more.length);
        return all;
    }

    @Test
    void theOwnApiAndTheConsoleAreNotAskedWithAHostThatIsNoneEither() throws IOException {
        try (FrameLine client = client()) {
            int stream = 1;
            for (String path : new String[] {"/api/v1/sessions", "/console/", "/list", "/health"}) {
                String[] get = {":method", "GET", ":scheme", "http", ":path", path};
                client.headers(stream, true, with(get, ":authority", "[a\0]"));
                int refused = stream;
                assertThat(client.until(f -> f.stream() == refused).type()).isEqualTo(FrameLine.RST_STREAM);
                stream += 2;
            }
            assertServed(client, stream);
        }
    }

    @Test
    void webSocketsAreNotOffered() throws IOException {
        try (FrameLine client = client()) {
            client.headers(
                    1,
                    false,
                    ":method",
                    "CONNECT",
                    ":protocol",
                    "websocket",
                    ":scheme",
                    "http",
                    ":path",
                    rig.hand("/ws"),
                    ":authority",
                    "gw");

            client.until(FrameLine.RST_STREAM, 1);
            assertServed(client, 3);
        }
    }

    @Test
    void anUpgradeToHttp2IsNotTaken() throws IOException {
        try (Line client = rig.client()) {
            client.send("POST " + rig.hand("/ok") + " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade, HTTP2-Settings\r\n");
            client.send("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 3\r\n\r\nabc");

            Line.Head head = client.head();
            assertThat(head.start()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(client.body(head)).isEqualTo("ok");
        }
    }

    @Test
    void thePrefaceMayComeInPieces() throws Exception {
        try (Line client = rig.client()) {
            for (char c : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r".toCharArray()) {
                client.send("" + c);
            }
            client.send("\n\0\0\0\4\0\0\0\0\0");

            assertThat(client.read(4).charAt(3)).isEqualTo((char) FrameLine.SETTINGS);
        }
        try (Line client = rig.client()) {
            client.send("P");
            client.send("OST " + rig.hand("/ok") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\n\r\n");

            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    // Bodies.

    @Test
    void aBodyWithoutALengthIsChunked() throws Exception {
        CompletableFuture<String> got = new CompletableFuture<>();
        rig.hand.on("/echo", (line, head) -> {
            got.complete(head.field("Transfer-Encoding") + " " + line.body(head));
            line.send(OK);
        });
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/echo"), false)
                    .data(1, false, bytes("hel"))
                    .data(1, true, bytes("lo"));

            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(Rig.get(got)).isEqualTo("chunked hello");
        }
    }

    @Test
    void theClientIsToldToGoOn() throws Exception {
        rig.hand.on("/continue", (line, head) -> {
            line.send("HTTP/1.1 100 Continue\r\n\r\n");
            String body = line.body(head);
            line.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        });
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/continue"), false, "expect", "100-continue", "content-length", "5");
            assertThat(client.head(1)).containsEntry(":status", "100");
            client.data(1, true, bytes("hello"));

            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(client.body(1)).isEqualTo("hello");
        }
    }

    @Test
    void aBodyThatNobodyWantsEndsOnlyItsOwnStream() throws Exception {
        rig.hand.on("/unwanted", (line, head) -> line.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"));
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/unwanted"), false, "expect", "100-continue", "content-length", "9");

            assertThat(client.head(1)).containsEntry(":status", "403");
            assertThat(client.body(1)).isEqualTo("no");
            assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(NO_ERROR);
            assertServed(client, 3);
        }
    }

    @Test
    void anUploadIsAsLargeAsItLikes() throws Exception {
        int mebibytes = 24;
        CompletableFuture<Long> got = new CompletableFuture<>();
        rig.hand.on("/upload", (line, head) -> {
            line.skip(Long.parseLong(head.field("Content-Length")));
            got.complete(Long.parseLong(head.field("Content-Length")));
            line.send(OK);
        });
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/upload"), false, "content-length", "" + (mebibytes << 20));
            upload(client, 1, mebibytes << 20);

            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(Rig.get(got)).isEqualTo(mebibytes << 20);
        }
    }

    /** Sends so much, and no more than the windows allow. */
    static void upload(FrameLine client, int stream, int length) throws IOException {
        upload(client, stream, length, 2 * Http2Streams.MOST_HELD);
    }

    private static void upload(FrameLine client, int stream, int length, int window) throws IOException {
        byte[] piece = new byte[16_000];
        int mine = Http2Streams.SMALL_WINDOW;
        int connection = window;
        for (int left = length; left > 0; ) {
            int now = Math.min(left, Math.min(piece.length, Math.min(mine, connection)));
            if (now > 0) {
                left -= now;
                mine -= now;
                connection -= now;
                client.data(stream, left == 0, Arrays.copyOf(piece, now));
            } else {
                FrameLine.Frame wider = client.until(f -> f.type() == FrameLine.WINDOW_UPDATE);
                mine += wider.stream() == stream ? wider.number() : 0;
                connection += wider.stream() == 0 ? wider.number() : 0;
            }
        }
    }

    @Test
    void anUploadThatIsThroughLeavesItsWideWindowToOthersWhileItIsAnswered() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        rig.hand.on("/thinks", (line, head) -> {
            line.body(head);
            goOn.await(20, TimeUnit.SECONDS);
            line.send(OK);
        });
        try (FrameLine client = client()) {
            for (int n = 0; n <= Http2Streams.MOST_LARGE; n++) {
                int stream = 2 * n + 1;
                client.request(stream, "POST", rig.hand("/thinks"), false);
                client.data(stream, false, new byte[9_000]);
                awaitWide(client, stream);
                client.data(stream, true, new byte[10]);
            }
        } finally {
            goOn.countDown();
        }
    }

    private static void awaitWide(FrameLine client, int stream) throws IOException {
        client.until(frame -> frame.type() == FrameLine.WINDOW_UPDATE
                && frame.stream() == stream
                && frame.number() > Http2Streams.SMALL_WINDOW);
    }

    @Test
    void whoSaysLittleLeavesTheWideWindowsToUploads() throws Exception {
        CountDownLatch begun = new CountDownLatch(Http2Streams.MOST_LARGE);
        rig.hand.on("/listens", (line, head) -> {
            line.skip(1);
            begun.countDown();
            line.awaitEnd();
        });
        rig.hand.on("/takes", (line, head) -> {
            line.body(head);
            line.send(OK);
        });
        try (FrameLine client = client()) {
            for (int n = 0; n < Http2Streams.MOST_LARGE; n++) {
                client.request(2 * n + 1, "POST", rig.hand("/listens"), false).data(2 * n + 1, false, new byte[10]);
            }
            assertThat(begun.await(15, TimeUnit.SECONDS)).isTrue();

            client.request(101, "POST", rig.hand("/takes"), false).data(101, false, new byte[9_000]);
            awaitWide(client, 101);
        }
    }

    @Test
    void theTableOfFieldsHasABoundWhateverTheClientAllows() throws Exception {
        try (FrameLine client = FrameLine.to(rig.port(), FrameLine.HEADER_TABLE_SIZE, -1)) {
            client.request(1, "GET", rig.hand("/ok"), true);
            assertThat(client.until(FrameLine.HEADERS, 1).tableSize()).isEqualTo(64 * 1024);

            client.settings(FrameLine.HEADER_TABLE_SIZE, 1 << 30).settled();
            client.request(3, "GET", rig.hand("/ok"), true);
            assertThat(client.until(FrameLine.HEADERS, 3).tableSize()).isEqualTo(64 * 1024);
        }
        try (FrameLine restless = client()) {
            for (int n = 0; n < 101; n++) {
                restless.settings(FrameLine.HEADER_TABLE_SIZE, n % 2);
            }
            assertThat(restless.until(FrameLine.GOAWAY, 0).reason())
                    .isEqualTo((int) Http2Error.ENHANCE_YOUR_CALM.code());
        }
        try (FrameLine browser = FrameLine.to(rig.port(), FrameLine.HEADER_TABLE_SIZE, 64 * 1024)) {
            browser.request(1, "GET", rig.hand("/ok"), true);
            assertThat(browser.until(FrameLine.HEADERS, 1).tableSize()).isEqualTo(64 * 1024);
        }
    }

    @Test
    void anUploadThatWaitsTakesItsWindowAndItsNeighboursGoOn() throws Exception {
        String asleep = rig.paused();
        rig.upstream.resumeTakes(Duration.ofMinutes(10));
        try (FrameLine client = client()) {
            for (int stream = 1; stream < 2 * (Http2Streams.MOST_STREAMS - 1); stream += 2) {
                client.request(stream, "POST", rig.path(asleep, "/held"), false)
                        .data(stream, false, new byte[Http2Streams.SMALL_WINDOW]);
            }
            Rig.eventually("all wait", () -> rig.metric("reveille_holds") == Http2Streams.MOST_STREAMS - 1);

            rig.hand.on("/upload2", (line, head) -> {
                line.skip(4_000_000);
                line.send(OK);
            });
            client.request(299, "PUT", rig.hand("/upload2"), false, "content-length", "4000000");
            upload(client, 299, 4_000_000);
            assertThat(client.head(299)).containsEntry(":status", "200");
        } finally {
            rig.upstream.resumeTakes(Duration.ZERO);
        }
        Rig.eventually("nobody waits", () -> rig.metric("reveille_holds") == 0);
    }

    @Test
    void aHeldUploadArrivesWhole() throws Exception {
        String asleep = rig.paused();
        rig.upstream.resumeTakes(Duration.ofMinutes(10));
        try (FrameLine client = client()) {
            client.request(1, "POST", rig.path(asleep, "/held"), false);
            Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
            client.data(1, false, new byte[Http2Streams.SMALL_WINDOW]);
            client.settled();
            rig.upstream.session(asleep).isRunning();
            client.until(FrameLine.WINDOW_UPDATE, 1);
            for (int n = 0; n < 6; n++) {
                client.data(1, n == 5, new byte[16_000]);
            }

            Map<String, String> head = client.head(1);
            assertThat(head).containsEntry(":status", "200");
            assertThat(head.get("server-timing")).startsWith("wake;dur=");
        } finally {
            rig.upstream.resumeTakes(Duration.ZERO);
        }
    }

    @Test
    void uploadsThatStandStillDoNotStopTheirNeighbours() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        rig.hand.on("/still", (line, head) -> goOn.await(20, TimeUnit.SECONDS));
        try (FrameLine client = client()) {
            for (int n = 0; n < Http2Streams.MOST_STREAMS - 1; n++) {
                client.request(2 * n + 1, "PUT", rig.hand("/still"), false);
            }
            client.settled();
            // As much as each may send: the first ones a lot, the others a little.
            int sent = 0;
            for (int n = 0; n < Http2Streams.MOST_STREAMS - 1; n++) {
                int window = n < Http2Streams.MOST_LARGE ? Http2Streams.LARGE_WINDOW : Http2Streams.SMALL_WINDOW;
                for (int left = window; left > 0; left -= 16_384) {
                    client.data(2 * n + 1, false, new byte[16_384]);
                    sent += 16_384;
                }
            }
            rig.hand.on("/passing", (line, head) -> {
                line.skip(2_000_000);
                line.send(OK);
            });
            int last = 2 * Http2Streams.MOST_STREAMS - 1;
            client.request(last, "PUT", rig.hand("/passing"), false, "content-length", "2000000");
            upload(client, last, 2_000_000, 2 * Http2Streams.MOST_HELD - sent);
            assertThat(client.head(last)).containsEntry(":status", "200");
        } finally {
            goOn.countDown();
        }
    }

    // Answers.

    @Test
    void trailersReachTheClient() throws Exception {
        rig.hand.on(
                "/trailers",
                (line, head) -> line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
                        .send("2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"));
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/trailers"), true);
            assertThat(client.head(1)).containsEntry(":status", "200");

            FrameLine.Frame end = client.until(f -> f.stream() == 1 && f.ends());
            assertThat(end.type()).isEqualTo(FrameLine.HEADERS);
            assertThat(client.fields(end)).containsEntry("x-sum", "7");
        }
    }

    @Test
    void anAnswerWithoutABodyEndsWithItsHead() throws IOException {
        rig.hand.on("/204", (line, head) -> line.send("HTTP/1.1 204 None\r\n\r\n"));
        rig.hand.on("/304", (line, head) -> line.send("HTTP/1.1 304 Same\r\nETag: \"1\"\r\n\r\n"));
        rig.hand.on("/long", (line, head) -> line.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/204"), true);
            assertBare(client, 1, "204", null);
            client.request(3, "GET", rig.hand("/304"), true);
            assertBare(client, 3, "304", null);
            client.request(5, "HEAD", rig.hand("/long"), true);
            assertBare(client, 5, "200", "1234");
        }
    }

    @Test
    void aProblemForHeadHasNoBody() throws IOException {
        try (FrameLine client = client()) {
            client.request(1, "GET", "/nobody/runtime/x", true);
            String length = client.head(1).get("content-length");

            client.request(3, "HEAD", "/nobody/runtime/x", true);
            assertBare(client, 3, "404", length);
            client.request(5, "HEAD", "/a b", true);
            assertThat(problemOfHead(client, 5)).isEqualTo("400");
            client.request(7, "HEAD", "/api/v1/sessions", true);
            assertThat(problemOfHead(client, 7)).startsWith("4");
            client.request(9, "HEAD", "/console/none", true);
            assertThat(problemOfHead(client, 9)).isEqualTo("404");
        }
    }

    private static String problemOfHead(FrameLine client, int stream) throws IOException {
        FrameLine.Frame head = client.until(FrameLine.HEADERS, stream);
        Map<String, String> fields = client.fields(head);
        assertThat(head.ends()).isTrue();
        assertThat(fields).containsEntry("content-type", "application/problem+json");
        assertThat(Integer.parseInt(fields.get("content-length"))).isPositive();
        return fields.get(":status");
    }

    private static void assertBare(FrameLine client, int stream, String status, String length) throws IOException {
        FrameLine.Frame head = client.until(FrameLine.HEADERS, stream);
        Map<String, String> fields = client.fields(head);
        assertThat(head.ends()).isTrue();
        assertThat(fields).containsEntry(":status", status);
        assertThat(fields.get("content-length")).isEqualTo(length);
    }

    @Test
    void anAnswerThatBreaksOffResetsItsStreamAndNoOther() throws IOException {
        CountDownLatch goOn = new CountDownLatch(1);
        rig.hand.on("/half", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nha\r\n");
            goOn.await(15, TimeUnit.SECONDS);
            line.reset();
        });
        rig.hand.on("/slow", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl");
            goOn.await(15, TimeUnit.SECONDS);
            line.send("ow");
        });
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/half"), true).request(3, "GET", rig.hand("/slow"), true);
            client.until(FrameLine.DATA, 1);
            goOn.countDown();

            assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(INTERNAL_ERROR);
            assertServed(client, 5);
        }
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/half"), true).request(3, "GET", rig.hand("/slow"), true);
            assertThat(client.body(3)).isEqualTo("slow");
        }
    }

    @Test
    void aRequestThatIsGivenUpIsCancelledAndNoOther() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/events", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("one");
            line.awaitEnd();
            cancelled.complete(null);
        });
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/events"), true);
            client.until(FrameLine.DATA, 1);
            client.reset(1, CANCEL);

            Rig.get(cancelled);
            assertServed(client, 3);
        }
    }

    @Test
    void anUploadThatIsGivenUpIsCancelledAndNoOther() throws Exception {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/upload3", (line, head) -> {
            line.chunk();
            begun.complete(null);
            line.awaitEnd();
            cancelled.complete(null);
        });
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/upload3"), false).data(1, false, new byte[10]);
            Rig.get(begun);
            client.reset(1, CANCEL);

            Rig.get(cancelled);
            assertServed(client, 3);
        }
    }

    @Test
    void aClientThatLeavesCancelsAll() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(3);
        rig.hand.on("/left", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("one");
            line.awaitEnd();
            cancelled.countDown();
        });
        try (FrameLine client = client()) {
            for (int stream = 1; stream <= 5; stream += 2) {
                client.request(stream, "GET", rig.hand("/left"), true);
                client.until(FrameLine.DATA, stream);
            }
        }
        assertThat(cancelled.await(15, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aHundredStreamsThatNobodyReadsAreHeldBackAtTheSandbox() throws Exception {
        AtomicLong sent = new AtomicLong();
        long before = memory();
        rig.hand.on("/endless", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            String chunk = "x".repeat(16_000);
            while (true) {
                line.sendChunk(chunk);
                sent.addAndGet(chunk.length());
            }
        });
        try (FrameLine client = FrameLine.to(rig.port(), FrameLine.INITIAL_WINDOW_SIZE, 0)) {
            for (int stream = 1; stream < 200; stream += 2) {
                client.request(stream, "GET", rig.hand("/endless"), true);
            }
            Rig.settled(sent);

            assertThat(memory() - before).isLessThan(200L << 20);
            client.settled();
        }
    }

    @Test
    void aHundredFilesThatNobodyReadsAreBoundedInBytesAndNotInPieces() throws Exception {
        int size = 4 << 20;
        byte[] piece = new byte[64 * 1024];
        CountDownLatch begun = new CountDownLatch(100);
        AtomicLong sent = new AtomicLong();
        rig.hand.on("/file", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
            begun.countDown();
            for (int left = size; left > 0; left -= piece.length) {
                line.send(piece);
                sent.addAndGet(piece.length);
            }
        });
        long before = memory();
        try (FrameLine client = FrameLine.to(rig.port(), FrameLine.INITIAL_WINDOW_SIZE, 0)) {
            for (int stream = 1; stream < 200; stream += 2) {
                client.request(stream, "GET", rig.hand("/file"), true);
            }
            assertThat(begun.await(15, TimeUnit.SECONDS)).isTrue();
            Rig.settled(sent);

            assertThat(memory() - before).isLessThan(48L << 20);
            // And all of it comes to whoever reads.
            for (int stream = 1; stream < 200; stream += 20) {
                client.open(0, size).open(stream, size + 1);
                assertThat(client.length(stream)).isEqualTo(size);
            }
        }
    }

    @Test
    void anAnswerOfWhichAPartWasTakenIsResetToo() throws Exception {
        try (Rig impatient = Rig.with("proxy.stall-timeout=1s")) {
            impatient.hand.on("/short", (line, head) -> line.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
            try (FrameLine client = FrameLine.to(impatient.port(), FrameLine.INITIAL_WINDOW_SIZE, 1)) {
                client.request(1, "GET", impatient.hand("/short"), true);

                assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(INTERNAL_ERROR);
            }
        }
    }

    @Test
    void aStreamThatIsNotReadForTooLongIsResetAndNoOther() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        try (Rig impatient = Rig.with("proxy.stall-timeout=1s")) {
            impatient.hand.on("/unread", (line, head) -> {
                line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int n = 0; n < 20; n++) {
                    line.sendChunk("x".repeat(16_000));
                }
                line.awaitEnd();
                cancelled.complete(null);
            });
            impatient.hand.on("/ok", (line, head) -> line.send(OK));
            try (FrameLine client = FrameLine.to(impatient.port())) {
                client.request(1, "GET", impatient.hand("/unread"), true);

                assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(INTERNAL_ERROR);
                Rig.get(cancelled);
                client.open(0, 1 << 20).request(3, "GET", impatient.hand("/ok"), true);
                assertThat(client.head(3)).containsEntry(":status", "200");
                assertThat(client.body(3)).isEqualTo("ok");
            }
        }
    }

    @Test
    void aFileThatIsNotReadForTooLongIsResetToo() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        try (Rig impatient = Rig.with("proxy.stall-timeout=1s")) {
            impatient.hand.on("/file", (line, head) -> {
                line.send("HTTP/1.1 200 OK\r\nContent-Length: " + (4 << 20) + "\r\n\r\n");
                try {
                    line.send(new byte[4 << 20]);
                    line.awaitEnd();
                } catch (IOException reset) {
                    // There is more than the sockets between hold.
                }
                cancelled.complete(null);
            });
            try (FrameLine client = FrameLine.to(impatient.port(), FrameLine.INITIAL_WINDOW_SIZE, 0)) {
                client.request(1, "GET", impatient.hand("/file"), true);
                assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(INTERNAL_ERROR);
                Rig.get(cancelled);
            }
        }
    }

    @Test
    void whatTheGatewayItselfAnswersMayNotBeLeftUnreadEither() throws Exception {
        try (Rig impatient = Rig.with("proxy.stall-timeout=1s");
                FrameLine client = FrameLine.to(impatient.port(), FrameLine.INITIAL_WINDOW_SIZE, 0)) {
            client.request(1, "GET", "/nobody/runtime/x", true).request(3, "GET", "/api/v1/sessions", true);
            assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(INTERNAL_ERROR);
            assertThat(client.until(FrameLine.RST_STREAM, 3).number()).isEqualTo(INTERNAL_ERROR);
        }
    }

    @Test
    void anAnswerThatIsSilentIsNotLeftUnread() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        try (Rig impatient = Rig.with("proxy.stall-timeout=1s")) {
            impatient.hand.on("/events", (line, head) -> {
                line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                        .sendChunk("one");
                Rig.get(go);
                line.sendChunk("two").send("0\r\n\r\n");
            });
            try (FrameLine client = FrameLine.to(impatient.port(), FrameLine.INITIAL_WINDOW_SIZE, 8)) {
                client.request(1, "GET", impatient.hand("/events"), true);
                client.until(FrameLine.DATA, 1);
                // Two others wait for their reader meanwhile, one behind the other.
                for (int stream = 3; stream <= 5; stream += 2) {
                    client.request(stream, "GET", "/nobody/runtime/x", true);
                    client.until(FrameLine.RST_STREAM, stream);
                }
                go.complete(null);
                assertThat(client.body(1)).isEqualTo("two");
            }
        }
    }

    /** What is in use, on the heap and beside it. */
    private static long memory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory() + PlatformDependent.usedDirectMemory();
    }

    // The connection.

    @Test
    void aHeadBehindTheEndOfARequestCancelsItAndNoOther() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/events2", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("one");
            line.awaitEnd();
            cancelled.complete(null);
        });
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/events2"), true);
            client.until(FrameLine.DATA, 1);
            client.headers(1, true, "x-more", "1");

            assertThat(client.until(FrameLine.RST_STREAM, 1).number()).isEqualTo(STREAM_CLOSED);
            Rig.get(cancelled);
            assertServed(client, 3);
        }
    }

    @Test
    void aHeadForAStreamThatIsOverEndsTheConnection() throws Exception {
        try (FrameLine client = client()) {
            assertServed(client, 1);
            client.request(1, "GET", rig.hand("/ok"), true);

            assertThat(client.until(FrameLine.GOAWAY, 0).reason()).isEqualTo(STREAM_CLOSED);
            client.awaitEnd();
        }
    }

    @Test
    void aStreamThatWasLeftOutEndsTheConnectionAndWhatIsUnderWay() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        rig.hand.on("/events3", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("one");
            line.awaitEnd();
            cancelled.complete(null);
        });
        try (FrameLine client = client()) {
            client.request(5, "GET", rig.hand("/events3"), true);
            client.until(FrameLine.DATA, 5);
            client.request(3, "GET", rig.hand("/ok"), true);

            assertThat(client.until(FrameLine.GOAWAY, 0).reason()).isEqualTo(PROTOCOL_ERROR);
            client.awaitEnd();
            Rig.get(cancelled);
        }
    }

    @Test
    void aStrayHeadThatComesWithTheFirstWordsIsSeen() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port())) {
            socket.setSoTimeout(15_000);
            FrameLine client = FrameLine.over(socket).strayFromTheFirst();

            assertThat(client.until(FrameLine.GOAWAY, 0).reason()).isEqualTo(PROTOCOL_ERROR);
            client.awaitEnd();
        }
    }

    @Test
    void trailersThatCrossedAResetAreTolerated() throws Exception {
        rig.hand.on("/unwanted2", (line, head) -> line.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"));
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/unwanted2"), false, "expect", "100-continue");
            assertThat(client.head(1)).containsEntry(":status", "403");
            client.until(FrameLine.RST_STREAM, 1);
            client.data(1, false, bytes("hello")).headers(1, true, "x-sum", "1");

            assertServed(client, 3);
        }
    }

    @Test
    void manyPiecesThatCrossAResetDoNotEndTheConnection() throws Exception {
        rig.hand.on("/unwanted4", (line, head) -> line.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"));
        try (FrameLine client = client()) {
            client.request(1, "PUT", rig.hand("/unwanted4"), false, "expect", "100-continue");
            client.until(FrameLine.RST_STREAM, 1);
            for (int i = 0; i < 5_000; i++) {
                client.data(1, false, bytes("x"));
            }

            assertServed(client, 3);
        }
    }

    @Test
    void aNodeThatLeavesSaysSoAndFinishesWhatIsUnderWay() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> leaving = new CompletableFuture<>();
        try (Rig leaver = Rig.with("shutdown.drain=20s")) {
            leaver.hand.on("/slow", (line, head) -> {
                asked.complete(null);
                Rig.get(leaving);
                line.send(OK);
            });
            try (FrameLine client = FrameLine.to(leaver.port());
                    Line silent = leaver.client()) {
                client.request(1, "GET", leaver.hand("/slow"), true);
                Rig.get(asked);

                Future<Void> stopped = leaver.gateway.gateway().stop();
                assertThat(client.until(FrameLine.GOAWAY, 0).number()).isEqualTo(1);
                leaving.complete(null);

                assertThat(client.head(1)).containsEntry(":status", "200");
                assertThat(client.until(FrameLine.DATA, 1).payload()).hasToString("ok");
                client.awaitEnd();
                silent.awaitEnd();
                await(stopped);
            }
        }
    }

    @Test
    void aNodeThatIsAboutToLeaveSendsItsClientsElsewhere() throws Exception {
        try (Rig leaver = Rig.with("shutdown.not-ready=2s", "shutdown.drain=0s")) {
            leaver.hand.on("/ok", (line, head) -> line.send(OK));
            String path = leaver.hand("/ok");
            try (FrameLine client = FrameLine.to(leaver.port())) {
                client.settled();
                Future<Void> stopped = leaver.gateway.gateway().stop();
                client.request(1, "GET", path, true);

                // Not behind the answer, when all connections are closed.
                client.until(FrameLine.GOAWAY, 0);
                assertThat(client.head(1)).containsEntry(":status", "200");
                client.awaitEnd();
                await(stopped);
            }
        }
    }

    @Test
    void whoOpensAndGivesUpStreamsWithoutEndIsCutOff() throws Exception {
        try (FrameLine client = client()) {
            IOException cut = null;
            for (int n = 0; n < 20_000 && cut == null; n++) {
                try {
                    client.request(2 * n + 1, "GET", rig.hand("/ok"), true).reset(2 * n + 1, CANCEL);
                } catch (IOException closed) {
                    cut = closed;
                }
            }
            client.awaitEnd();
        }
    }

    @Test
    void oneStreamMoreThanAllowedIsRefused() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        rig.hand.on("/wait", (line, head) -> goOn.await(20, TimeUnit.SECONDS));
        try (FrameLine client = client()) {
            for (int n = 0; n < Http2Streams.MOST_STREAMS; n++) {
                client.request(2 * n + 1, "GET", rig.hand("/wait"), true);
            }
            int more = 2 * Http2Streams.MOST_STREAMS + 1;
            client.request(more, "GET", rig.hand("/ok"), true);

            client.until(FrameLine.RST_STREAM, more);
        } finally {
            goOn.countDown();
        }
    }

    // The gateway's own API.

    @Test
    void theApiSpeaksItToo() throws Exception {
        try (FrameLine client = client()) {
            byte[] spec = new JsonObject()
                    .put("padding", "x".repeat(60_000))
                    .toBuffer()
                    .getBytes();
            client.request(
                    1, "PUT", "/api/v1/sessions/h2-1", false, "content-type", "application/json", "prefer", "wait=15");
            client.until(FrameLine.WINDOW_UPDATE, 1);
            for (int at = 0; at < spec.length; at += 16_000) {
                int end = Math.min(spec.length, at + 16_000);
                client.data(1, end == spec.length, Arrays.copyOfRange(spec, at, end));
            }
            assertThat(client.head(1).get(":status")).startsWith("4").hasSize(3);

            client.request(3, "GET", "/health", true);
            assertThat(client.head(3)).containsEntry(":status", "200");
            client.request(5, "POST", "/health", false).data(5, false, new byte[10]);
            assertThat(client.head(5)).containsEntry(":status", "405");
            assertServed(client, 7);
        }
    }
}
