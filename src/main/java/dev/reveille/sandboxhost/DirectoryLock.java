package dev.reveille.sandboxhost;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps a directory to one host, for as long as it is open. The system lets go of it when the process is killed. */
final class DirectoryLock implements AutoCloseable {
    /**
     * What this JVM holds. The system keeps such locks per process, and drops them when any channel on the file is
     * closed: a second host in this JVM must not even open it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel file;

    private DirectoryLock(Path directory, FileChannel file) {
        this.directory = directory;
        this.file = file;
    }

    /**
     * @param directory an existing one, by its real path
     * @throws IllegalStateException when another host has it
     */
    static DirectoryLock take(Path directory) throws IOException {
        if (!HELD.add(directory)) {
            throw taken(directory);
        }
        try {
            return open(directory);
        } catch (IOException | RuntimeException e) {
            HELD.remove(directory);
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
        HELD.remove(directory);
    }

    private static DirectoryLock open(Path directory) throws IOException {
        FileChannel file =
                FileChannel.open(directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = file.tryLock();
            if (lock == null) {
                throw taken(directory);
            }
            return new DirectoryLock(directory, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static IllegalStateException taken(Path directory) {
        return new IllegalStateException("embedded.directory: " + directory
                + " is in use by another Reveille (expected: a directory of its own for each)");
    }
}
