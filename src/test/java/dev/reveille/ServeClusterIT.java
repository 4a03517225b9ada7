package dev.reveille;

import static dev.reveille.testing.Eventually.eventually;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FreePorts;
import dev.reveille.testing.ReveilleJar;
import dev.reveille.testing.ReveilleJar.Serving;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve --cluster}, more than once on one machine, with real sandboxes. */
@ExtendWith(VertxExtension.class)
class ServeClusterIT {
    private static final List<String> SMALL = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    private static final int PATIENCE_SECONDS = 90;

    @TempDir
    Path folder;

    private ReveilleJar jar;
    private WebClient client;
    private Map<String, String> settings;

    @BeforeEach
    void start(Vertx vertx) {
        jar = new ReveilleJar(folder);
        client = WebClient.create(vertx);
        int port = FreePorts.inARow(2);
        settings = Map.of(
                // The defaults, of which only one node can have each.
                "REVEILLE_HTTP_PORT",
                "8080",
                "REVEILLE_ADMIN_PORT",
                "9090",
                "REVEILLE_CLUSTER_NAME",
                "test-" + UUID.randomUUID(),
                "REVEILLE_CLUSTER_PORT",
                Integer.toString(port),
                "REVEILLE_CLUSTER_MEMBERS",
                "127.0.0.1:" + port + ",127.0.0.1:" + (port + 1));
    }

    @AfterEach
    void stop() {
        client.close();
        jar.close();
    }

    @Test
    void nodesOnOneMachineTakeOtherPortsAndShareTheEmbeddedHostWhichOutlivesTheNodeThatRunsIt() throws Exception {
        Serving first = jar.serve(SMALL, settings, "--cluster");
        Serving second = jar.serve(SMALL, settings, "--cluster");
        assertThat(first.url()).isNotEqualTo(second.url());
        JsonObject session =
                answered(second, HttpMethod.PUT, "/api/v1/sessions/shared", "").bodyAsJsonObject();
        String key = session.getString("session_api_key");
        String files = "/" + session.getString("runtime_id") + "/runtime/list_files";
        assertThat(answered(first, HttpMethod.POST, files, key).statusCode()).isEqualTo(200);

        first.process().destroyForcibly().onExit().join();

        eventually(
                "the sandbox answers through the other node",
                Duration.ofMillis(200),
                () -> answered(second, HttpMethod.POST, files, key).statusCode() == 200);
    }

    private HttpResponse<Buffer> answered(Serving node, HttpMethod method, String path, String key) throws Exception {
        return client.requestAbs(method, node.url() + path)
                .putHeader("Prefer", "wait=60")
                .putHeader("X-Session-API-Key", key)
                .sendJsonObject(new JsonObject())
                .await(PATIENCE_SECONDS, SECONDS);
    }
}
