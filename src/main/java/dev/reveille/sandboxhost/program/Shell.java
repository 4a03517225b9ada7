package dev.reveille.sandboxhost.program;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs commands one after another, as if typed into one shell.
 *
 * <p>Each command is a bash of its own, in its own process group so that all of it can be killed. Exported variables and
 * the working directory pass from one to the next through files in the state folder.
 */
final class Shell {
    private static final int MAX_WAITING = 4096;
    private static final int OUTPUT_LIMIT = 64 * 1024;
    private static final Duration GRACE = Duration.ofMillis(250);

    private static final String SCRIPT = """
            __state=$1
            __save() {
              { export -p; export -pf; } >| "$__state/environment" 2>/dev/null
              printf '%s' "$PWD" >| "$__state/directory"
            }
            if [ -f "$__state/environment" ]; then
              for __name in $(compgen -e); do unset "$__name"; done 2>/dev/null
              . "$__state/environment" 2>/dev/null
              cd "$(<"$__state/directory")" 2>/dev/null
            fi
            trap '__code=$?; __save; exit "$__code"' EXIT
            eval "$(<"$__state/command")"
            __code=$?; __save; exit "$__code"
            """;

    private final Path workspace;
    private final Path state;
    private final WorkerExecutor worker;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Set<Process> groups = ConcurrentHashMap.newKeySet();

    /**
     * @param workspace where the first command starts
     * @param state an existing folder outside the workspace; what an earlier program left there is forgotten
     */
    Shell(Vertx vertx, Path workspace, Path state) throws IOException {
        this.workspace = workspace;
        this.state = state;
        this.worker = vertx.createSharedWorkerExecutor("shell", 1, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        Files.deleteIfExists(environmentFile());
        Files.deleteIfExists(directoryFile());
    }

    /** Whether a command is running or waiting. */
    boolean busy() {
        return waiting.get() > 0;
    }

    /**
     * Runs a command once those before it have ended.
     *
     * @return how it went, also when it failed or ran out of time; fails with a {@link Refusal} (429) when too many wait
     */
    Future<Outcome> run(Command command) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return Future.failedFuture(
                    new Refusal(429, "commands waiting: " + MAX_WAITING + " (expected: fewer; try again later)"));
        }
        return worker.executeBlocking(() -> execute(command), false)
                .eventually(() -> Future.succeededFuture(waiting.decrementAndGet()));
    }

    /** Kills every command, with whatever it left running in the background. */
    void killAll() {
        groups.forEach(Shell::killGroup);
    }

    private Outcome execute(Command command) throws IOException, InterruptedException {
        Files.writeString(state.resolve("command"), command.text());
        List<Process> pipeline = ProcessBuilder.startPipeline(List.of(bash(), new ProcessBuilder("cat")));
        Process process = pipeline.get(0);
        groups.removeIf(Shell::isGone);
        groups.add(process);
        BoundedOutput output = new BoundedOutput(OUTPUT_LIMIT);
        Thread reader = new Thread(() -> output.drain(pipeline.get(1).getInputStream()), "output");
        reader.setDaemon(true);
        reader.start();
        boolean ended = process.waitFor(command.timeout().toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            killGroup(process);
            process.waitFor();
        }
        // A background process may hold the pipe for ever: it is drained on, but not waited for.
        reader.join(GRACE.toMillis());
        return new Outcome(command, ended ? process.exitValue() : -1, output, directory(), process.pid());
    }

    /** The cat behind bash keeps its output pipe open for background processes, which the JDK would close with bash. */
    private ProcessBuilder bash() {
        return new ProcessBuilder("setsid", "bash", "-c", SCRIPT, "bash", state.toString())
                .directory(workspace.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true);
    }

    private String directory() throws IOException {
        return Files.exists(directoryFile()) ? Files.readString(directoryFile()) : workspace.toString();
    }

    private Path environmentFile() {
        return state.resolve("environment");
    }

    private Path directoryFile() {
        return state.resolve("directory");
    }

    private static void killGroup(Process leader) {
        List<ProcessHandle> strays = leader.descendants().toList();
        signalGroup(leader, "KILL");
        leader.destroyForcibly();
        strays.forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean isGone(Process leader) {
        return !leader.isAlive() && signalGroup(leader, "0") != 0;
    }

    private static int signalGroup(Process leader, String signal) {
        try {
            String script = "kill -s " + signal + " -- -" + leader.pid() + " 2>/dev/null";
            return new ProcessBuilder("bash", "-c", script).start().waitFor();
        } catch (IOException e) {
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    /**
     * @param timeout from the command's own start, not counting the time it waits for others
     */
    record Command(String text, Duration timeout) {}

    /** How a command went; exit code -1: it was cut off. */
    record Outcome(Command command, int exitCode, BoundedOutput output, String directory, long pid) {
        String text() {
            return exitCode != -1
                    ? output.text()
                    : output.text() + "\n[The command was cut off after "
                            + command.timeout().toMillis() / 1000.0 + " seconds, with all that it had started]";
        }
    }
}
