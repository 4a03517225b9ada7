package dev.reveille.sandboxhost;

import static dev.reveille.sandboxhost.HostClient.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.Isolation;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of one sandbox, through the host's router. */
final class ActionServerTest {
    @TempDir
    static Path directory;

    private static Vertx vertx;
    private static SandboxHost host;
    private static HostClient client;
    private static JsonObject sandbox;

    @BeforeAll
    static void startOne() {
        vertx = Vertx.vertx();
        host = new SandboxHost(
                vertx, new EmbeddedSettings(directory, List.of(), Isolation.NONE, 10, Duration.ofSeconds(20)));
        client = new HostClient(vertx, within(host.start(0)));
        sandbox = client.start("s", new JsonObject().put("GIVEN", "a b").put("NUMBER", 7));
        client.awaitPod(sandbox, "ready");
    }

    @AfterAll
    static void endIt() {
        within(host.stop());
        within(vertx.close());
    }

    @Test
    void runAnswersWithOutputAndExitCode() {
        JsonObject observation = client.run(sandbox, "echo out; echo err >&2; exit 3");

        assertThat(observation.getString("observation")).isEqualTo("run");
        assertThat(observation.getString("content")).isEqualTo("out\nerr\n");
        JsonObject extras = observation.getJsonObject("extras");
        assertThat(extras.getJsonObject("metadata").getInteger("exit_code")).isEqualTo(3);
        assertThat(extras.getBoolean("truncated")).isFalse();
    }

    @Test
    void theEnvironmentOfTheStartReachesCommands() {
        assertThat(client.run(sandbox, "echo $GIVEN,$NUMBER,$RUNTIME_ID,${WORK_PORT_1:+port}")
                        .getString("content"))
                .isEqualTo("a b,7," + sandbox.getString("runtime_id") + ",port\n");
    }

    @Test
    void exportedVariablesAndTheFolderPassToTheNextCommand() {
        client.run(sandbox, "mkdir -p deep; cd deep; export SAID=\"it's \\\"so\\\"\"; unexported=1");

        JsonObject next = client.run(sandbox, "echo \"$SAID|$unexported|$(basename \"$PWD\")\"; cd ..; unset SAID");

        assertThat(next.getString("content")).isEqualTo("it's \"so\"||deep\n");
        assertThat(client.run(sandbox, "echo \"[$SAID]\"").getString("content")).isEqualTo("[]\n");
    }

