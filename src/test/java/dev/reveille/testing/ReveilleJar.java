package dev.reveille.testing;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The jar as operators run it: processes of their own, on free ports, with their sandboxes in one folder. */
public final class ReveilleJar implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("Reveille listens on (\\S+), .* on (\\S+)");
    private static final int PATIENCE_SECONDS = 60;
    private static final Path JAR = Path.of(System.getProperty("reveille.jar"));

    private final Path folder;
    private final List<Process> started = new ArrayList<>();

    /** @param folder for sandboxes and what is written to standard error */
    public ReveilleJar(Path folder) {
        this.folder = folder;
    }

    /** Runs a command to its end. */
    public Ended run(Map<String, String> environment, String... arguments) {
        try {
            Process process = start(List.of(), environment, List.of(arguments));
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_SECONDS, SECONDS)) {
                throw new AssertionError("it did not end");
            }
            return new Ended(process.exitValue(), out, Files.readString(errors(started.size() - 1)));
        } catch (IOException | InterruptedException broken) {
            throw new AssertionError(broken);
        }
    }

    /** Starts a gateway; it listens when this returns. */
    public Serving serve(List<String> jvmOptions, Map<String, String> environment, String... options) {
        try {
            List<String> arguments = new ArrayList<>(List.of("serve"));
            arguments.addAll(List.of(options));
            Process process = start(jvmOptions, environment, arguments);
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                Matcher listens = LISTENS.matcher(line);
                if (listens.find()) {
                    return new Serving(process, URI.create(listens.group(1)), URI.create(listens.group(2)));
                }
            }
            throw new AssertionError("it ended before it listened: " + Files.readString(errors(started.size() - 1)));
        } catch (IOException broken) {
            throw new AssertionError(broken);
        }
    }

    /** Ends what a test has left running, sandboxes too. */
    @Override
    public void close() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Process start(List<String> jvmOptions, Map<String, String> environment, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:SharedArchiveFile=" + SharedClasses.archive(JAR));
        command.addAll(jvmOptions);
        command.add("-jar");
        command.add(JAR.toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("REVEILLE_"));
        builder.environment().putAll(onFreePorts(environment));
        builder.redirectError(errors(started.size()).toFile());
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Map<String, String> onFreePorts(Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(Map.of(
                "REVEILLE_HTTP_PORT", "0",
                "REVEILLE_ADMIN_PORT", "0",
                "REVEILLE_SHUTDOWN_NOT_READY", "0",
                "REVEILLE_REGISTRY_DIRECTORY", folder.resolve("registry").toString(),
                "REVEILLE_EMBEDDED_DIRECTORY", folder.resolve("sandboxes").toString()));
        all.putAll(environment);
        return all;
    }

    private Path errors(int process) {
        return folder.resolve("err-" + process);
    }

    /** A command that has ended. */
    public record Ended(int code, String out, String err) {}

    /** A gateway that runs. */
    public record Serving(Process process, URI url, URI admin) {
        /** Tells it to stop and waits until it has. @return its exit code */
        public int stop() {
            process.destroy();
            try {
                if (!process.waitFor(PATIENCE_SECONDS, SECONDS)) {
                    throw new AssertionError("it did not end");
                }
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
            return process.exitValue();
        }
    }
}
