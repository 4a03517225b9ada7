package dev.reveille.sandboxhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The wall around a sandbox where {@code bwrap} works: the machine read-only, without anybody's home and without other
 * sandboxes; its own workspace and a /tmp of its own writable; its own processes only. The network is shared.
 */
record Bubblewrap(String program) {
    private static final Set<String> OWN = Set.of("proc", "dev", "tmp", "run", "workspace", "sandbox");

    private static final Set<Path> HOMES = Set.of(Path.of("/home"), Path.of("/root"));

    /** Accounts of services have their home there, which hides nothing and is needed. */
    private static final Set<String> SYSTEM =
            Set.of("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr");

    private static final long PROBE_SECONDS = 5;

    /** Whether it is installed and this machine lets it work. Blocks for some milliseconds. */
    boolean works() {
        List<String> line = new ArrayList<>(base());
        line.add("true");
        try {
            Process probe = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            boolean ended = probe.waitFor(PROBE_SECONDS, TimeUnit.SECONDS);
            probe.destroyForcibly();
            return ended && probe.exitValue() == 0;
        } catch (IOException notInstalled) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * The folders that may hold what a user of this machine would not show: all homes, and where all sandboxes live.
     *
     * @param homes of the user who runs the host, wherever they are
     * @param sandboxes where all sandboxes live
     */
    static List<Path> secrets(Set<Path> homes, Path sandboxes) throws IOException {
        List<Path> secrets = new ArrayList<>();
        for (Path folder : Stream.concat(HOMES.stream(), homes.stream()).toList()) {
            if (Files.isDirectory(folder) && !isSystem(folder.toRealPath())) {
                secrets.add(folder.toRealPath());
            }
        }
        secrets.add(sandboxes.toRealPath());
        // From the outside in: hiding a folder also hides what was done to those inside.
        return secrets.stream().distinct().sorted().toList();
    }

    private static boolean isSystem(Path folder) {
        return folder.getNameCount() == 0 || SYSTEM.contains(folder.getName(0).toString());
    }

    /**
     * @param hidden folders of which nothing is seen, from the outside in
     * @param readable what stays readable even in one that is hidden
     */
    List<String> wrap(List<String> command, SandboxFolder folder, List<Path> hidden, List<String> readable) {
        List<String> line = new ArrayList<>(base());
        hidden.forEach(path -> line.addAll(List.of("--tmpfs", path.toString())));
        readable.forEach(path -> line.addAll(List.of("--ro-bind", path, path)));
        line.addAll(List.of("--bind", folder.workspace().toString(), "/workspace"));
        line.addAll(List.of("--bind", folder.own().toString(), "/sandbox"));
        hidden.forEach(path -> line.addAll(List.of("--remount-ro", path.toString())));
        line.addAll(List.of("--remount-ro", "/"));
        line.addAll(List.of("--chdir", "/workspace", "--"));
        line.addAll(command);
        return line;
    }

    /** /run holds sockets of the machine's services: of it only what names are resolved with is shown. */
    private List<String> base() {
        List<String> line = new ArrayList<>(List.of(program, "--unshare-pid", "--die-with-parent", "--new-session"));
        try (Stream<Path> top = Files.list(Path.of("/"))) {
            top.filter(path -> !OWN.contains(path.getFileName().toString())).forEach(path -> line.addAll(shown(path)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        line.addAll(List.of("--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"));
        line.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"));
        return line;
    }

    private static List<String> shown(Path path) {
        try {
            return Files.isSymbolicLink(path)
                    ? List.of("--symlink", Files.readSymbolicLink(path).toString(), path.toString())
                    : List.of("--ro-bind-try", path.toString(), path.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
