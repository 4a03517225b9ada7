package dev.reveille.lifecycle;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(VertxExtension.class)
class LedgerTest {
    @TempDir
    Path folder;

    private final List<Vertx> lives = new ArrayList<>();
    private FakeRuntimeApi upstream;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
        lives.forEach(life -> await(life.close()));
    }

    @Test
    void aPausedSandboxIsFoundByItsPathAfterAllNodesWereDown() {
        String path = aPausedSessionOfAnEarlierLife();

        assertThat(status(path)).isEqualTo(200);
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void whatUpstreamKnowsNoMoreIsForgotten() throws IOException {
        String path = aPausedSessionOfAnEarlierLife();
        upstream.forget("s-1");

        assertThat(status(path)).isEqualTo(404);
        assertThat(lines()).isEmpty();
    }

    @Test
    void itHoldsNoKeysAndIsForItsOwnerOnly() throws IOException {
        upstream.issuesSessionKeys();
        aPausedSessionOfAnEarlierLife();

        String key = upstream.session("s-1").sessionKey().orElseThrow();
        assertThat(lines()).hasSize(1).noneMatch(line -> line.contains(key)).allMatch(line -> line.contains("s-1"));
        assertThat(Files.getPosixFilePermissions(file())).hasSize(2);
    }

    @Test
    void aBrokenFileIsNoReasonNotToStart() throws IOException {
        aPausedSessionOfAnEarlierLife();
        Files.writeString(file(), "garbage\n[1]\n[\"rt\",\"/\",\"t\"]\n\u0000");

        try (TestGateway gateway = gateway()) {
            assertThat(gateway.open("s-2", new JsonObject()).statusCode()).isEqualTo(201);
        }
    }

    private TestGateway gateway() {
        // What is shared in one Vert.x would be remembered without a ledger.
        Vertx life = Vertx.vertx();
        lives.add(life);
        return TestGateway.before(upstream, life, "registry.directory=" + folder);
    }

    private String aPausedSessionOfAnEarlierLife() {
        try (TestGateway gateway = gateway()) {
            gateway.open("s-1", new JsonObject());
            gateway.post("s-1", "pause");
        }
        return "/" + upstream.session("s-1").runtimeId() + "/runtime/list_files";
    }

    private int status(String path) {
        try (TestGateway gateway = gateway()) {
            return await(gateway.request(HttpMethod.POST, path).send()).statusCode();
        }
    }

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findFirst().orElseThrow();
        }
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(file());
    }
}
