package dev.reveille.sandboxhost;

import static dev.reveille.sandboxhost.HostClient.await;
import static dev.reveille.sandboxhost.HostClient.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.Isolation;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SandboxHostTest {
    @TempDir
    Path directory;

    private final Vertx vertx = Vertx.vertx();
    private final List<SandboxHost> hosts = new ArrayList<>();

    @AfterEach
    void endAll() {
        hosts.forEach(host -> within(host.stop()));
        within(vertx.close());
    }

    @Test
    void aSandboxIsStartingAtOnceAndReadySoon() {
        HostClient client = aHost();

        JsonObject started = client.start("s-1");

        assertThat(started.getString("status")).isEqualTo("starting");
        assertThat(started.getString("runtime_id")).matches("[a-z]{16}");
        Set<String> seen = new HashSet<>(Set.of(started.getString("pod_status")));
        await("ready", () -> {
            seen.add(client.record(started).getString("pod_status"));
            return seen.contains("ready");
        });
        assertThat(seen).containsExactlyInAnyOrder("pending", "running", "ready");
        JsonObject record = client.record(started);
        assertThat(record.getString("status")).isEqualTo("running");
        assertThat(record.getLong("last_start_millis")).isPositive();
        assertThat(record.getJsonObject("work_hosts").getMap().values()).containsExactlyInAnyOrder(12000, 12001);
        assertThat(client.get("//list").bodyAsJsonObject().getInteger("total")).isEqualTo(1);
        assertThat(client.get("/sessions/batch?ids=s-1&ids=no").bodyAsJsonArray())
                .hasSize(1);
    }

    @Test
    void startingASessionTwiceGivesOneSandbox() {
        HostClient client = aHost(settings(List.of("sleep", "60"), Isolation.NONE, 10));

        JsonObject first = client.start("s-1");
        JsonObject second = client.start("s-1");

        assertThat(second.getString("runtime_id")).isEqualTo(first.getString("runtime_id"));
        assertThat(client.get("/list").bodyAsJsonObject().getInteger("total")).isEqualTo(1);
    }

    @Test
    void aPausedSandboxKeepsItsFilesAndAnswers503UntilItIsResumed() {
        HostClient client = aHost();
        JsonObject sandbox = client.startReady("s-1");
        client.run(sandbox, "echo kept > file; setsid sleep 300 >/dev/null 2>&1 &");

        assertThat(client.control("/pause", sandbox).statusCode()).isEqualTo(200);
        assertThat(Processes.carrying(sandbox)).isEmpty();
        assertThat(client.control("/pause", sandbox).statusCode()).isEqualTo(200);
        assertThat(client.sandboxGet(sandbox, "/alive").statusCode()).isEqualTo(503);
        assertThat(client.get("/list").bodyAsJsonObject().getInteger("total")).isZero();

        assertThat(client.control("/resume", sandbox).statusCode()).isEqualTo(200);
        client.awaitPod(sandbox, "ready");
        assertThat(client.record(sandbox).getInteger("resume_count")).isEqualTo(1);
        assertThat(client.record(sandbox).getString("session_api_key")).isEqualTo(sandbox.getString("session_api_key"));
        assertThat(client.run(sandbox, "cat file").getString("content")).isEqualTo("kept\n");
    }

    @Test
    void pausingTakesBackgroundProcessesWithIt() {
        List<String> command = List.of("bash", "-c", "setsid sleep 300 >/dev/null 2>&1 & exec sleep 300");
        HostClient client = aHost(settings(command, Isolation.NONE, 10));
        JsonObject sandbox = client.start("s-1");
        await("both are there", () -> Processes.carrying(sandbox).size() == 2);

        client.control("/pause", sandbox);

        assertThat(Processes.carrying(sandbox)).isEmpty();
    }

    @Test
    void aKilledSandboxAnswers502AndHasFailed() {
        HostClient client = aHost();
        JsonObject sandbox = client.startReady("s-1");

        Processes.carrying(sandbox).forEach(ProcessHandle::destroyForcibly);

        client.awaitPod(sandbox, "failed");
        JsonObject record = client.record(sandbox);
        assertThat(record.getString("status")).isEqualTo("error");
        assertThat(record.getJsonArray("restart_reasons").getString(0)).contains("signal 9");
        assertThat(client.sandboxGet(sandbox, "/alive").statusCode()).isEqualTo(502);
        assertThat(client.control("/resume", sandbox).statusCode()).isEqualTo(409);
        HttpResponse<Buffer> refused = client.control("/pause", sandbox);
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.bodyAsJsonObject().getString("detail")).contains("status: error");
    }

    @Test
    void stopDuringStartEndsStoppedAndLeavesNothing() {
        HostClient client = aHost();
        JsonObject sandbox = client.start("s-1");

        assertThat(client.control("/stop", sandbox).statusCode()).isEqualTo(200);

        assertThat(client.record(sandbox).getString("status")).isEqualTo("stopped");
        assertThat(client.sandboxGet(sandbox, "/alive").statusCode()).isEqualTo(404);
        assertThat(Processes.carrying(sandbox)).isEmpty();
        await("folder gone", () -> Files.notExists(directory.resolve(sandbox.getString("runtime_id"))));
        assertThat(client.control("/stop", sandbox).statusCode()).isEqualTo(200);
        assertThat(client.start("s-1").getString("runtime_id")).isNotEqualTo(sandbox.getString("runtime_id"));
    }

    @Test
    void pauseAndResumeDuringAStartEndReadyWithOneProcess() {
        HostClient client = aHost();
        JsonObject sandbox = client.start("s-1");

        client.control("/pause", sandbox);
        client.control("/resume", sandbox);
        client.control("/pause", sandbox);
        client.control("/resume", sandbox);

        client.awaitPod(sandbox, "ready");
        assertThat(Processes.carrying(sandbox)).hasSize(1);
    }

    @Test
    void unknownThingsAre404ExceptForStop() {
        HostClient client = aHost();
        JsonObject unknown = new JsonObject().put("runtime_id", "abcdefghijklmnop");

        assertThat(client.get("/sessions/no").statusCode()).isEqualTo(404);
        assertThat(client.get("/runtime/no").bodyAsJsonObject().getString("detail"))
                .isNotBlank();
        assertThat(client.post("/pause", unknown).statusCode()).isEqualTo(404);
        assertThat(client.post("/resume", unknown).statusCode()).isEqualTo(404);
        assertThat(client.post("/stop", unknown).statusCode()).isEqualTo(200);
        assertThat(client.post("/stop", new JsonObject().putNull("runtime_id")).statusCode())
                .isEqualTo(200);
        assertThat(client.get("/abcdefghijklmnop/runtime/alive").statusCode()).isEqualTo(404);
        assertThat(client.get("/nowhere").bodyAsJsonObject().getString("detail"))
                .isNotBlank();
        assertThat(client.post("/build", new JsonObject()).statusCode()).isEqualTo(501);
    }

    @Test
    void aBadBodySaysWhatWasExpected() {
        HostClient client = aHost();

        assertThat(client.post("/start", "{nonsense").statusCode()).isEqualTo(400);
        HttpResponse<Buffer> wrong =
                client.post("/start", new JsonObject().put("session_id", "s").put("resource_factor", 3));
        assertThat(wrong.statusCode()).isEqualTo(422);
        assertThat(wrong.bodyAsJsonObject().getString("detail")).contains("one of 1, 2, 4, 8");
        assertThat(client.post("/start", new JsonObject()).statusCode()).isEqualTo(422);
        assertThat(client.post("/start", "x".repeat(1_100_000)).statusCode()).isEqualTo(413);
    }

    @Test
    void tooManyLiveSandboxesAre429() {
        HostClient client = aHost(settings(List.of("sleep", "60"), Isolation.NONE, 1));
        client.start("s-1");

        HttpResponse<Buffer> refused = client.post("/start", new JsonObject().put("session_id", "s-2"));

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.getHeader("Retry-After")).isNotBlank();
    }

    @Test
    void aCommandThatAlwaysEndsIsACrashLoop() {
        HostClient client = aHost(settings(List.of("/bin/false"), Isolation.NONE, 10));
        JsonObject sandbox = client.start("s-1");

        client.awaitPod(sandbox, "crashloopbackoff");

        JsonObject record = client.record(sandbox);
        assertThat(record.getString("status")).isEqualTo("error");
        assertThat(record.getInteger("restart_count")).isEqualTo(2);
        assertThat(record.getJsonArray("restart_reasons").getString(0)).contains("code 1");
    }

    @Test
    void aCommandThatNeverListensFailsAfterTheStartTimeout() {
        HostClient client = aHost(
                new EmbeddedSettings(directory, List.of("sleep", "60"), Isolation.NONE, 10, Duration.ofMillis(300)));
        JsonObject sandbox = client.start("s-1");

        client.awaitPod(sandbox, "failed");

        await("killed", () -> Processes.carrying(sandbox).isEmpty());
    }

    @Test
    void bubblewrapThatIsRequiredAndMissingFailsTheStart() {
        EmbeddedSettings settings = settings(List.of(), Isolation.BUBBLEWRAP, 10);
        SandboxHost host = new SandboxHost(vertx, settings, new Bubblewrap("no-such-bwrap"));

        assertThatThrownBy(() -> within(host.start(0)))
                .hasMessageContaining("embedded.isolation: bubblewrap, but bwrap is not installed");
        within(host.stop());
        aHost(settings(List.of(), Isolation.NONE, 10));
    }

    private HostClient aHost() {
        return aHost(settings(List.of(), Isolation.NONE, 10));
    }

    private HostClient aHost(EmbeddedSettings settings) {
        SandboxHost host = new SandboxHost(vertx, settings);
        hosts.add(host);
        return new HostClient(vertx, within(host.start(0)));
    }

    private EmbeddedSettings settings(List<String> command, Isolation isolation, int max) {
        return new EmbeddedSettings(directory, command, isolation, max, Duration.ofSeconds(20));
    }
}
