package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FrameLine;
import dev.reveille.testing.Line;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients and sandboxes that keep to HTTP in their own way. */
class OddPartnersTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String EMPTY = "Content-Length: 0\r\n\r\n";

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

    @Test
    void anInterimAnswerIsNeitherTheAnswerNorThatToTheNext() throws Exception {
        rig.hand.on("/processing", (line, head) -> {
            line.send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n");
            line.send("HTTP/1.1 199 Whatever\r\nX-Odd: 1\r\n\r\n");
            line.send(OK + "X-For: processing\r\nContent-Length: 2\r\n\r\nok");
        });
        rig.hand.on("/other", (line, head) -> line.send(OK + "X-For: other\r\n" + EMPTY));

        try (Line client = request("POST", "/processing", EMPTY)) {
            Line.Head answer = client.head();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.field("X-For")).isEqualTo("processing");
            assertThat(client.body(answer)).isEqualTo("ok");
            client.send("GET " + rig.hand("/other") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            assertThat(client.head().field("X-For")).isEqualTo("other");
        }
    }

    @Test
    void anotherProtocolThatNobodyAskedForIsNoAnswer() throws Exception {
        rig.hand.on("/switched", (line, head) -> {
            line.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
            line.awaitEnd();
        });

        try (Line client = request("POST", "/switched", EMPTY)) {
            assertThat(client.head().status()).isEqualTo(502);
        }
    }

    private static void hints(String path) {
        rig.hand.on(path, (line, head) -> {
            line.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n");
            line.send("Connection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\n");
            line.send(OK + "Content-Length: 2\r\n\r\nok");
        });
    }

    @Test
    void earlyHintsGoThrough() throws Exception {
        hints("/hints");

        try (Line client = request("GET", "/hints", "\r\n")) {
            Line.Head hints = client.head();
            assertThat(hints.status()).isEqualTo(103);
            assertThat(hints.fields().keySet()).containsExactly("Link");
            Line.Head answer = client.head();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(client.body(answer)).isEqualTo("ok");
        }
    }

    @Test
    void earlyHintsGoThroughToHttp2() throws Exception {
        hints("/hints2");

        try (FrameLine client = FrameLine.to(rig.port())) {
            client.request(1, "GET", rig.hand("/hints2"), true);
            assertThat(client.head(1)).containsEntry(":status", "103").containsEntry("link", "</a.css>; rel=preload");
            assertThat(client.head(1)).containsEntry(":status", "200");
            assertThat(client.body(1)).isEqualTo("ok");
        }
    }

    @Test
    void noMoreHintsGoThroughThanAnybodyNeeds() throws Exception {
        String hint = "HTTP/1.1 103 Early Hints\r\nLink: </" + "a".repeat(1000) + ">\r\n\r\n";
        rig.hand.on("/hints3", (line, head) -> {
            for (int i = 0; i < 500; i++) {
                line.send(hint);
            }
            line.send(OK + "Content-Length: 2\r\n\r\nok");
        });

        try (Line client = request("GET", "/hints3", "\r\n")) {
            int hints = 0;
            Line.Head head = client.head();
            for (; head.status() == 103; head = client.head()) {
                hints++;
            }
            assertThat(head.status()).isEqualTo(200);
            assertThat(client.body(head)).isEqualTo("ok");
            assertThat(hints).isBetween(1, 20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET 304 Not Modified", "GET 204 No Content", "HEAD 200 OK"})
    void anAnswerWithoutABodyLeavesItsConnectionForTheNext(String what) throws Exception {
        String[] words = what.split(" ", 2);
        Set<Line> connections = ConcurrentHashMap.newKeySet();
        rig.hand.on("/bodiless", (line, head) -> {
            connections.add(line);
            line.send("HTTP/1.1 " + words[1] + "\r\n\r\n");
        });

        try (Line client = rig.client()) {
            for (int i = 0; i < 10; i++) {
                client.send(words[0] + " " + rig.hand("/bodiless") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
                assertThat(client.head().status()).isEqualTo(Integer.parseInt(words[1].substring(0, 3)));
            }
        }

        assertThat(connections).hasSize(1);
    }

    @Test
    void whatIsToldInChunksHasNoLengthBeside() throws Exception {
        rig.hand.on("/both", (line, head) -> {
            line.send("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n");
            line.send("2\r\nhe\r\n3\r\nllo\r\n");
            line.sendChunk("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\npwn");
            line.send("0\r\n\r\n");
            line.close();
        });

        try (Line client = request("GET", "/both", "\r\n")) {
            Line.Head answer = client.head();
            assertThat(answer.fields()).doesNotContainKey("Content-Length").containsKey("Transfer-Encoding");
            assertThat(client.body(answer)).startsWith("hello").endsWith("pwn");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: gzip"
            })
    void anAnswerInACodingThatNobodyHereUndoesIsNone(String coding) throws Exception {
        rig.hand.on("/coded", (line, head) -> {
            line.send(OK + "Content-Type: text/plain\r\n" + coding + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            line.close();
        });

        try (Line client = request("GET", "/coded", "\r\n")) {
            assertThat(client.head().status()).isEqualTo(502);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chunked",
                "Chunked",
                "identity, chunked",
                "chunked,",
                "chunked\r\nTransfer-Encoding: chunked",
                "chunked\r\nTransfer-Encoding: Chunked"
            })
    void oneInChunksIsOne(String coding) throws Exception {
        rig.hand.on(
                "/chunked",
                (line, head) -> line.send(OK + "Transfer-Encoding: " + coding + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));

        try (Line client = request("GET", "/chunked", "\r\n")) {
            assertThat(client.body(client.head())).isEqualTo("hello");
        }
    }

    @Test
    void aClientOfTheOldProtocolGetsNoEarlyHints() throws Exception {
        hints("/hints0");

        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/hints0") + " HTTP/1.0\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    @Test
    void aSandboxOfTheOldProtocolServesEachRequestOnAConnectionOfItsOwn() throws Exception {
        rig.hand.on("/old", (line, head) -> {
            line.send("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold");
            line.close();
        });

        try (Line client = rig.client()) {
            for (int i = 0; i < 5; i++) {
                client.send("POST " + rig.hand("/old") + " HTTP/1.1\r\nHost: gw\r\n" + EMPTY);
                Line.Head answer = client.head();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(client.body(answer)).isEqualTo("old");
            }
        }
    }

    @Test
    void aClientOfTheOldProtocolIsNeverToldToGoOn() throws Exception {
        rig.hand.on("/expected", (line, head) -> {
            String expected = "X-Expect: " + head.field("Expect") + "\r\n";
            line.send("HTTP/1.1 100 Continue\r\n\r\n");
            line.send(OK + expected + "Content-Length: 3\r\n\r\n" + line.body(head));
        });

        try (Line client = rig.client()) {
            client.send(
                    "POST " + rig.hand("/expected") + " HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
            client.send("old");
            Line.Head answer = client.head();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.field("X-Expect")).isEqualTo("null");
            assertThat(client.body(answer)).isEqualTo("old");
        }
    }

    @Test
    void norIsItByTheApi() throws Exception {
        try (Line client = rig.client()) {
            client.send(
                    "PUT /api/v1/sessions/old HTTP/1.0\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
            Line.Head answer = client.head();
            assertThat(answer.status()).as(client.body(answer)).isBetween(200, 299);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"close, x", "x , Close", "x\r\nConnection: close"})
    void aSandboxThatClosesAmongOtherThingsGetsNoOtherRequestOnThatConnection(String connection) throws Exception {
        Set<Integer> lines = ConcurrentHashMap.newKeySet();
        rig.hand.on("/closing", (line, head) -> {
            lines.add(System.identityHashCode(line));
            line.send(OK + "Connection: " + connection + "\r\n" + EMPTY);
            line.awaitEnd();
        });

        try (Line client = rig.client()) {
            for (int i = 0; i < 2; i++) {
                client.send("POST " + rig.hand("/closing") + " HTTP/1.1\r\nHost: gw\r\n" + EMPTY);
                assertThat(client.head().status()).isEqualTo(200);
            }
        }
        assertThat(lines).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"close, x", "x , Close", "x\r\nconnection: keep-alive, close"})
    void aClientThatWantsToCloseAmongOtherThingsIsClosed(String connection) throws Exception {
        rig.hand.on("/last", (line, head) -> line.send(OK + "X-Got: " + head.field("x") + "\r\n" + EMPTY));

        try (Line client = request("GET", "/last", "Connection: " + connection + "\r\nX: 1\r\n\r\n")) {
            Line.Head answer = client.head();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.field("Connection")).isEqualTo("close");
            assertThat(answer.field("X-Got")).isEqualTo("null");
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void aClientThatClosesBehindItsRequestIsAnsweredThoughNobodyReadsItsBody() throws Exception {
        int length = 20 << 20;
        try (Line client = rig.client()) {
            client.send("POST /rt-nobody-knows/runtime/x HTTP/1.1\r\nHost: gw\r\nConnection: close\r\nContent-Length: "
                    + length + "\r\n\r\n");
            client.send(new byte[length]);
            assertThat(client.head().status()).isEqualTo(404);
        }
    }

    @Test
    void aClientThatSpeaksTheNewProtocolTooEarlyIsRefused() throws Exception {
        CompletableFuture<Void> said = new CompletableFuture<>();
        rig.hand.on("/early", (line, head) -> {
            Rig.get(said);
            line.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        });

        try (Line client = request("GET", "/early", "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nabc")) {
            said.complete(null);
            assertThat(client.head().status()).isEqualTo(400);
        }
    }

    private static Line request(String method, String path, String rest) throws IOException {
        String target = rig.hand(path);
        return rig.client().send(method + " " + target + " HTTP/1.1\r\nHost: gw\r\n" + rest);
    }
}
