package dev.reveille.sandboxhost;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One running process of a sandbox, with all that it has started. Its standard input stays open as long as we live. */
final class SandboxProcess {
    private static final long TERM_MILLIS = 2_000;
    private static final long LOOK_AGAIN_MILLIS = 5;
    private static final int SIGNALLED = 128;
    private static final long LAST_WORDS_MILLIS = 200;
    private static final String MARK = "RUNTIME_ID=";
    private static final Pattern ZERO = Pattern.compile("\0", Pattern.LITERAL);

    private final Process process;
    private final String runtimeId;
    private final boolean wrapped;
    private final OutputTail output = new OutputTail();
    private final Thread reader;

    private SandboxProcess(Process process, Launch launch) {
        this.process = process;
        this.runtimeId = launch.runtimeId();
        this.wrapped = launch.wrapped();
        this.reader = new Thread(() -> output.follow(process.getInputStream()), "sandbox-output-" + runtimeId);
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * What to start.
     *
     * @param environment all of it: nothing is inherited
     * @param wrapped whether bubblewrap stands between us and the sandbox
     */
    record Launch(
            String runtimeId, List<String> command, Map<String, String> environment, Path directory, boolean wrapped) {}

    /** Starts it. Blocks for some milliseconds. */
    static SandboxProcess start(Launch launch) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(launch.command())
                .directory(launch.directory().toFile())
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(launch.environment());
        return new SandboxProcess(builder.start(), launch);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Completes on the context when the process has gone, with how it went and its last words. */
    Future<String> gone(Context context) {
        return Future.fromCompletionStage(
                process.onExit().thenApplyAsync(this::reason, SandboxProcess::background), context);
    }

    /**
     * Ends it: politely first, after 2 s by force, and with it everything that carries its runtime id.
     *
     * @return succeeds when it is gone; may be called again and after it has gone
     */
    Future<Void> end() {
        return Future.fromCompletionStage(CompletableFuture.runAsync(this::endNow, SandboxProcess::background));
    }

    /**
     * Asks it to end, and does not wait.
     *
     * <p>Bubblewrap would die of the signal and take the sandbox down by force, so those behind it get it instead.
     */
    void terminate() {
        if (wrapped) {
            process.descendants().forEach(ProcessHandle::destroy);
        } else {
            process.destroy();
        }
    }

    private static void background(Runnable wait) {
        Thread thread = new Thread(wait, "sandbox-end");
        thread.setDaemon(true);
        thread.start();
    }

    private void endNow() {
        terminate();
        try {
            process.onExit().get(TERM_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        process.onExit().join();
        killLeftovers(Set.of(runtimeId));
    }

    private void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /**
     * Kills whatever belongs to these sandboxes, until nothing does. What they left in the background is nobody's child;
     * its environment still tells whose it is. Blocks, for 2 s at most.
     */
    static void killLeftovers(Set<String> runtimeIds) {
        long begun = System.nanoTime();
        List<ProcessHandle> left = leftovers(runtimeIds);
        while (!left.isEmpty() && System.nanoTime() - begun < TimeUnit.MILLISECONDS.toNanos(TERM_MILLIS)) {
            left.forEach(ProcessHandle::destroyForcibly);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_AGAIN_MILLIS));
            left = leftovers(runtimeIds);
        }
    }

    private static List<ProcessHandle> leftovers(Set<String> runtimeIds) {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(candidate -> belongs(candidate, runtimeIds)).toList();
        }
    }

    private static boolean belongs(ProcessHandle candidate, Set<String> runtimeIds) {
        return ZERO.splitAsStream(environment(candidate))
                .anyMatch(entry -> entry.startsWith(MARK) && runtimeIds.contains(entry.substring(MARK.length())));
    }

    private static String environment(ProcessHandle candidate) {
        try {
            Path file = Path.of("/proc", String.valueOf(candidate.pid()), "environ");
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException notOurs) {
            return "";
        }
    }

    private String reason(Process ended) {
        try {
            reader.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int code = ended.exitValue();
        String how = code > SIGNALLED ? "ended by signal " + (code - SIGNALLED) : "exited with code " + code;
        String words = output.text();
        return words.isEmpty() ? how : how + ": " + words;
    }
}
