package dev.reveille.sandboxhost;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What earlier hosts have left in the directory. Blocks. */
final class Inventory {
    private static final Logger LOG = LoggerFactory.getLogger(Inventory.class);

    private final List<SandboxRecord> found = new ArrayList<>();
    private final Set<String> sessions = new HashSet<>();

    private Inventory() {}

    /**
     * Takes over the sandboxes that were not stopped: ends what is left of their processes, and finishes the deletion of
     * those that were. A folder that is not understood is named in the log and left alone.
     *
     * @param directory ours alone, by its {@link DirectoryLock}
     */
    static List<SandboxRecord> takeOver(Path directory) throws IOException {
        Inventory inventory = new Inventory();
        for (Path folder : newestFirst(directory)) {
            inventory.add(new SandboxFolder(folder));
        }
        Set<String> ids = inventory.found.stream().map(SandboxRecord::runtimeId).collect(Collectors.toSet());
        SandboxProcess.killLeftovers(ids);
        return inventory.found;
    }

    /** Names that begin with a dot are not sandboxes. */
    private static List<Path> newestFirst(Path directory) throws IOException {
        List<Path> folders = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "[!.]*")) {
            entries.forEach(folders::add);
        }
        folders.sort(Comparator.comparingLong(Inventory::changed).reversed());
        return folders;
    }

    private static long changed(Path folder) {
        return folder.resolve("sandbox.json").toFile().lastModified();
    }

    private void add(SandboxFolder folder) {
        try {
            if (!Files.isDirectory(folder.path(), LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException("not a folder");
            }
            add(folder, folder.read());
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is left alone, since it is not a sandbox that can be read: {}", folder.path(), e.toString());
        }
    }

    private void add(SandboxFolder folder, SandboxRecord record) throws IOException {
        if (record.state().status() == Status.STOPPED) {
            folder.delete();
        } else if (sessions.add(record.spec().sessionId())) {
            found.add(record);
        } else {
            throw new IOException("a newer sandbox has its session");
        }
    }
}
