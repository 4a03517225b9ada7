package dev.reveille.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The classes of a jar as a JVM takes them without reading them anew: half of what the many processes of the tests do. */
final class SharedClasses {
    private static final int PATIENCE_SECONDS = 60;

    private SharedClasses() {}

    /** Made by whoever comes first, beside the jar. A JVM that cannot use it does without. */
    static synchronized Path archive(Path jar) {
        Path archive = jar.resolveSibling(jar.getFileName() + ".jsa");
        try (RandomAccessFile door = new RandomAccessFile(archive + ".lock", "rw");
                FileLock others = door.getChannel().lock()) {
            if (others.isValid() && !isOf(archive, jar)) {
                make(archive, jar);
            }
        } catch (IOException | InterruptedException broken) {
            throw new AssertionError(broken);
        }
        return archive;
    }

    private static boolean isOf(Path archive, Path jar) throws IOException {
        return Files.exists(archive)
                && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) > 0;
    }

    /** Of what one node of a cluster loads until it listens. */
    private static void make(Path archive, Path jar) throws IOException, InterruptedException {
        Path made = archive.resolveSibling(archive.getFileName() + ".new");
        Path folder = Files.createDirectories(archive.resolveSibling("shared-classes"));
        ProcessBuilder node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:ArchiveClassesAtExit=" + made,
                        "-jar",
                        jar.toString(),
                        "serve",
                        "--cluster")
                .directory(folder.toFile())
                .redirectErrorStream(true);
        node.environment().keySet().removeIf(name -> name.startsWith("REVEILLE_"));
        node.environment()
                .putAll(Map.of(
                        "REVEILLE_HTTP_PORT",
                        "0",
                        "REVEILLE_ADMIN_PORT",
                        "0",
                        "REVEILLE_CLUSTER_NAME",
                        "alone-" + ProcessHandle.current().pid(),
                        "REVEILLE_SHUTDOWN_NOT_READY",
                        "0",
                        "REVEILLE_REGISTRY_DIRECTORY",
                        folder.toString(),
                        "REVEILLE_EMBEDDED_DIRECTORY",
                        folder.toString()));
        Process process = node.start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.contains("Reveille listens on")) {
                    process.toHandle().destroy();
                }
            }
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it did not end");
            }
        } finally {
            process.destroyForcibly();
        }
        Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
    }
}
