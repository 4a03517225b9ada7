package dev.reveille.sandboxhost.program;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What {@code GET /server_info} tells. Idle is the time since the last call that was not about the server itself. */
final class ServerInfo {
    private static final long PAGE_BYTES = 4096;

    private final long startedNanos = System.nanoTime();
    private volatile long usedNanos = startedNanos;

    void used() {
        usedNanos = System.nanoTime();
    }

    /** Blocks for a moment, since it reads {@code /proc}. */
    JsonObject json(Path workspace, boolean busy) throws IOException {
        long now = System.nanoTime();
        double uptime = seconds(now - startedNanos);
        return new JsonObject()
                .put("uptime", uptime)
                .put("idle_time", busy ? 0.0 : seconds(now - usedNanos))
                .put(
                        "resources",
                        new JsonObject()
                                .put("cpu_percent", cpuSeconds() * 100 / Math.max(uptime, 0.001))
                                .put("memory", memory())
                                .put("disk", disk(workspace))
                                .put("io", io()));
    }

    private static double cpuSeconds() {
        return ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .orElse(Duration.ZERO)
                        .toMillis()
                / 1000.0;
    }

    private static JsonObject memory() throws IOException {
        String[] pages = read("/proc/self/statm", "0 0").split(" ", -1);
        long rss = Long.parseLong(pages[1]) * PAGE_BYTES;
        long total = numbers("/proc/meminfo").getOrDefault("MemTotal", 0L) * 1024;
        return new JsonObject()
                .put("rss", rss)
                .put("vms", Long.parseLong(pages[0]) * PAGE_BYTES)
                .put("percent", percent(rss, total));
    }

    private static JsonObject disk(Path workspace) throws IOException {
        FileStore store = Files.getFileStore(workspace);
        long total = store.getTotalSpace();
        long free = store.getUsableSpace();
        return new JsonObject()
                .put("total", total)
                .put("used", total - free)
                .put("free", free)
                .put("percent", percent(total - free, total));
    }

    private static JsonObject io() throws IOException {
        Map<String, Long> io = numbers("/proc/self/io");
        return new JsonObject()
                .put("read_bytes", io.getOrDefault("read_bytes", 0L))
                .put("write_bytes", io.getOrDefault("write_bytes", 0L));
    }

    private static Map<String, Long> numbers(String file) throws IOException {
        Map<String, Long> numbers = new HashMap<>();
        for (String line : read(file, "").lines().toList()) {
            String[] words = line.split(":?\\s+", -1);
            if (words.length > 1) {
                numbers.put(words[0], Long.parseLong(words[1]));
            }
        }
        return numbers;
    }

    private static String read(String file, String absent) throws IOException {
        Path path = Path.of(file);
        return Files.isReadable(path) ? Files.readString(path) : absent;
    }

    private static double percent(long part, long whole) {
        return whole == 0 ? 0 : part * 100.0 / whole;
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
