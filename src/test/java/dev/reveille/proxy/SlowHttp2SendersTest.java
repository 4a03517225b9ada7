package dev.reveille.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FrameLine;
import dev.reveille.testing.Line;
import dev.reveille.testing.TestGateway;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Clients of HTTP/2 that do not send what they have begun. The times are short, and nothing is said of how long anything
 * takes.
 */
class SlowHttp2SendersTest {
    private static final byte[] SETTINGS = FrameLine.frame(FrameLine.SETTINGS, 0, 0);
    private static final String ACTION = TestGateway.action("echo slow").encode();
    private static final String NOTHING = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with("http.head-timeout=1s", "http.idle-timeout=1s", "http.body-timeout=1s");
        rig.hand.on("/ok", (line, head) -> {
            line.body(head);
            line.send(NOTHING);
        });
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        assertThat(rig.complaints()).isEmpty();
    }

    private static FrameLine client() {
        return FrameLine.to(rig.port());
    }

    private static FrameLine saying(byte[]... bytes) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port());
        socket.setSoTimeout(15_000);
        FrameLine line = FrameLine.over(socket);
        line.raw(FrameLine.PREFACE.getBytes(ISO_8859_1));
        for (byte[] some : bytes) {
            line.raw(some);
        }
        return line;
    }

    private static void isEnded(FrameLine client, Http2Error error) throws IOException {
        assertThat(client.until(FrameLine.GOAWAY, 0).reason()).isEqualTo((int) error.code());
        client.awaitEnd();
    }

    // The connection.

    @Test
    void whoAsksNothingIsSentAway() throws IOException {
        try (FrameLine client = client()) {
            isEnded(client, Http2Error.NO_ERROR);
        }
    }

    @Test
    void whoAsksNoMoreIsSentAway() throws IOException {
        try (FrameLine client = client()) {
            for (int stream = 1; stream <= 5; stream += 2) {
                client.request(stream, "GET", rig.hand("/ok"), true);
                assertThat(client.head(stream)).containsEntry(":status", "200");
            }
            FrameLine.Frame bye = client.until(FrameLine.GOAWAY, 0);
            assertThat(bye.number()).isEqualTo(5);
            assertThat(bye.reason()).isZero();
            client.awaitEnd();
        }
    }

    @Test
    void whoOnlyPingsIsSentAwayToo() throws IOException {
        try (FrameLine client = client()) {
            FrameLine.Frame frame;
            do {
                client.send(FrameLine.PING, 0, 0, new byte[8]);
                frame = client.next();
            } while (frame.type() == FrameLine.PING);
            assertThat(frame.type()).isEqualTo(FrameLine.GOAWAY);
        }
    }

    @Test
    void withoutSettingsTheConnectionEnds() throws IOException {
        try (FrameLine nothing = saying();
                FrameLine half = saying(Arrays.copyOf(SETTINGS, 5));
                FrameLine unconfirmed = saying(SETTINGS)) {
            isEnded(nothing, Http2Error.NO_ERROR);
            isEnded(half, Http2Error.NO_ERROR);
            isEnded(unconfirmed, Http2Error.SETTINGS_TIMEOUT);
        }
    }

    @Test
    void aHeadThatIsNotWholeEndsTheConnection() throws IOException {
        byte[] get = {(byte) 0x82, (byte) 0x86, (byte) 0x84};
        byte[] whole = FrameLine.frame(FrameLine.HEADERS, FrameLine.END_HEADERS, 1, get);
        try (FrameLine withoutAnEnd = client();
                FrameLine half = client()) {
            withoutAnEnd.send(FrameLine.HEADERS, FrameLine.END_STREAM, 1, get);
            half.raw(Arrays.copyOf(whole, whole.length - 1));
            isEnded(withoutAnEnd, Http2Error.ENHANCE_YOUR_CALM);
            isEnded(half, Http2Error.ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void aStreamThatIsSilentIsNeitherIdleNorSlow() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        rig.hand.on("/events", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .sendChunk("data: 1\n\n");
            Rig.get(go);
            line.sendChunk("data: 2\n\n").send("0\r\n\r\n");
        });
        try (FrameLine client = client()) {
            client.request(1, "GET", rig.hand("/events"), true);
            client.until(FrameLine.DATA, 1);
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            go.complete(null);
            assertThat(client.body(1)).isEqualTo("data: 2\n\n");
        }
    }

    // Bodies.

    @Test
    void aBodyOfWhichNothingComesIsAnsweredAndBreaksOffAtTheSandbox() throws Exception {
        double left = rig.requests("client_left");
        for (byte[] sent : new byte[][] {{}, {'a', 'b'}}) {
            CompletableFuture<String> got = new CompletableFuture<>();
            rig.hand.on("/upload", (line, head) -> got.complete(brokenOff(line, head)));
            try (FrameLine client = client()) {
                client.request(1, "POST", rig.hand("/upload"), false);
                if (sent.length > 0) {
                    client.data(1, false, sent);
                }
                isTooSlow(client, 1);
                client.request(3, "GET", rig.hand("/ok"), true);
                assertThat(client.head(3)).containsEntry(":status", "200");
            }
            assertThat(Rig.get(got)).isEqualTo("broken off");
        }
        // So nobody blames the sandbox.
        assertThat(rig.requests("client_left")).isEqualTo(left + 2);
    }

    @Test
    void aBodyForTheApiOfWhichNothingComesIsAnsweredToo() throws IOException {
        try (FrameLine client = client()) {
            client.headers(
                    1,
                    false,
                    ":method",
                    "PUT",
                    ":scheme",
                    "http",
                    ":path",
                    "/api/v1/sessions/s-slow2",
                    ":authority",
                    "127.0.0.1",
                    "content-type",
                    "application/json");
            client.data(1, false, new byte[] {'{'});
            isTooSlow(client, 1);
        }
    }

    @Test
    void whoHasAPartOfTheAnswerIsReset() throws Exception {
        CompletableFuture<String> got = new CompletableFuture<>();
        rig.hand.on("/early", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("first");
            got.complete(brokenOff(line, head));
        });
        try (FrameLine client = client()) {
            client.request(1, "POST", rig.hand("/early"), false).data(1, false, new byte[3]);
            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(client.until(FrameLine.RST_STREAM, 1).number())
                    .isEqualTo((int) Http2Error.INTERNAL_ERROR.code());
        }
        assertThat(Rig.get(got)).isEqualTo("broken off");
    }

    @Test
    void aHeldRequestIsNotWaitedFor() throws Exception {
        String session = rig.paused();
        rig.upstream.session(session).asUsual().hangs();
        try (FrameLine client = client()) {
            byte[] action = ACTION.getBytes(ISO_8859_1);
            client.request(1, "POST", rig.path(session, "/execute_action"), false, "content-length", "" + action.length)
                    .data(1, false, Arrays.copyOf(action, 10));
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            rig.upstream.session(session).asUsual();
            client.data(1, true, Arrays.copyOfRange(action, 10, action.length));
            assertThat(client.head(1)).containsEntry(":status", "200");
        }
    }

    @Test
    void whileTheSandboxDoesNotReadTheClientIsNotWaitedFor() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        int size = 24 << 20;
        rig.hand.on("/later", (line, head) -> {
            Rig.get(go);
            line.skip(size);
            line.send(NOTHING);
        });
        try (FrameLine client = client()) {
            client.request(1, "POST", rig.hand("/later"), false, "content-length", "" + size);
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                try {
                    Http2Test.upload(client, 1, size);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            assertThat(sent).isNotDone();
            go.complete(null);
            Rig.get(sent);
            assertThat(client.head(1)).containsEntry(":status", "200");
        }
    }

    @Test
    void aClientThatWasNotToldToGoOnIsNotWaitedFor() throws Exception {
        String session = rig.paused();
        rig.upstream.session(session).asUsual().hangs();
        try (FrameLine client = client()) {
            byte[] action = ACTION.getBytes(ISO_8859_1);
            client.request(1, "POST", rig.path(session, "/execute_action"), false, "expect", "100-continue");
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            rig.upstream.session(session).asUsual();
            assertThat(client.head(1)).containsEntry(":status", "100");
            client.data(1, true, action);
            assertThat(client.head(1)).containsEntry(":status", "200");
        }
    }

    @Test
    void norIsOneWhoseSandboxTakesItsTimeToSayGoOn() throws Exception {
        CompletableFuture<Void> ready = new CompletableFuture<>();
        rig.hand.on("/busy", (line, head) -> {
            ready.get();
            line.send("HTTP/1.1 100 Continue\r\n\r\n");
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + line.body(head));
        });
        try (FrameLine client = client()) {
            client.request(1, "POST", rig.hand("/busy"), false, "expect", "100-continue", "content-length", "5");
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            ready.complete(null);
            assertThat(client.head(1)).containsEntry(":status", "100");
            client.data(1, true, "hello".getBytes(ISO_8859_1));
            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(client.body(1)).isEqualTo("hello");
        }
    }

    @Test
    void aBodyWaitsForAnotherThatGoesFirst() throws Exception {
        try (FrameLine client = client()) {
            client.request(1, "POST", rig.hand("/ok"), false).request(3, "POST", rig.hand("/ok"), false);
            for (int n = 0; n < 3; n++) {
                CompletableFuture<Void> passes = CompletableFuture.runAsync(() -> {
                    try {
                        aBodyTimeoutPasses();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                while (!passes.isDone()) {
                    assertThat(drips(client, 1).type()).isEqualTo(FrameLine.PING);
                }
                Rig.get(passes);
            }
            client.data(1, true, new byte[1]);
            assertThat(client.head(1)).containsEntry(":status", "200");
            client.data(3, true, new byte[1]);
            assertThat(client.head(3)).containsEntry(":status", "200");
        }
    }

    @Test
    void oneThatDripsKeepsNoOtherForEver() throws Exception {
        try (Rig impatient = Rig.with("http.body-timeout=100ms");
                FrameLine client = FrameLine.to(impatient.port())) {
            impatient.hand.on("/ok", (line, head) -> {
                brokenOff(line, head);
                line.send(NOTHING);
            });
            client.request(1, "POST", impatient.hand("/ok"), false).request(3, "POST", impatient.hand("/ok"), false);
            FrameLine.Frame first = drips(client, 1);
            while (first.type() == FrameLine.PING) {
                first = drips(client, 1);
            }

            assertThat(first.stream()).isEqualTo(3);
            assertThat(client.fields(first)).containsEntry(":status", "408");
            client.data(1, true, new byte[1]);
            assertThat(client.head(1)).containsEntry(":status", "200");
        }
    }

    /** One byte more of {@code stream}. @return what comes then; a ping as long as nothing was answered */
    private static FrameLine.Frame drips(FrameLine client, int stream) throws IOException {
        client.data(stream, false, new byte[1]).send(FrameLine.PING, 0, 0, new byte[8]);
        FrameLine.Frame frame;
        do {
            frame = client.next();
        } while (frame.type() == FrameLine.WINDOW_UPDATE);
        return frame;
    }

    /** Another client is too slow, from its begin to its end. */
    private static void aBodyTimeoutPasses() throws IOException {
        try (Line client = rig.client()) {
            client.send("PUT /api/v1/sessions/s-clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{");
            assertThat(client.head().status()).isEqualTo(408);
        }
    }

    private static void isTooSlow(FrameLine client, int stream) throws IOException {
        Map<String, String> head = client.head(stream);
        assertThat(head).containsEntry(":status", "408").doesNotContainKey("connection");
        assertThat(new JsonObject(client.body(stream)).getString("code")).isEqualTo("too_slow");
        assertThat(client.until(FrameLine.RST_STREAM, stream).number()).isZero();
    }

    /** What a sandbox sees of a body that does not come to its end. */
    private static String brokenOff(Line line, Line.Head head) throws IOException {
        try {
            return line.body(head);
        } catch (EOFException early) {
            return "broken off";
        }
    }
}
