package dev.reveille.sandboxhost;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * Where a sandbox lives on disk: its record, its workspace, its home, and what the program remembers. All of it is for
 * the user only who runs the host. Blocks.
 */
record SandboxFolder(Path path) {
    private static final FileAttribute<Set<PosixFilePermission>> OWN_FILE = permissions("rw-------");
    private static final FileAttribute<Set<PosixFilePermission>> OWN_FOLDER = permissions("rwx------");

    /** A body of {@code /start} has at most 1 MiB: what is much larger is nothing of ours. */
    private static final long RECORD_LIMIT = 4 * 1024 * 1024;

    Path workspace() {
        return path.resolve("workspace");
    }

    /** What is the sandbox's but not the workspace. */
    Path own() {
        return path.resolve("sandbox");
    }

    Path home() {
        return own().resolve("home");
    }

    Path state() {
        return own().resolve("state");
    }

    void create() throws IOException {
        createFolder(workspace());
        createFolder(home());
        createFolder(state());
    }

    /** Creates a folder that is for this user only, with those on the way; fine where there is one. */
    static void createFolder(Path folder) throws IOException {
        Files.createDirectories(folder, OWN_FOLDER);
    }

    /** Replaces the record: whoever reads it finds the old one or this one, even if the machine fails meanwhile. */
    void write(SandboxRecord record) throws IOException {
        createFolder(path);
        Path next = path.resolve("sandbox.json.next");
        Files.deleteIfExists(next);
        Set<StandardOpenOption> fresh = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel file = FileChannel.open(next, fresh, OWN_FILE)) {
            ByteBuffer bytes = ByteBuffer.wrap(record.json().toBuffer().getBytes());
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * @throws IOException when it cannot be read
     * @throws RuntimeException when it is not the record of a sandbox that lives in this folder
     */
    SandboxRecord read() throws IOException {
        BasicFileAttributes file = Files.readAttributes(file(), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!file.isRegularFile() || file.size() > RECORD_LIMIT) {
            throw new IOException("sandbox.json is not a file of at most " + RECORD_LIMIT + " bytes");
        }
        SandboxRecord record = SandboxRecord.of(new JsonObject(Buffer.buffer(Files.readAllBytes(file()))));
        if (!path.endsWith(record.runtimeId())) {
            throw new IllegalArgumentException("sandbox.json is of another sandbox");
        }
        return record;
    }

    /** Deletes everything, the record last; a link is deleted, not followed. Twice is fine. */
    void delete() throws IOException {
        for (Path part : List.of(workspace(), own(), path)) {
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                Files.walkFileTree(part, new Deleter());
            }
        }
    }

    private Path file() {
        return path.resolve("sandbox.json");
    }

    private static FileAttribute<Set<PosixFilePermission>> permissions(String text) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
    }

    private static final class Deleter extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
