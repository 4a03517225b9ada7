package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ActivityTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private final CompletableFuture<Void> answer = new CompletableFuture<>();
    private Rig rig;

    @BeforeEach
    void start() {
        rig = Rig.with("proxy.intents.0.match.path=/ignored", "proxy.intents.0.intent=ignores");
        rig.hand("");
    }

    @AfterEach
    void stop() throws IOException {
        answer.complete(null);
        rig.close();
    }

    /** As the owner of the session is told; null: nothing. */
    private JsonObject told() {
        return rig.gateway.get("s-hand").bodyAsJsonObject().getJsonObject("activity");
    }

    private int inFlight() {
        return told() == null ? 0 : told().getInteger("in_flight");
    }

    private int listening() {
        return told() == null ? 0 : told().getInteger("listening");
    }

    private String request(String method, String path, String fields, int length) {
        return method + " " + rig.hand(path) + " HTTP/1.1\r\nHost: gw\r\n" + fields
                + (length < 0 ? "" : "Content-Length: " + length + "\r\n") + "\r\n";
    }

    @Test
    void aRequestCountsFromItsArrivalToItsEndWithTheBytesOfItsBody() throws IOException {
        rig.hand.on("/work", (line, head) -> {
            line.skip(5);
            Rig.get(answer);
            line.send(OK);
        });

        try (Line client = rig.client()) {
            client.send(request("POST", "/work", "", 5)).send("12345");
            Rig.eventually("it is under way", () -> inFlight() == 1);
            assertThat(rig.metric("reveille_requests_in_flight")).isEqualTo(1);
            answer.complete(null);
            client.head();
        }

        Rig.eventually("it has ended", () -> inFlight() == 0);
        assertThat(told().getLong("client_bytes")).isEqualTo(5);
        assertThat(told().getString("node")).isNotEmpty();
        assertThat(Instant.parse(told().getString("last_activity_at")))
                .isAfter(Instant.now().minusSeconds(60));
        assertThat(rig.metric("reveille_client_bytes_total")).isEqualTo(5);
    }

    @Test
    void probesAndPreflightsDoNotCount() throws IOException {
        rig.hand.on("/x", (line, head) -> line.send(OK));

        try (Line client = rig.client()) {
            client.send(request("GET", "/alive", "", -1)).head();
            client.send(request("OPTIONS", "/x", "Access-Control-Request-Method: POST\r\n", -1))
                    .head();
        }

        assertThat(told()).isNull();
    }

    @Test
    void ofAWebsocketWhatTheClientSaysCountsAndPingsDoNot() throws IOException {
        rig.hand.on("/ws", (line, head) -> {
            line.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            line.skip(2 * (6 + 100) + 6);
            line.send("all");
            line.awaitEnd();
        });

        try (Line client = rig.client()) {
            client.send(request("GET", "/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n", -1));
            assertThat(client.head().status()).isEqualTo(101);
            Rig.eventually("it listens", () -> listening() == 1);
            assertThat(inFlight()).isZero();
            assertThat(told().containsKey("last_activity_at")).isFalse();
            client.send(frame(9, 0)).send(frame(10, 100));
            client.send(frame(2, 100));
            assertThat(client.read(3)).isEqualTo("all");
            assertThat(told().getLong("client_frames")).isEqualTo(1);
            assertThat(told().getLong("client_bytes")).isEqualTo(100);
            assertThat(told().containsKey("last_activity_at")).isTrue();
        }

        Rig.eventually("it has left", () -> listening() == 0);
        assertThat(rig.metric("reveille_listeners")).isZero();
    }

    @Test
    void ofAWebsocketThatARuleIgnoresNothingCounts() throws IOException {
        rig.hand.on("/ignored", (line, head) -> {
            line.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            line.skip(6 + 100);
            line.send("all");
            line.awaitEnd();
        });

        try (Line client = rig.client()) {
            client.send(request("GET", "/ignored", "Connection: Upgrade\r\nUpgrade: websocket\r\n", -1));
            assertThat(client.head().status()).isEqualTo(101);
            client.send(frame(2, 100));
            assertThat(client.read(3)).isEqualTo("all");
        }

        assertThat(told()).isNull();
        assertThat(rig.metric("reveille_client_bytes_total")).isZero();
    }

    @Test
    void whoeverReadsAnEventStreamOnlyListens() throws IOException {
        rig.hand.on("/events", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: x\n\n");
            line.awaitEnd();
        });

        try (Line client = rig.client()) {
            client.send(request("GET", "/events", "Accept: text/event-stream\r\n", -1));
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(listening()).isEqualTo(1);
            assertThat(inFlight()).isZero();
            assertThat(told().containsKey("last_activity_at")).isFalse();
        }

        Rig.eventually("it has left", () -> listening() == 0);
    }

    @Test
    void aPostThatAnswersWithEventsIsAtWork() throws IOException {
        rig.hand.on("/events", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n");
            line.awaitEnd();
        });

        try (Line client = rig.client()) {
            client.send(request("POST", "/events", "", 0));
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(inFlight()).isEqualTo(1);
            assertThat(listening()).isZero();
        }

        Rig.eventually("it has left", () -> inFlight() == 0);
    }

    @Test
    void whoeverComesToNothingIsCountedOutAgain() throws IOException {
        rig.hand.on("/reset", (line, head) -> line.reset());
        rig.hand.on("/no", (line, head) -> line.send("HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n"));
        rig.hand.on("/hangs", (line, head) -> line.awaitEnd());

        try (Line client = rig.client();
                Line leaving = rig.client()) {
            client.send(request("POST", "/reset", "", 0)).head();
            leaving.send(request("POST", "/hangs", "", 0));
            Rig.eventually("it is there", () -> rig.hand.calls("/hangs") == 1);
            leaving.reset();
        }
        try (Line client = rig.client()) {
            client.send(request("GET", "/no", "Connection: Upgrade\r\nUpgrade: websocket\r\n", -1));
            assertThat(client.head().status()).isEqualTo(403);
        }

        Rig.eventually("none is left", () -> inFlight() == 0 && listening() == 0);
    }

    @Test
    void whoeverMayNotWakeASandboxThatSleepsDoesNotCount() throws IOException {
        String session = rig.paused();
        JsonObject before = rig.gateway.get(session).bodyAsJsonObject().getJsonObject("activity");

        for (String fields : List.of("X-Reveille-Wake: no\r\n", "Sec-Fetch-Mode: cors\r\n")) {
            try (Line client = rig.client()) {
                client.send("GET " + rig.path(session, "/poll") + " HTTP/1.1\r\nHost: gw\r\n" + fields + "\r\n");
                assertThat(client.head().status()).as(fields).isEqualTo(503);
            }
        }

        assertThat(rig.gateway.get(session).bodyAsJsonObject().getJsonObject("activity"))
                .isEqualTo(before);
    }

    @Test
    void ofASandboxThatIsGoneNothingIsKept() throws IOException {
        String session = rig.running();
        rig.gateway
                .act(rig.runtime(session), "x")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        assertThat(rig.gateway.get(session).bodyAsJsonObject().containsKey("activity"))
                .isTrue();

        rig.gateway.close(session);

        assertThat(rig.metric("reveille_requests_in_flight")).isZero();
    }

    /** Masked, as a client's. */
    private static byte[] frame(int opcode, int length) {
        return Buffer.buffer()
                .appendByte((byte) (0x80 | opcode))
                .appendByte((byte) (0x80 | length))
                .appendInt(0)
                .appendBytes(new byte[length])
                .getBytes();
    }
}