    @Test
    void aCommandThatTakesTooLongIsCutOffWithItsChildren() {
        HttpResponse<Buffer> answer = client.action(
                sandbox,
                "run",
                new JsonObject()
                        .put("command", "echo begun; sleep 321 & sleep 322; echo no")
                        .put("timeout", 0.4));

        JsonObject observation = answer.bodyAsJsonObject();
        assertThat(observation.getString("content")).startsWith("begun\n").contains("cut off after 0.4 seconds");
        assertThat(observation.getJsonObject("extras").getJsonObject("metadata").getInteger("exit_code"))
                .isEqualTo(-1);
        assertThat(client.run(sandbox, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 32[12]'")
                        .getString("content"))
                .isEqualTo("0\n");
    }

    @Test
    void aBackgroundProcessThatHoldsTheOutputDoesNotHoldTheAnswer() {
        JsonObject observation = client.run(sandbox, "(sleep 1; echo later > survived; echo more) & echo now");

        assertThat(observation.getString("content")).isEqualTo("now\n");
        HostClient.await(
                "the background process lives on",
                () -> client.list(sandbox, "/workspace").contains("survived"));
    }

    @Test
    void longOutputKeepsItsBeginAndItsEnd() {
        JsonObject observation = client.run(sandbox, "echo first; head -c 1000000 /dev/zero | tr '\\0' x; echo last");

        assertThat(observation.getString("content"))
                .startsWith("first\n")
                .endsWith("last\n")
                .contains("bytes left out")
                .hasSizeLessThan(66_000);
        assertThat(observation.getJsonObject("extras").getBoolean("truncated")).isTrue();
    }

    @Test
    void commandsRunOneAfterAnother() {
        client.run(sandbox, "echo 0 > counter");
        List<Future<HttpResponse<Buffer>>> all = IntStream.range(0, 10)
                .mapToObj(i -> client.sandbox(
                        HttpMethod.POST,
                        sandbox,
                        "/execute_action",
                        new JsonObject()
                                .put(
                                        "action",
                                        new JsonObject()
                                                .put("action", "run")
                                                .put(
                                                        "args",
                                                        new JsonObject()
                                                                .put(
                                                                        "command",
                                                                        "echo $(($(cat counter)+1)) > counter")))
                                .toBuffer()))
                .toList();
        within(Future.all(all));

        assertThat(client.run(sandbox, "cat counter").getString("content")).isEqualTo("10\n");
    }

    @Test
    void whatIsWrittenIsRead() {
        JsonObject written = write("dir/file.txt", "one\ntwo\nthree\n");

        assertThat(written.getString("observation")).isEqualTo("write");
        assertThat(read(new JsonObject().put("path", "/workspace/dir/file.txt")))
                .isEqualTo("one\ntwo\nthree\n");
        assertThat(read(new JsonObject()
                        .put("path", "dir/file.txt")
                        .put("start", 1)
                        .put("end", 2)))
                .isEqualTo("two\n");
    }

    @Test
    void pathsThatLeadOutAreRefused() {
        client.run(sandbox, "ln -sfn /etc out");

        for (String path : List.of("../../x", "/etc/passwd", "out/passwd", "/workspace/../x", "a\0b")) {
            JsonObject observation = client.action(sandbox, "read", new JsonObject().put("path", path))
                    .bodyAsJsonObject();
            assertThat(observation.getString("observation")).as(path).isEqualTo("error");
            assertThat(write(path, "x").getString("observation")).as(path).isEqualTo("error");
        }
        assertThat(client.upload(sandbox, "destination=/workspace/out", "f", Buffer.buffer("x"))
                        .statusCode())
                .isEqualTo(422);
        assertThat(client.sandboxGet(sandbox, "/download_files?path=/etc").statusCode())
                .isEqualTo(422);
    }

    @Test
    void anUploadedFileIsListedAndDownloadedAsZip() throws IOException {
        HttpResponse<Buffer> uploaded =
                client.upload(sandbox, "destination=/workspace/up", "big.bin", Buffer.buffer(new byte[3_000_000]));

        assertThat(uploaded.bodyAsJsonObject().getString("filename")).isEqualTo("big.bin");
        assertThat(client.list(sandbox, "/workspace/up")).containsExactly("big.bin");
        HttpResponse<Buffer> zip = client.sandboxGet(sandbox, "/download_files?path=/workspace/up");
        assertThat(zip.getHeader("content-disposition")).contains("up.zip");
        assertThat(unzipped(zip.body())).containsOnlyKeys("big.bin");
        assertThat(unzipped(zip.body()).get("big.bin")).hasSize(3_000_000);
    }

    @Test
    void aHundredMebibytesGoInAndOutOfASmallHeap() throws IOException {
        Path big = noise(directory.resolve("big.bin"));
        Path zip = directory.resolve("big.zip");

        client.uploadFile(sandbox, "destination=/workspace/huge", big);
        client.download(sandbox, "/download_files?path=/workspace/huge", zip);

        try (ZipFile archive = new ZipFile(zip.toFile());
                InputStream content = archive.getInputStream(archive.getEntry("big.bin"));
                InputStream original = Files.newInputStream(big)) {
            assertThat(checksum(content)).isEqualTo(checksum(original));
        }
        // The program's heap is limited to 96 MiB: holding either would have ended it.
        long resident = client.sandboxGet(sandbox, "/server_info")
                .bodyAsJsonObject()
                .getJsonObject("resources")
                .getJsonObject("memory")
                .getLong("rss");
        assertThat(resident).isLessThan(300L * 1024 * 1024);
    }

    @Test
    void aZipIsUnpackedButNotPastItsFolder() throws IOException {
        Buffer good = zip(Map.of("a/b.txt", "b"));
        Buffer evil = zip(Map.of("../evil.txt", "e"));

        assertThat(client.upload(sandbox, "destination=/workspace/z&recursive=true", "z.zip", good)
                        .statusCode())
                .isEqualTo(200);
        assertThat(client.upload(sandbox, "destination=/workspace/z&recursive=true", "z.zip", evil)
                        .statusCode())
                .isEqualTo(422);

        assertThat(read(new JsonObject().put("path", "z/a/b.txt"))).isEqualTo("b");
        assertThat(client.list(sandbox, "/workspace/z")).containsExactly("a/");
        assertThat(client.list(sandbox, "/")).doesNotContain("evil.txt");
    }

    @Test
    void onlyTheSessionKeyOpens() {
        JsonObject stranger = sandbox.copy().put("session_api_key", "wrong");

        assertThat(client.sandboxGet(stranger, "/alive").statusCode()).isEqualTo(200);
        assertThat(client.sandboxGet(stranger, "/server_info")
                        .bodyAsJsonObject()
                        .getDouble("idle_time"))
                .isNotNegative();
        HttpResponse<Buffer> refused = client.sandboxGet(stranger, "/vscode/connection_token");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.bodyAsJsonObject().getString("detail")).isEqualTo("Invalid API Key");
        assertThat(client.sandboxGet(sandbox, "/vscode/connection_token").bodyAsString())
                .isEqualTo("{\"token\":null}");
    }

    @Test
    void whatMakesNoSenseIsSaidSo() {
        assertThat(client.action(sandbox, "dance", new JsonObject())
                        .bodyAsJsonObject()
                        .getString("detail"))
                .contains("run, read, write");
        assertThat(client.action(sandbox, "dance", new JsonObject()).statusCode())
                .isEqualTo(400);
        assertThat(client.action(sandbox, "run", new JsonObject()).statusCode()).isEqualTo(422);
        assertThat(client.sandboxGet(sandbox, "/nowhere").statusCode()).isEqualTo(404);
        assertThat(client.sandboxGet(sandbox, "/download_files?path=/workspace/none")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void threeHundredRequestsAtOncePassTheRouter() {
        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 300)
                .mapToObj(i -> client.sandbox(HttpMethod.GET, sandbox, "/alive?i=" + i, Buffer.buffer()))
                .toList();

        within(Future.all(answers));
        assertThat(answers).allMatch(answer -> answer.result().statusCode() == 200);
    }

    /** 100 MiB that no archive makes smaller. */
    private static Path noise(Path file) throws IOException {
        byte[] block = new byte[1024 * 1024];
        new Random(1).nextBytes(block);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 100; i++) {
                out.write(block);
            }
        }
        return file;
    }

    private static long checksum(InputStream in) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
        checked.transferTo(OutputStream.nullOutputStream());
        return checked.getChecksum().getValue();
    }

    private static JsonObject write(String path, String content) {
        return client.action(
                        sandbox, "write", new JsonObject().put("path", path).put("content", content))
                .bodyAsJsonObject();
    }

    private static String read(JsonObject args) {
        return client.action(sandbox, "read", args).bodyAsJsonObject().getString("content");
    }

    private static Buffer zip(Map<String, String> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return Buffer.buffer(bytes.toByteArray());
    }

    private static Map<String, byte[]> unzipped(Buffer body) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(body.getBytes()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), zip.readAllBytes());
            }
        }
        return files;
    }
}
