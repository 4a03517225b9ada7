package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Those who read nothing and make the bridges answer. */
@Timeout(120)
class HostileTest {
    /** More than all buffers on the way take. */
    private static final long MUCH = 64L << 20;

    private static Vertx vertx;
    private static FakeRuntimeApi upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(
                upstream,
                vertx,
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "bridges.tcp.enabled=true",
                "bridges.tcp.port=0",
                "bridges.idle-timeout=500ms");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
        await(vertx.close());
    }

    @Test
    void whoPingsTheWebsocketAndReadsNoPongIsNotListenedToAndThenCutOff() throws IOException {
        try (Hostile client = Hostile.to(gateway.port())) {
            assertThat(client.pings(MUCH)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"send\",\"address\":\"a\",\"body\":1}",
                "{\"type\":\"publish\",\"address\":\"a\",\"body\":1}",
                "{\"type\":\"unregister\",\"address\":\"a\"}",
                "{\"type\":\"odd\"}",
                "{}",
                "{"
            })
    void whoSaysWhatIsRefusedAgainAndAgainIsCutOff(String message) throws IOException {
        try (Hostile client = Hostile.to(gateway.port())) {
            assertThat(client.says(message, MUCH)).isFalse();
        }
    }

    @Test
    void aServiceThatPingsAndReadsNoPongIsCutOff() {
        try (TcpClient client = TcpClient.to(vertx, gateway.gateway().bridgePort())) {
            client.socket().pause();
            byte[] ping = new JsonObject().put("type", "ping").toBuffer().getBytes();
            Buffer many = Buffer.buffer();
            while (many.length() < 32 * 1024) {
                many.appendInt(ping.length).appendBytes(ping);
            }
            boolean taken = true;
            for (long said = 0; taken && said < MUCH; said += many.length()) {
                taken = await(client.socket().write(many.copy()).map(true).otherwise(false));
            }
            assertThat(taken).isFalse();
        }
    }
}
