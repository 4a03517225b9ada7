package dev.reveille.sandboxhost.program;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Zips in and out of the workspace. Blocks. */
final class Archives {
    private static final int MAX_ENTRIES = 100_000;
    private static final long MAX_BYTES = 8L << 30;

    private final Workspace workspace;

    Archives(Workspace workspace) {
        this.workspace = workspace;
    }

    /**
     * Unpacks an archive into a folder.
     *
     * @throws Refusal (422) where it is no zip, holds more than 100,000 entries or 8 GiB, or an entry leads out of the
     *     folder; what came before that entry stays
     */
    void extract(Path archive, Path folder) throws IOException {
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
            long left = MAX_BYTES;
            int entries = 0;
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (++entries > MAX_ENTRIES) {
                    throw Refusal.parameter("file", "too many entries", "at most " + MAX_ENTRIES);
                }
                left -= extract(zip, entry, folder, left);
            }
            if (entries == 0) {
                throw Refusal.parameter("file", "no entries", "a zip");
            }
        } catch (ZipException e) {
            throw Refusal.parameter("file", "damaged", "a zip");
        }
    }

    /** Writes a folder's content, or one file, as a zip. Links that lead out of the workspace are left out. */
    void write(Path source, OutputStream out) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            if (Files.isDirectory(source)) {
                Files.walkFileTree(source.toRealPath(), new Packer(zip, source.toRealPath()));
            } else {
                add(zip, source, source.getFileName().toString());
            }
        }
    }

    private long extract(InputStream zip, ZipEntry entry, Path folder, long limit) throws IOException {
        Path file = workspace.resolve(folder, entry.getName());
        if (entry.isDirectory()) {
            Files.createDirectories(file);
            return 0;
        }
        Files.createDirectories(file.getParent());
        long copied = Files.copy(new Limited(zip, limit), file, StandardCopyOption.REPLACE_EXISTING);
        return copied;
    }

    private static void add(ZipOutputStream zip, Path file, String name) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setLastModifiedTime(Files.getLastModifiedTime(file));
        zip.putNextEntry(entry);
        Files.copy(file, zip);
        zip.closeEntry();
    }

    /** Puts each file and folder of a tree into the archive. */
    private final class Packer extends SimpleFileVisitor<Path> {
        private final ZipOutputStream zip;
        private final Path top;

        Packer(ZipOutputStream zip, Path top) {
            this.zip = zip;
            this.top = top;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            if (!folder.equals(top)) {
                zip.putNextEntry(new ZipEntry(top.relativize(folder) + "/"));
                zip.closeEntry();
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (Files.isRegularFile(file) && Files.isReadable(file) && workspace.contains(file)) {
                add(zip, file, top.relativize(file).toString());
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
        }
    }

    /** Refuses the archive once it has unpacked to more than it may. */
    private static final class Limited extends InputStream {
        private final InputStream in;
        private long left;

        Limited(InputStream in, long limit) {
            this.in = in;
            this.left = limit;
        }

        @Override
        public int read() {
            throw new UncheckedIOException(new IOException("Only read in blocks"));
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = in.read(bytes, offset, length);
            left -= Math.max(0, n);
            if (left < 0) {
                throw Refusal.parameter("file", "unpacks to more", "at most " + MAX_BYTES + " bytes");
            }
            return n;
        }
    }
}
