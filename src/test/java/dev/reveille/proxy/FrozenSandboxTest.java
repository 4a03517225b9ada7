package dev.reveille.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.reveille.testing.FrameLine;
import dev.reveille.testing.Line;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An app of a sandbox that is frozen: the kernel takes its connections, and nobody says a word on them. */
class FrozenSandboxTest {
    private static final String[] GRPC = {"content-type", "application/grpc", "te", "trailers"};
    private static final int CANCEL = 8;

    private ServerSocket frozen;
    private Socket silent = new Socket();

    @BeforeEach
    void freeze() throws IOException {
        frozen = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        silent.close();
        frozen.close();
    }

    private String url(String scheme) {
        return scheme + "://127.0.0.1:" + frozen.getLocalPort();
    }

    @Test
    void aCallIsAnsweredThoughNobodyGreets() throws Exception {
        try (Rig rig = Rig.with("proxy.connect-timeout=200ms")) {
            String path = rig.servedWithApp("frozen", url("http"));

            try (FrameLine client = FrameLine.to(rig.port())) {
                client.request(1, "POST", path + "/echo.Echo/Say", true, GRPC);
                assertThat(client.head(1)).containsEntry(":status", "502");
            }
        }
    }

    @Test
    void aRequestIsAnsweredThoughNobodyShakesHands() throws Exception {
        try (Rig rig = Rig.with("proxy.connect-timeout=200ms")) {
            String path = rig.servedWithApp("frozen", url("https"));

            assertTimeout(ofSeconds(8), () -> {
                try (Line client = rig.client()) {
                    client.send("GET " + path + "/x HTTP/1.1\r\nHost: gw\r\n\r\n");
                    assertThat(client.head().status()).isEqualTo(502);
                }
            });
        }
    }

    @Test
    void aCallThatIsGivenUpBeforeAnybodyGreetsIsOver() throws Exception {
        try (Rig rig = Rig.with("proxy.connect-timeout=1h")) {
            String path = rig.servedWithApp("frozen", url("http"));

            try (FrameLine client = FrameLine.to(rig.port())) {
                client.request(1, "POST", path + "/echo.Echo/Say", true, GRPC);
                silent = frozen.accept();
                client.reset(1, CANCEL);
                Rig.eventually("counted", () -> left(rig) == 1);
            }
        }
    }

    @Test
    void aRequestWhoseClientLeavesBeforeAnybodyShakesHandsIsOver() throws Exception {
        try (Rig rig = Rig.with("proxy.connect-timeout=1h")) {
            String path = rig.servedWithApp("frozen", url("https"));

            try (Line client = rig.client()) {
                client.send(("GET " + path + "/x HTTP/1.1\r\nHost: gw\r\n\r\n").getBytes(US_ASCII));
                silent = frozen.accept();
            }
            Rig.eventually("counted", () -> left(rig) == 1);
        }
    }

    private static double left(Rig rig) {
        return rig.metric("reveille_requests_seconds_count{outcome=\"client_left\",service=\"work-1\"}");
    }
}
