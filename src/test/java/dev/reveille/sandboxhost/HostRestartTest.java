package dev.reveille.sandboxhost;

import static dev.reveille.sandboxhost.HostClient.await;
import static dev.reveille.sandboxhost.HostClient.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.Isolation;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a new host finds where an earlier one has been. */
final class HostRestartTest {
    private static final List<String> SLEEPS = List.of("sleep", "60");

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
    void aSandboxOutlivesItsHost() throws IOException {
        HostClient before = aHost(List.of());
        JsonObject sandbox = before.start("s-1", new JsonObject().put("GIVEN", "still"));
        before.awaitPod(sandbox, "ready");
        before.run(sandbox, "echo kept > file");
        within(hosts.get(0).stop());
        assertThat(Processes.carrying(sandbox)).isEmpty();

        HostClient after = aHost(List.of());

        JsonObject found = after.record(sandbox);
        assertThat(found.getString("status")).isEqualTo("paused");
        assertThat(found.getString("runtime_id")).isEqualTo(sandbox.getString("runtime_id"));
        assertThat(found.getString("session_api_key")).isEqualTo(sandbox.getString("session_api_key"));
        assertThat(found.getString("url")).startsWith(after.base() + "/").isNotEqualTo(sandbox.getString("url"));
        assertThat(found.getJsonObject("work_hosts").fieldNames()).allMatch(url -> url.startsWith(after.base()));
        assertThat(after.sandboxGet(found, "/alive").statusCode()).isEqualTo(503);
        after.control("/resume", found);
        after.awaitPod(found, "ready");
        assertThat(after.run(found, "cat file; echo $GIVEN").getString("content"))
                .isEqualTo("kept\nstill\n");
    }

    @Test
    void aSandboxOutlivesTheKillingOfItsHost() throws IOException {
        HostProcess killed = HostProcess.over(directory, List.of("bash", "-c", "echo kept > file; exec sleep 300"));
        JsonObject sandbox = new HostClient(vertx, killed.port()).start("s-1");
        Path file = folder(sandbox).resolve("workspace/file");
        await("it has begun", () -> Files.exists(file));
        assertThatThrownBy(() -> aHost(SLEEPS)).hasMessageContaining("in use by another Reveille");

        killed.kill();
        assertThat(Processes.carrying(sandbox))
                .as("a command of its own outlives its host")
                .isNotEmpty();
        HostClient after = aHost(SLEEPS);

        assertThat(after.record(sandbox).getString("status")).isEqualTo("paused");
        await("the old process is gone", () -> Processes.carrying(sandbox).isEmpty());
        assertThat(file).hasContent("kept");
        assertThat(after.control("/resume", sandbox).statusCode()).isEqualTo(200);
        await("a new one is there", () -> !Processes.carrying(sandbox).isEmpty());
    }

    @Test
    void aSandboxThatIsEndedWithItsHostHasNotFailed() throws IOException {
        HostProcess terminated = HostProcess.over(directory, List.of());
        JsonObject sandbox = new HostClient(vertx, terminated.port()).startReady("s-1");

        terminated.terminate();
        HostClient after = aHost(SLEEPS);

        assertThat(after.record(sandbox).getString("status")).isEqualTo("paused");
        assertThat(after.record(sandbox).getJsonArray("restart_reasons")).isEmpty();
    }

    @Test
    void theRecordIsForItsUserOnly() throws IOException {
        JsonObject sandbox = aHost(SLEEPS).start("s-1");

        assertThat(permissions(folder(sandbox))).isEqualTo("rwx------");
        assertThat(permissions(folder(sandbox).resolve("sandbox.json"))).isEqualTo("rw-------");
    }

