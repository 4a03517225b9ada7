package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FrameLine;
import dev.reveille.testing.Line;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdleLimitTest {
    private static final String AGREED =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private static final int TIMES = 8;
    private static final int MUCH = 16 << 20;

    private Rig rig;

    @AfterEach
    void stop() throws IOException {
        rig.close();
    }

    private Line asked(String path, String fields) throws IOException {
        return rig.client().send("GET " + rig.hand(path) + " HTTP/1.1\r\nHost: gw\r\n" + fields + "\r\n");
    }

    /** Short ones go through Vert.x, long ones past it. */
    @ParameterizedTest
    @ValueSource(ints = {10, 300_000})
    void anAnswerThatStandsStillBreaksOff(int length) throws Exception {
        rig = Rig.with("proxy.idle-timeout=300ms");
        CompletableFuture<String> heard = new CompletableFuture<>();
        rig.hand.on("/stuck", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(length));
            heard.complete(line.rest());
        });

        try (Line client = asked("/stuck", "")) {
            client.head();
            client.skip(length);
            client.awaitReset();
        }
        assertThat(Rig.get(heard)).isEmpty();
        Rig.eventually("it is counted", () -> rig.requests("broken") == 1);
    }

    @Test
    void anAnswerThatGoesOnMayTakeAnyTime() throws Exception {
        rig = Rig.with("proxy.idle-timeout=1500ms");
        rig.hand.on("/events", (line, head) -> {
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            saysSometimes(line, "2\r\nx\n\r\n");
            line.send("0\r\n\r\n");
        });

        try (Line client = asked("/events", "")) {
            Line.Head head = client.head();
            assertThat(client.body(head)).isEqualTo("x\n".repeat(TIMES));
        }
    }

    @Test
    void aTunnelInWhichNobodySpeaksIsCut() throws Exception {
        rig = Rig.with("proxy.idle-timeout=300ms");
        CompletableFuture<String> heard = new CompletableFuture<>();
        rig.hand.on("/silent", (line, head) -> {
            line.send(AGREED);
            heard.complete(line.rest());
        });

        try (Line client = asked("/silent", "Connection: Upgrade\r\nUpgrade: websocket\r\n")) {
            client.head();
            client.awaitEnd();
        }
        assertThat(Rig.get(heard)).isEmpty();
    }

    @Test
    void aTunnelInWhichOneSideSpeaksGoesOn() throws Exception {
        rig = Rig.with("proxy.idle-timeout=1500ms");
        rig.hand.on("/pings", (line, head) -> {
            line.send(AGREED);
            saysSometimes(line, "ping");
            line.close();
        });

        try (Line client = asked("/pings", "Connection: Upgrade\r\nUpgrade: websocket\r\n")) {
            client.head();
            assertThat(client.rest()).isEqualTo("ping".repeat(TIMES));
        }
    }

    private void muchIsSentAt(String path, String head) {
        rig.hand.on(path, (line, request) -> {
            line.send(head);
            line.send(new byte[MUCH]);
        });
    }

    @Test
    void aClientThatHasEnoughToReadMayTakeItsTime() throws Exception {
        rig = Rig.with("proxy.idle-timeout=300ms");
        muchIsSentAt("/much", "HTTP/1.1 200 OK\r\nContent-Length: " + MUCH + "\r\n\r\n");

        try (Line client = asked("/much", "")) {
            client.head();
            later(1_000);
            client.skip(MUCH);
        }
    }

    @Test
    void aClientOfHttp2ThatHasEnoughToReadMayTakeItsTime() throws Exception {
        rig = Rig.with("proxy.idle-timeout=300ms");
        muchIsSentAt("/much", "HTTP/1.1 200 OK\r\nContent-Length: " + MUCH + "\r\n\r\n");

        try (FrameLine client = FrameLine.to(rig.port())) {
            client.request(1, "GET", rig.hand("/much"), true);
            assertThat(client.head(1)).containsEntry(":status", "200");
            later(1_000);
            client.open(0, MUCH).open(1, MUCH);
            assertThat(client.length(1)).isEqualTo(MUCH);
        }
    }

    @Test
    void aClientOfATunnelThatHasEnoughToReadMayTakeItsTime() throws Exception {
        rig = Rig.with("proxy.idle-timeout=300ms");
        muchIsSentAt("/much", AGREED);

        try (Line client = asked("/much", "Connection: Upgrade\r\nUpgrade: websocket\r\n")) {
            client.head();
            later(1_000);
            client.skip(MUCH);
        }
    }

    /** For longer than the limit in all. */
    private void saysSometimes(Line line, String what) throws IOException {
        for (int i = 0; i < TIMES; i++) {
            later(250);
            line.send(what);
        }
    }

    private void later(long millis) {
        CompletableFuture<Void> later = new CompletableFuture<>();
        rig.vertx.setTimer(millis, t -> later.complete(null));
        Rig.get(later);
    }
}
