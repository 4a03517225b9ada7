package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.Future;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a node leaves. */
class LeavingTest {
    private static final String UPGRADE = " HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private static final String AGREED =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private static final String RESTARTING = "\u0088\u0002\u0003\u00f4";

    @Test
    void aWebsocketIsToldToComeBackBehindTheFrameThatIsUnderWay() throws Exception {
        CompletableFuture<Void> half = new CompletableFuture<>();
        CompletableFuture<Void> leaving = new CompletableFuture<>();
        CompletableFuture<String> heard = new CompletableFuture<>();
        try (Rig rig = Rig.with("shutdown.websockets=0s", "shutdown.drain=20s")) {
            rig.hand.on("/ws", (line, head) -> {
                line.send(AGREED + "\u0082\u0004ab");
                half.complete(null);
                Rig.get(leaving);
                line.send("cd\u0082\u0004next");
                heard.complete(line.read(4));
                line.close();
            });
            try (Line client = rig.client().send("GET " + rig.hand("/ws") + UPGRADE)) {
                client.head();
                assertThat(client.read(4)).isEqualTo("\u0082\u0004ab");
                Rig.get(half);

                Future<Void> stopped = rig.gateway.gateway().stop();
                Rig.eventually("listens no more", () -> !listens(rig.port()));
                leaving.complete(null);

                assertThat(client.read(2)).isEqualTo("cd");
                String next = client.read(4);
                // It may be faster than the word to leave, which has to stand behind it then.
                if (next.equals("\u0082\u0004ne")) {
                    assertThat(client.read(2)).isEqualTo("xt");
                    next = client.read(4);
                }
                assertThat(next).isEqualTo(RESTARTING);
                client.send("\u0088\u0002\u0003\u00f4");
                assertThat(Rig.get(heard)).isEqualTo("\u0088\u0002\u0003\u00f4");
                assertThat(client.rest()).isEmpty();
                await(stopped);
            }
        }
    }

    @Test
    void aWebsocketThatTheSandboxAgreesToLateIsToldAsWell() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> leaving = new CompletableFuture<>();
        try (Rig rig = Rig.with("shutdown.websockets=0s", "shutdown.drain=20s")) {
            rig.hand.on("/ws", (line, head) -> {
                asked.complete(null);
                Rig.get(leaving);
                line.send(AGREED);
                line.read(4);
                line.close();
            });
            try (Line client = rig.client().send("GET " + rig.hand("/ws") + UPGRADE)) {
                Rig.get(asked);
                Future<Void> stopped = rig.gateway.gateway().stop();
                Rig.eventually("listens no more", () -> !listens(rig.port()));
                leaving.complete(null);

                client.head();
                assertThat(client.read(4)).isEqualTo(RESTARTING);
                client.send("\u0088\u0002\u0003\u00f4");
                assertThat(client.rest()).isEmpty();
                await(stopped);
            }
        }
    }

    @Test
    void aClientOfARealWebsocketGets1012() throws Exception {
        try (Rig rig = Rig.with("shutdown.websockets=0s", "shutdown.drain=20s")) {
            String session = rig.running();
            WebSocketClient sockets = rig.vertx.createWebSocketClient();
            WebSocket socket = await(sockets.connect(new WebSocketConnectOptions()
                    .setHost("127.0.0.1")
                    .setPort(rig.port())
                    .setURI(rig.path(session, "/socket.io/"))));
            CompletableFuture<Short> code = new CompletableFuture<>();
            socket.closeHandler(v -> code.complete(socket.closeStatusCode()));

            Future<Void> stopped = rig.gateway.gateway().stop();

            assertThat(Rig.get(code)).isEqualTo((short) 1012);
            await(stopped);
            await(sockets.close());
        }
    }

    /** Some offer HTTP/2 with what is then answered as any other request. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
                "Upgrade: websocket\r\n"
            })
    void clientsAreAskedToUseTheirConnectionsNoMore(String fields) throws Exception {
        try (Rig rig = Rig.with("shutdown.not-ready=1s")) {
            String session = rig.running();
            String path = rig.path(session, "/list_files");
            Future<Void> stopped = rig.gateway.gateway().stop();

            try (Line client = rig.client().send("GET " + path + " HTTP/1.1\r\nHost: gw\r\n" + fields + "\r\n")) {
                Line.Head head = client.head();
                assertThat(head.status()).isEqualTo(200);
                assertThat(head.field("Connection")).isEqualToIgnoringCase("close");
                client.rest();
            }
            await(stopped);
        }
    }

    @Test
    void aWebsocketIsOpenedAsEverWhileItStillListens() throws Exception {
        try (Rig rig = Rig.with("shutdown.not-ready=1s", "shutdown.websockets=0s")) {
            rig.hand.on("/ws", (line, head) -> line.send(AGREED));
            String path = rig.hand("/ws");
            Future<Void> stopped = rig.gateway.gateway().stop();

            try (Line client = rig.client().send("GET " + path + UPGRADE)) {
                Line.Head head = client.head();
                assertThat(head.status()).isEqualTo(101);
                assertThat(head.field("Connection")).isEqualToIgnoringCase("upgrade");
            }
            await(stopped);
        }
    }

    @Test
    void whoStillWaitsForASandboxAtTheEndIsToldToComeAgain() throws Exception {
        try (Rig rig = Rig.with("shutdown.drain=3s")) {
            String session = rig.paused();
            rig.upstream.resumeTakes(ofMinutes(10));
            try (Line client = rig.client()
                    .send("POST " + rig.path(session, "/act")
                            + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 2\r\n\r\n{}")) {
                Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);

                Future<Void> stopped = rig.gateway.gateway().stop();

                Line.Head head = client.head();
                assertThat(head.status()).isEqualTo(503);
                assertThat(head.field("Retry-After")).isEqualTo("1");
                assertThat(client.body(head)).contains("\"code\":\"shutting_down\"");
                assertThat(client.rest()).isEmpty();
                await(stopped);
                assertThat(rig.upstream.calls("* " + rig.path(session, "/act"))).isZero();
            }
        }
    }

    private static boolean listens(int port) {
        try (Line line = Line.to(port)) {
            return line.localPort() > 0;
        } catch (Exception refused) {
            return false;
        }
    }
}