    @Test
    void aStoppedSandboxIsNotKept() throws IOException {
        HostClient before = aHost(SLEEPS);
        JsonObject stopped = before.start("s-1");
        JsonObject half = before.start("s-2");
        before.control("/stop", stopped);
        within(hosts.get(0).stop());
        // As if the host had been killed before the folder was gone.
        Path record = folder(half).resolve("sandbox.json");
        Files.writeString(
                record,
                new JsonObject(Files.readString(record))
                        .put("status", "stopped")
                        .encode());

        HostClient after = aHost(SLEEPS);

        assertThat(after.get("/sessions/s-1").statusCode()).isEqualTo(404);
        assertThat(after.get("/sessions/s-2").statusCode()).isEqualTo(404);
        assertThat(folder(stopped)).doesNotExist();
        assertThat(folder(half)).doesNotExist();
    }

    @Test
    void aFailedSandboxComesBackFailedAndMayStart() {
        HostClient before = aHost(List.of("/bin/false"));
        JsonObject sandbox = before.start("s-1");
        before.awaitPod(sandbox, "crashloopbackoff");
        within(hosts.get(0).stop());

        HostClient after = aHost(SLEEPS);

        JsonObject found = after.record(sandbox);
        assertThat(found.getString("status")).isEqualTo("error");
        assertThat(found.getString("pod_status")).isEqualTo("crashloopbackoff");
        assertThat(found.getJsonArray("restart_reasons")).hasSize(3);
        assertThat(after.control("/resume", found).statusCode()).isEqualTo(409);
        assertThat(after.start("s-1").getString("runtime_id")).isEqualTo(found.getString("runtime_id"));
    }

    @Test
    void aSecondHostOverADirectoryIsRefusedUntilTheFirstHasStopped() {
        aHost(SLEEPS);

        assertThatThrownBy(() -> aHost(SLEEPS))
                .hasMessageContaining("embedded.directory: " + directory)
                .hasMessageContaining("in use by another Reveille");
        within(hosts.get(0).stop());
        aHost(SLEEPS);
    }

    @Test
    void whatIsNotUnderstoodIsNamedOnceAndLeftAlone() throws IOException {
        HostClient before = aHost(SLEEPS);
        JsonObject good = before.start("s-1");
        within(hosts.get(0).stop());
        String record = Files.readString(folder(good).resolve("sandbox.json"));
        left("foreign", null);
        left("aaaaaaaaaaaaaaaa", record);
        left("bbbbbbbbbbbbbbbb", "{half");
        left("cccccccccccccccc", record.replace("\"running\"", "1").replace("\"v\":1", "\"v\":\"1\""));
        left("dddddddddddddddd", "[]");
        left("eeeeeeeeeeeeeeee", "");
        left("ffffffffffffffff", record.replace(good.getString("runtime_id"), "ffffffffffffffff"));
        Files.createSymbolicLink(directory.resolve("link"), folder(good));
        Files.setLastModifiedTime(
                directory.resolve("ffffffffffffffff/sandbox.json"), java.nio.file.attribute.FileTime.fromMillis(0));
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(Inventory.class);
        log.start();
        logger.addAppender(log);

        HostClient after = aHost(SLEEPS);

        logger.detachAppender(log);
        assertThat(log.list).hasSize(8).allMatch(event -> event.getLevel() == Level.WARN);
        assertThat(after.record(good).getString("runtime_id")).isEqualTo(good.getString("runtime_id"));
        assertThat(directory.resolve("foreign/file")).exists();
        assertThat(directory.resolve("bbbbbbbbbbbbbbbb/file")).exists();
    }

    private void left(String name, String record) throws IOException {
        Path folder = Files.createDirectory(directory.resolve(name));
        Files.writeString(folder.resolve("file"), "");
        if (record != null) {
            Files.writeString(folder.resolve("sandbox.json"), record);
        }
    }

    private HostClient aHost(List<String> command) {
        SandboxHost host = new SandboxHost(
                vertx, new EmbeddedSettings(directory, command, Isolation.NONE, 10, Duration.ofSeconds(20)));
        hosts.add(host);
        return new HostClient(vertx, within(host.start(0)));
    }

    private Path folder(JsonObject sandbox) {
        return directory.resolve(sandbox.getString("runtime_id"));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
