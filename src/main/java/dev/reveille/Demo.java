package dev.reveille;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.reveille.config.Logging;
import dev.reveille.config.Settings;
import dev.reveille.config.SettingsReader;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The main job, shown on this machine: a gateway with the embedded host, on free ports, used as clients use it. Every step
 * is checked.
 */
final class Demo {
    private static final String SESSION = "demo";
    private static final int FAILED = 1;
    private static final int PATIENCE_SECONDS = 120;

    private final PrintWriter out;
    private final int together;
    private final int wakes;
    private final Timeline timeline = new Timeline();
    private Platform platform;
    private WebSocketClient watcher;
    private Gateway gateway;
    private WebClient client;
    private String runtimeId;
    private String sessionKey;

    /**
     * @param together how many requests are sent at once to the paused sandbox, at least 1
     * @param wakes how many wakes the figure at the end is the median of, at least 1
     */
    Demo(PrintWriter out, int together, int wakes) {
        this.out = out;
        this.together = together;
        this.wakes = wakes;
    }

    /** @return 0 if every step held, else 1 */
    int run() {
        Path directory = temporaryFolder();
        Settings settings = SettingsReader.read(
                Optional.empty(),
                Map.of(
                        "REVEILLE_HTTP_PORT", "0",
                        "REVEILLE_ADMIN_PORT", "0",
                        "REVEILLE_EMBEDDED_DIRECTORY", directory.toString(),
                        "REVEILLE_REGISTRY_DIRECTORY", "none",
                        "REVEILLE_SHUTDOWN_NOT_READY", "0",
                        "REVEILLE_LOG_LEVEL", "error"));
        Logging.apply(settings.log());
        platform = await(Platform.start(settings.cluster()));
        try {
            gateway = await(platform.gateway(settings));
            client = WebClient.wrap(platform.vertx().createHttpClient(new PoolOptions().setHttp1MaxSize(together)));
            say("A gateway listens on %s, in front of its embedded sandbox host.", gateway.publicUrl());
            say("Its console is %s/console/ as long as this runs.", gateway.publicUrl());
            steps();
            say("%nEvery step held.");
            return 0;
        } catch (Failed failed) {
            say("%nFAILED: %s", failed.getMessage());
            return FAILED;
        } finally {
            timeline.print(out);
            if (gateway != null) {
                stop();
            }
            platform.close();
            delete(directory);
            out.flush();
        }
    }

    private void steps() {
        open();
        use();
        pause();
        wakeTogether();
        readBack();
        measureWakes();
        kill();
        close();
    }

    private void open() {
        long begun = System.nanoTime();
        HttpResponse<Buffer> accepted =
                await(api(HttpMethod.PUT, "").sendJsonObject(new JsonObject().put("image", "demo")));
        expect(accepted, 202);
        watch();
        JsonObject document = expect(
                        await(api(HttpMethod.PUT, "")
                                .putHeader("Prefer", "wait=60")
                                .sendJsonObject(new JsonObject().put("image", "demo"))),
                        200)
                .bodyAsJsonObject();
        check(document.getString("state").equals("running"), "the session is " + document.getString("state"));
        runtimeId = document.getString("runtime_id");
        sessionKey = document.getString("session_api_key");
        say("1. opened session %s: its sandbox %s runs after %d ms", SESSION, runtimeId, millisSince(begun));
    }

    private void watch() {
        WebSocketConnectOptions options = new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(gateway.port())
                .setURI("/api/v1/sessions/" + SESSION + "/events");
        // Held, as Vert.x closes the connections of one that nobody holds.
        watcher = platform.vertx().createWebSocketClient();
        await(watcher.connect(options)
                .onSuccess(socket -> socket.textMessageHandler(text -> timeline.add(new JsonObject(text)))));
    }

    private void use() {
        JsonObject ran = act("run", new JsonObject().put("command", "echo hello from $(uname -s), process $$"));
        String said = ran.getString("content", "").strip();
        check(said.startsWith("hello from"), "the command said: " + said);
        act("write", new JsonObject().put("path", "/workspace/note.txt").put("content", "written before the pause\n"));
        say("2. ran a command in it (\"%s\") and wrote a file", said);
    }

    private void pause() {
        long begun = System.nanoTime();
        putToSleep();
        say("3. paused it in %d ms: its process has ended, its files are kept", millisSince(begun));
    }

    private void putToSleep() {
        JsonObject document = expect(
                        await(api(HttpMethod.POST, "/pause")
                                .putHeader("Prefer", "wait=60")
                                .send()),
                        200)
                .bodyAsJsonObject();
        check(document.getString("state").equals("paused"), "the session is " + document.getString("state"));
    }

