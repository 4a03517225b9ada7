package dev.reveille.sandboxhost.program;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reading and writing lines of text files, as the actions {@code read} and {@code write} want it. Blocks. */
final class TextFiles {
    private static final int READ_LIMIT = 1024 * 1024;

    private TextFiles() {}

    /**
     * Lines of a file, at most 1 MiB of them; a last line says so where more was left out.
     *
     * @param start the first line, from 0
     * @param end the line after the last one, or -1 for all
     */
    static String read(Path file, int start, int end) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            int line = 0;
            for (int b = in.read(); b >= 0 && (end < 0 || line < end); b = in.read()) {
                if (line >= start) {
                    if (text.size() == READ_LIMIT) {
                        return utf8(text) + "\n[... cut after " + READ_LIMIT + " bytes; read on by line numbers ...]";
                    }
                    text.write(b);
                }
                line += b == '\n' ? 1 : 0;
            }
        }
        return utf8(text);
    }

    /**
     * Writes a file, or replaces the lines from {@code start} up to but without {@code end} (-1: to the last).
     *
     * <p>Folders on the way are created.
     */
    static void write(Path file, String content, int start, int end) throws IOException {
        Files.createDirectories(file.getParent());
        if (!Files.exists(file) || (start == 0 && end < 0)) {
            Files.writeString(file, content);
            return;
        }
        List<String> old = List.of(Files.readString(file).split("(?<=\n)", -1));
        int from = Math.min(start, old.size());
        List<String> lines = new ArrayList<>(old.subList(0, from));
        lines.add(content.isEmpty() || content.endsWith("\n") ? content : content + "\n");
        if (end >= 0) {
            lines.addAll(old.subList(Math.min(Math.max(end, from), old.size()), old.size()));
        }
        Files.writeString(file, String.join("", lines));
    }

    private static String utf8(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
