package dev.reveille.sandboxhost.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The sandbox's folder, and the rule that no call about files leaves it. */
final class Workspace {
    private static final String ALIAS = "/workspace";

    private final Path root;

    Workspace(Path root) throws IOException {
        this.root = root.toRealPath();
    }

    Path root() {
        return root;
    }

    /**
     * The file a caller means: relative to the workspace, under {@code /workspace}, or under its real path.
     *
     * @throws Refusal (422) where it is not a path, or leads out of the workspace, be it by {@code ..} or by a link
     */
    Path resolve(String path) throws IOException {
        return inside(root, local(path), path);
    }

    /** A file named by an archive, relative to a folder of the workspace; refused as {@link #resolve} does. */
    Path resolve(Path folder, String name) throws IOException {
        return inside(folder, name, name);
    }

    /** Whether a file, links followed, lies in the workspace. */
    boolean contains(Path file) {
        try {
            return file.toRealPath().startsWith(root);
        } catch (IOException dangling) {
            return false;
        }
    }

    private String local(String path) {
        if (path.equals("/") || path.equals(ALIAS) || path.equals(root.toString())) {
            return "";
        }
        if (path.startsWith(ALIAS + "/")) {
            return path.substring(ALIAS.length() + 1);
        }
        return path.startsWith(root + "/") ? path.substring(root.toString().length() + 1) : path;
    }

    private Path inside(Path folder, String name, String said) throws IOException {
        Path file;
        try {
            file = folder.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw Refusal.parameter("path", said.replace('\0', '?'), "a path");
        }
        if (!file.startsWith(folder) || !contains(deepestExisting(file))) {
            throw Refusal.parameter("path", said, "a path inside the workspace");
        }
        return file;
    }

    private static Path deepestExisting(Path file) {
        Path at = file;
        while (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
            at = at.getParent();
        }
        return at;
    }
}
