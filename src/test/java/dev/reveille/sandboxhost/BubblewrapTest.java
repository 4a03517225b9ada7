package dev.reveille.sandboxhost;

import static dev.reveille.sandboxhost.HostClient.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.Isolation;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What can be done from inside a walled sandbox, tried there. */
final class BubblewrapTest {
    private static final String REAL_HOME = System.getProperty("user.home");

    /** Not in /tmp, of which a sandbox has one of its own, so that nothing of ours would be seen there anyway. */
    private static SandboxFolder place;

    private static Path home;
    private static Path directory;
    private static Vertx vertx;
    private static SandboxHost host;
    private static HostClient client;
    private static JsonObject sandbox;

    @BeforeAll
    static void startOne() throws IOException {
        assumeThat(new Bubblewrap("bwrap").works()).isTrue();
        place = new SandboxFolder(Files.createTempDirectory(Path.of("/var/tmp"), "reveille-wall-"));
        home = Files.createDirectory(place.path().resolve("home"));
        directory = home.resolve("sandboxes");
        System.setProperty("user.home", home.toString());
        vertx = Vertx.vertx();
        host = new SandboxHost(
                vertx, new EmbeddedSettings(directory, List.of(), Isolation.BUBBLEWRAP, 10, Duration.ofSeconds(20)));
        client = new HostClient(vertx, within(host.start(0)));
        sandbox = client.startReady("s");
    }

    @AfterAll
    static void endIt() throws IOException {
        System.setProperty("user.home", REAL_HOME);
        if (host != null) {
            within(host.stop());
            within(vertx.close());
            place.delete();
        }
    }

    @Test
    void theUsersHomeIsNotReadable() throws IOException {
        Path secret = Files.writeString(home.resolve("secret"), "of the user");

        assertThat(said("cat " + secret)).contains("No such file");
        assertThat(said("ls -A " + home)).isEqualTo("sandboxes\n");
    }

    @Test
    void otherSandboxesAreNotReadable() throws IOException {
        Path other = Files.createDirectories(directory.resolve("zyxwvutsrqponmlk/workspace"));
        Path secret = Files.writeString(other.resolve("secret"), "of another");

        assertThat(said("cat " + secret)).contains("No such file");
        assertThat(said("ls -A " + directory)).isEmpty();
    }

    @Test
    void otherProcessesAreNotSeen() throws IOException {
        Process other = new ProcessBuilder("sleep", "54321").start();

        assertThat(said("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"))
                .contains("SandboxProgram")
                .doesNotContain("sleep 54321");
        other.destroyForcibly();
    }

    @Test
    void onlyTheWorkspaceItsHomeAndTmpAreWritable() {
        for (Object folder : List.of("/", "/usr", "/etc", "/var/tmp", place.path(), home, directory)) {
            assertThat(said("touch " + folder + "/mine")).as("%s", folder).contains("Read-only file system");
        }
        assertThat(said("touch /tmp/mine mine ~/mine; pwd")).isEqualTo("/workspace\n");
        assertThat(directory.resolve(sandbox.getString("runtime_id")).resolve("workspace/mine"))
                .exists();
    }

    @Test
    void itComesBackAfterAPauseWithItsFilesAndWithoutItsProcesses() {
        client.run(sandbox, "echo kept > file; setsid sleep 300 >/dev/null 2>&1 &");

        client.control("/pause", sandbox);

        assertThat(Processes.carrying(sandbox)).isEmpty();
        client.control("/resume", sandbox);
        client.awaitPod(sandbox, "ready");
        assertThat(said("cat file")).isEqualTo("kept\n");
    }

    private static String said(String command) {
        return client.run(sandbox, command).getString("content");
    }
}
