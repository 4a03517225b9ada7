package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import dev.reveille.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that do not send what they have begun. The times are short, and nothing is said of how long anything takes. */
class SlowSendersTest {
    private static final String ACTION = TestGateway.action("echo slow").encode();

    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with("http.head-timeout=1s", "http.idle-timeout=1s", "http.body-timeout=1s", "http.max-head=1MiB");
        rig.hand("");
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        assertThat(rig.complaints()).isEmpty();
    }

    /** However much of an answer the kernel takes, the rest of one of these is at its end in the gateway. */
    @Test
    void theEndOfAnAnswerWaitsForAReaderLongerThanForARequest() throws Exception {
        int step = 128 << 10;
        rig.hand.on("/long", (line, head) -> {
            int length = Integer.parseInt(head.target().split("=", 2)[1]);
            line.send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n")
                    .send(new byte[length]);
        });
        List<Line> readers = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            Line reader = Line.narrowTo(rig.port());
            reader.send("GET " + rig.hand("/long") + "?length=" + i * step + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            readers.add(reader);
        }
        for (Line reader : readers) {
            assertThat(reader.head().status()).isEqualTo(200);
        }
        TestGateway.await(rig.vertx.timer(2500));
        for (int i = 1; i <= 40; i++) {
            try (Line reader = readers.get(i - 1)) {
                reader.skip((long) i * step);
            }
        }
    }

    @Test
    void aThousandThatNeverSayAnythingAreGone() throws IOException {
        List<Line> silent = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            silent.add(rig.client());
        }
        for (Line client : silent) {
            assertThat(client.rest()).isEmpty();
            client.close();
        }
    }

    @Test
    void halfAHeadIsAnsweredAndTheConnectionEnds() throws IOException {
        List<Line> slow = new ArrayList<>();
        for (String half : List.of("G", "\r\n", "GET / HT", "GET /x HTTP/1.1\r\n", "GET /x HTTP/1.1\r\nHost: gw\r\n")) {
            Line client = rig.client();
            client.send(half);
            slow.add(client);
        }
        for (Line client : slow) {
            isTooSlow(client);
            client.close();
        }
    }

    @Test
    void aHeadThatNeverEndsIsCutOffHoweverMuchOfItComes() throws IOException {
        try (Line client = rig.client()) {
            client.send("GET /x HTTP/1.1\r\nX: ");
            while (!client.hasMore()) {
                client.send("x");
            }
            isTooSlow(client);
        }
    }

    @Test
    void theSecondHeadHasAsLongAsTheFirst() throws IOException {
        rig.hand.on("/fine", (line, head) -> line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/fine") + " HTTP/1.1\r\nHost: gw\r\n\r\nGET /x");
            assertThat(client.head().status()).isEqualTo(200);
            isTooSlow(client);
        }
    }

    @Test
    void whoAsksNoMoreIsClosedWithoutAWord() throws IOException {
        rig.hand.on("/fine", (line, head) -> line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        try (Line client = rig.client()) {
            for (int i = 0; i < 3; i++) {
                client.send("GET " + rig.hand("/fine") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
                assertThat(client.head().status()).isEqualTo(200);
            }
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void aBodyOfWhichNothingComesIsAnsweredAndBreaksOffAtTheSandbox() throws Exception {
        for (String framing :
                List.of("Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")) {
            CompletableFuture<String> got = new CompletableFuture<>();
            rig.hand.on("/upload", (line, head) -> got.complete(brokenOff(line, head)));
            try (Line client = rig.client()) {
                client.send("POST " + rig.hand("/upload") + " HTTP/1.1\r\nHost: gw\r\n" + framing);
                isTooSlow(client);
            }
            assertThat(Rig.get(got)).isEqualTo("broken off");
        }
    }

    @Test
    void aBodyForTheApiOfWhichNothingComesIsAnsweredToo() throws IOException {
        try (Line client = rig.client()) {
            client.send("PUT /api/v1/sessions/s-slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{");
            isTooSlow(client);
        }
    }

    @Test
    void whoHasAPartOfTheAnswerIsReset() throws Exception {
        CompletableFuture<String> got = new CompletableFuture<>();
        rig.hand.on("/early", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("first");
            got.complete(brokenOff(line, head));
        });
        try (Line client = rig.client()) {
            client.send("POST " + rig.hand("/early") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 10\r\n\r\nabc");
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.chunk()).isEqualTo("first");
            client.awaitReset();
        }
        assertThat(Rig.get(got)).isEqualTo("broken off");
    }

    @Test
    void aHeldRequestIsNotWaitedFor() throws Exception {
        String session = rig.paused();
        rig.upstream.session(session).asUsual().hangs();
        try (Line client = rig.client()) {
            client.send("POST " + rig.path(session, "/execute_action")
                    + " HTTP/1.1\r\nHost: gw\r\nContent-Length: " + ACTION.length() + "\r\n\r\n"
                    + ACTION.substring(0, 10));
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            rig.upstream.session(session).asUsual();
            client.send(ACTION.substring(10));
            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    @Test
    void whileTheSandboxDoesNotReadTheClientIsNotWaitedFor() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        int size = 32 << 20;
        rig.hand.on("/later", (line, head) -> {
            Rig.get(go);
            line.skip(size);
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        try (Line client = rig.client()) {
            client.send("POST " + rig.hand("/later") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: " + size + "\r\n\r\n");
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                try {
                    client.send(new byte[size]);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            assertThat(sent).isNotDone();
            go.complete(null);
            assertThat(client.head().status()).isEqualTo(200);
            Rig.get(sent);
        }
    }

    @Test
    void aClientThatWasNotToldToGoOnIsNotWaitedFor() throws Exception {
        String session = rig.paused();
        rig.upstream.session(session).asUsual().hangs();
        try (Line client = rig.client()) {
            client.send("POST " + rig.path(session, "/execute_action")
                    + " HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\nContent-Length: " + ACTION.length()
                    + "\r\n\r\n");
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            rig.upstream.session(session).asUsual();
            assertThat(client.head().status()).isEqualTo(100);
            client.send(ACTION);
            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    /** The sandbox is awake, and has other things to do. After a second it would take what comes untold. */
    @Test
    void norIsOneWhoseSandboxTakesItsTimeToSayGoOn() throws Exception {
        CompletableFuture<Void> ready = new CompletableFuture<>();
        rig.hand.on("/busy", (line, head) -> {
            ready.get();
            line.send("HTTP/1.1 100 Continue\r\n\r\n");
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + line.body(head));
        });
        try (Line client = rig.client()) {
            client.send("POST " + rig.hand("/busy")
                    + " HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            ready.complete(null);
            assertThat(client.head().status()).isEqualTo(100);
            client.send("hello");
            assertThat(client.body(client.head())).isEqualTo("hello");
        }
    }

    @Test
    void whoWasToldToGoOnHasAsLongAsAnybodyFromThenOn() throws Exception {
        rig.hand.on("/told", (line, head) -> {
            line.send("HTTP/1.1 100 Continue\r\n\r\n");
            line.body(head);
        });
        try (Line client = rig.client()) {
            client.send("POST " + rig.hand("/told")
                    + " HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(100);
            assertThat(client.head().status()).isEqualTo(408);
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
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/events") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            client.head();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            go.complete(null);
            assertThat(client.chunk()).isEqualTo("data: 2\n\n");
            assertThat(client.chunk()).isEmpty();
        }
    }

    @Test
    void aTunnelMayBeSilent() throws Exception {
        rig.hand.on("/tunnel", (line, head) -> {
            line.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            line.send(line.read(4));
            line.awaitEnd();
        });
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/tunnel")
                    + " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(101);
            aBodyTimeoutPasses();
            aBodyTimeoutPasses();
            client.send("ping");
            assertThat(client.read(4)).isEqualTo("ping");
        }
    }

    @Test
    void aClientThatStillSendsCanReadWhyNobodyListens() throws Exception {
        try (Line client = rig.client()) {
            client.send("POST /x HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
            client.send(new byte[1_000_000]);
            assertThat(client.head().status()).isEqualTo(400);
        }
    }

    /** Another client is too slow, from its begin to its end. */
    private static void aBodyTimeoutPasses() throws IOException {
        try (Line client = rig.client()) {
            client.send("PUT /api/v1/sessions/s-clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{");
            assertThat(client.head().status()).isEqualTo(408);
        }
    }

    private static void isTooSlow(Line client) throws IOException {
        Line.Head head = client.head();
        assertThat(head.status()).isEqualTo(408);
        assertThat(head.field("Connection")).isEqualTo("close");
        assertThat(new JsonObject(client.body(head)).getString("code")).isEqualTo("too_slow");
        assertThat(client.rest()).isEmpty();
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
