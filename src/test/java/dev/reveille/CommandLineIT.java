package dev.reveille;

import static dev.reveille.testing.Eventually.eventually;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.testing.ReveilleJar;
import dev.reveille.testing.ReveilleJar.Ended;
import dev.reveille.testing.ReveilleJar.Serving;
import dev.reveille.testing.SelfSigned;
import dev.reveille.testing.Trusting;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineIT {
    @TempDir
    Path folder;

    private ReveilleJar jar;

    @BeforeEach
    void find() {
        jar = new ReveilleJar(folder);
    }

    @AfterEach
    void nothingIsLeft() {
        jar.close();
    }

    @Test
    void theVersionIsTold() {
        Ended ended = jar.run(Map.of(), "--version");

        assertThat(ended.code()).isZero();
        assertThat(ended.out()).matches("reveille \\d+\\.\\d+\\.\\d+\\S*\\s*");
    }

    @Test
    void goodSettingsArePrintedWithoutSecrets() throws Exception {
        Path file = Files.writeString(folder.resolve("good.yaml"), """
                tenants:
                  - name: acme
                    api-key: very-secret-key
                """);

        Ended ended = jar.run(Map.of("REVEILLE_HTTP_PORT", "8123"), "check-config", "--config", file.toString());

        assertThat(ended.code()).isZero();
        assertThat(ended.out()).contains("8123", "acme").doesNotContain("very-secret-key");
    }

    @Test
    void allThatIsWrongWithTheSettingsIsSaidAtOnce() throws Exception {
        Path file = Files.writeString(folder.resolve("bad.yaml"), """
                http:
                  host: 0.0.0.0
                admin:
                  host: 127.0.0.1
                proxy:
                  strict: perhaps
                htpp: {}
                """);

        Ended ended = jar.run(Map.of("REVEILLE_HOLD_DEADLINE", "soon"), "serve", "--config", file.toString());

        assertThat(ended.code()).isEqualTo(78);
        assertThat(ended.err()).contains("proxy.strict", "did you mean http", "hold.deadline", "tenants");
    }

    @Test
    void aListenerForEverybodyWantsTenants() {
        Ended ended = jar.run(Map.of("REVEILLE_HTTP_HOST", "0.0.0.0"));

        assertThat(ended.code()).isEqualTo(78);
        assertThat(ended.err()).contains("tenants", "loopback");
    }

    @Test
    void anUnknownOptionIsWrongUsage() {
        assertThat(jar.run(Map.of(), "--no-such-thing").code()).isEqualTo(2);
    }

    @Test
    void aPortThatIsTakenIsSaid() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ended ended = jar.run(Map.of("REVEILLE_HTTP_PORT", String.valueOf(taken.getLocalPort())), "serve");

            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.err()).contains("could not start").contains("in use");
        }
    }

    @Test
    void itServesUntilItIsToldToStopAndLeavesNothingBehind() throws Exception {
        Serving gateway = jar.serve(List.of(), Map.of());
        HttpClient client = HttpClient.newHttpClient();

        var opened = client.send(
                HttpRequest.newBuilder(gateway.url().resolve("/api/v1/sessions/s-1"))
                        .header("Prefer", "wait=60")
                        .PUT(HttpRequest.BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
        var ready = client.send(
                HttpRequest.newBuilder(URI.create(gateway.admin() + "/ready")).build(), BodyHandlers.ofString());
        List<ProcessHandle> sandboxes = gateway.process().descendants().toList();
        int code = gateway.stop();

        assertThat(opened.statusCode()).isEqualTo(201);
        assertThat(new JsonObject(opened.body()).getString("url"))
                .startsWith(gateway.url().toString());
        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(sandboxes).isNotEmpty();
        assertThat(code).isZero();
        for (ProcessHandle sandbox : sandboxes) {
            sandbox.onExit().get(10, SECONDS);
        }
    }

    /** In TLS 1.2 it could otherwise have the node compute without end on one connection. */
    @Test
    void noClientMayBeginItsHandshakeAnew() throws Exception {
        SelfSigned pair = SelfSigned.in(folder, "shown");
        Serving gateway = jar.serve(
                List.of(),
                Map.of(
                        "REVEILLE_HTTP_TLS_CERTIFICATE",
                        pair.certificate().toString(),
                        "REVEILLE_HTTP_TLS_KEY",
                        pair.key().toString()));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);

        try (SSLSocket client = (SSLSocket) context.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), gateway.url().getPort())) {
            client.setSoTimeout(15_000);
            client.setEnabledProtocols(new String[] {"TLSv1.2"});
            client.startHandshake();

            assertThatThrownBy(() -> {
                        client.startHandshake();
                        client.getInputStream().read();
                    })
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void whatASandboxIsDoingIsFinishedFirst() throws Exception {
        Serving gateway = jar.serve(List.of(), Map.of("REVEILLE_SHUTDOWN_NOT_READY", "0s"));
        HttpClient client = HttpClient.newHttpClient();
        var opened = client.send(
                HttpRequest.newBuilder(gateway.url().resolve("/api/v1/sessions/s-1"))
                        .header("Prefer", "wait=60")
                        .PUT(HttpRequest.BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
        JsonObject session = new JsonObject(opened.body());
        Path begun = folder.resolve("begun");
        String command = "touch '" + begun + "'; sleep 2; echo finished";
        JsonObject run = new JsonObject().put("action", "run").put("args", new JsonObject().put("command", command));
        var working = client.sendAsync(
                HttpRequest.newBuilder(URI.create(session.getString("url") + "/execute_action"))
                        .header("X-Session-API-Key", session.getString("session_api_key"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                new JsonObject().put("action", run).encode()))
                        .build(),
                BodyHandlers.ofString());
        eventually("the command has begun", Duration.ofMillis(10), () -> Files.exists(begun) || working.isDone());

        int code = gateway.stop();

        assertThat(working.get(10, SECONDS).body()).contains("finished\\n");
        assertThat(code).isZero();
    }

    @Test
    void theDemoShowsEveryStep() {
        Ended ended = jar.run(Map.of(), "demo", "--wakes", "2");

        assertThat(ended.out()).contains("Every step held.");
        assertThat(ended.code()).isZero();
        assertThat(ended.err()).isEmpty();
    }
}
