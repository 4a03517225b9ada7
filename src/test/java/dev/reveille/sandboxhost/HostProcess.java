package dev.reveille.sandboxhost;

import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.Isolation;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A host in a process of its own, to be killed. */
final class HostProcess {
    private final Process process;

    /** Where it listens. */
    private final int port;

    private HostProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static HostProcess over(Path directory, List<String> command) throws IOException {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                path,
                HostProcess.class.getName(),
                directory.toString()));
        words.addAll(command);
        Process process = new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("port ")) {
                return new HostProcess(process, Integer.parseInt(line.substring(5)));
            }
        }
        throw new IOException(
                "It ended with " + process.destroyForcibly().onExit().join().exitValue());
    }

    public static void main(String[] args) {
        EmbeddedSettings settings = new EmbeddedSettings(
                Path.of(args[0]), List.of(args).subList(1, args.length), Isolation.NONE, 10, Duration.ofSeconds(20));
        SandboxHost host = new SandboxHost(Vertx.vertx(), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopLate(host)));
        host.start(0).onSuccess(port -> System.out.println("port " + port)).onFailure(Throwable::printStackTrace);
    }

    /** As a gateway that drains first: the sandboxes, told to end when it was, are gone by then. */
    private static void stopLate(SandboxHost host) {
        ProcessHandle.current().children().forEach(child -> child.onExit().join());
        HostClient.within(host.stop());
    }

    int port() {
        return port;
    }

    /** As an operator's {@code kill}, or Ctrl-C: its shutdown hooks run. */
    void terminate() {
        process.destroy();
        process.onExit().join();
    }

    /** As {@code kill -9}: it can do nothing about it. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }
}
