package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Promise;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import org.junit.jupiter.api.Test;

/** What client and sandbox agree on is theirs: the gateway neither offers nor reads it. */
class WebSocketExtensionTest {
    private static final String LONG = "over and over ".repeat(20_000);

    @Test
    void aCompressedWebsocketPassesAsItIs() throws Exception {
        try (Rig rig = Rig.with();
                EchoSandbox sandbox = new EchoSandbox(true)) {
            String path = rig.served("echo", "http://127.0.0.1:" + sandbox.port());
            WebSocketClient client = rig.vertx.createWebSocketClient(new WebSocketClientOptions()
                    .setTryUsePerMessageCompression(true)
                    .setMaxMessageSize(1 << 20)
                    .setMaxFrameSize(1 << 20));

            WebSocket socket = await(client.connect(rig.port(), "127.0.0.1", path + "/"));
            Promise<String> echo = Promise.promise();
            socket.textMessageHandler(echo::tryComplete);

            socket.writeTextMessage(LONG);

            assertThat(await(echo.future())).isEqualTo(LONG);
            assertThat(socket.headers().get("Sec-WebSocket-Extensions")).contains("permessage-deflate");
            // What the gateway counts is what passed on the wire.
            Rig.eventually("its bytes are counted", () -> rig.metric("reveille_client_bytes_total") > 0);
            assertThat(rig.metric("reveille_client_bytes_total")).isLessThan(LONG.length() / 10.0);
        }
    }
}