    private void wakeTogether() {
        long begun = System.nanoTime();
        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, together)
                .mapToObj(i -> sandbox("/list_files").sendJsonObject(new JsonObject()))
                .toList();
        await(Future.join(answers).otherwiseEmpty());
        long took = millisSince(begun);
        long succeeded = answers.stream()
                .filter(a -> a.succeeded() && a.result().statusCode() == 200)
                .count();
        check(succeeded == together, succeeded + " of " + together + " requests succeeded");
        long resumes = resumes();
        check(resumes == 1, "there were " + resumes + " calls of /resume (expected: 1)");
        say(
                "4. sent %d requests at once to the paused sandbox: all answered 200 after %d ms, calls of /resume: %d;"
                        + "%n   the sandbox itself took %d ms to start",
                together, took, resumes, ownStart());
    }

    private void readBack() {
        JsonObject read = act("read", new JsonObject().put("path", "/workspace/note.txt"));
        check(
                read.getString("content", "").contains("written before the pause"),
                "the file holds: " + read.getString("content"));
        say("5. read the file back: it is as it was");
    }

    /** What a wake costs beyond the sandbox's own start, from one request's sending to its answer. */
    private void measureWakes() {
        timeline.quiet(true);
        List<Long> beyond = new ArrayList<>();
        out.print("6. waking it " + wakes + " times more ");
        for (int i = 0; i < wakes; i++) {
            putToSleep();
            long begun = System.nanoTime();
            expect(await(sandbox("/list_files").sendJsonObject(new JsonObject())), 200);
            beyond.add(millisSince(begun) - ownStart());
            out.print(".");
            out.flush();
        }
        timeline.quiet(false);
        beyond.sort(Comparator.naturalOrder());
        say(
                "%n   a wake took %d ms beyond the sandbox's own start (median of %d; least %d, most %d)",
                beyond.get(beyond.size() / 2), wakes, beyond.get(0), beyond.get(beyond.size() - 1));
    }

    private void kill() {
        List<ProcessHandle> sandboxes = ProcessHandle.current().descendants().toList();
        check(!sandboxes.isEmpty(), "the sandbox has no process");
        sandboxes.forEach(ProcessHandle::destroyForcibly);
        sandboxes.forEach(process -> process.onExit().join());
        HttpResponse<Buffer> answer = await(sandbox("/list_files").sendJsonObject(new JsonObject()));
        expect(answer, 502);
        JsonObject problem = answer.bodyAsJsonObject();
        check("runtime_disconnected".equals(problem.getString("code")), "the answer was " + problem.encode());
        say("7. killed its process; a request gets %d and is told why:%n%s", answer.statusCode(), indented(problem));
    }

    private void close() {
        JsonObject document = expect(
                        await(api(HttpMethod.DELETE, "")
                                .putHeader("Prefer", "wait=60")
                                .send()),
                        200)
                .bodyAsJsonObject();
        check(document.getString("state").equals("stopped"), "the session is " + document.getString("state"));
        say("8. closed it");
    }

    private JsonObject act(String action, JsonObject arguments) {
        JsonObject body = new JsonObject()
                .put("action", new JsonObject().put("action", action).put("args", arguments));
        JsonObject observation = expect(await(sandbox("/execute_action").sendJsonObject(body)), 200)
                .bodyAsJsonObject();
        check(!"error".equals(observation.getString("observation")), "the sandbox said: " + observation.encode());
        return observation;
    }

    private HttpRequest<Buffer> api(HttpMethod method, String verb) {
        return client.request(method, gateway.port(), "127.0.0.1", "/api/v1/sessions/" + SESSION + verb);
    }

    private HttpRequest<Buffer> sandbox(String path) {
        return client.post(gateway.port(), "127.0.0.1", "/" + runtimeId + "/runtime" + path)
                .putHeader("X-Session-API-Key", sessionKey);
    }

    private long resumes() {
        String metrics = await(
                        client.get(gateway.adminPort(), "127.0.0.1", "/metrics").send())
                .bodyAsString();
        return metrics.lines()
                .filter(line -> line.startsWith("reveille_upstream_calls_seconds_count") && line.contains("\"resume\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** What the host measured: from accepting the resume to the first 200 of the sandbox's own {@code /alive}. */
    private long ownStart() {
        JsonObject record = await(client.getAbs(gateway.runtimeApi() + "/sessions/" + SESSION)
                        .send())
                .bodyAsJsonObject();
        return record.getLong("last_start_millis", 0L);
    }

    private static HttpResponse<Buffer> expect(HttpResponse<Buffer> response, int status) {
        check(
                response.statusCode() == status,
                "expected " + status + ", got " + response.statusCode() + ": " + response.bodyAsString());
        return response;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new Failed(otherwise);
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.await(PATIENCE_SECONDS, SECONDS);
        } catch (TimeoutException late) {
            throw new Failed("no answer within " + PATIENCE_SECONDS + " s");
        } catch (RuntimeException failed) {
            throw failed;
        } catch (Exception failed) {
            throw new Failed(String.valueOf(failed.getMessage()));
        }
    }

    private void stop() {
        try {
            gateway.stop().await(PATIENCE_SECONDS, SECONDS);
        } catch (TimeoutException late) {
            say("the gateway did not stop in time");
        }
    }

    private void say(String format, Object... arguments) {
        out.println(String.format(format, arguments));
        out.flush();
    }

    private static String indented(JsonObject json) {
        return json.encodePrettily().indent(3).stripTrailing();
    }

    private static long millisSince(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("reveille-demo-");
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException leftover) {
            // A folder among the temporary ones; the system clears those.
        }
    }

    /** A step that did not hold. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Failed(String why) {
            super(why, null, false, false);
        }
    }
}
