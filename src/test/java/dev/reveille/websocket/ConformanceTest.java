package dev.reveille.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Autobahn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Autobahn's cases against websockets that end at the public listener. By default all but the largest messages of 9.*, which take
 * a slow Python half an hour; {@code -Dautobahn.cases=*} runs those too. The suite that is on Maven has no cases of compression.
 */
@Tag("slow")
class ConformanceTest {
    private static final String NAME = "listener";
    private static final String CASES = "1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.1.1,9.1.2,9.2.1,9.2.2,9.3.1,9.3.5,9.4.1,9.4.5,"
            + "9.5.1,9.6.1,9.7.1,9.8.1,10.*";

    /** What a case may be other than {@code OK}, and why. */
    private static final Map<String, String> REASONS = Map.of(
            "6.4.3", "a frame is looked at when it is whole, so broken text within one is not found before its end",
            "6.4.4", "the same");

    @TempDir
    Path directory;

    @Test
    void noCaseFails() throws Exception {
        Limits limits = new Limits(32 << 20, 1 << 20, Duration.ofSeconds(10));
        Map<String, String> results;
        try (Listener listener = Listener.with(limits)) {
            results = Autobahn.run(directory, Map.of(NAME, "ws://127.0.0.1:" + listener.port() + "/echo"), CASES)
                    .get(NAME);
        }
        Map<String, String> odd = new TreeMap<>(results);
        odd.values().removeIf(result -> result.equals("OK, closed OK") || result.startsWith("INFORMATIONAL, closed "));
        String table =
                results.values().stream().collect(Collectors.groupingBy(r -> r, TreeMap::new, Collectors.counting()))
                        + "\n" + odd + "\n";
        System.out.print(table);
        Files.writeString(Path.of("target/autobahn-listener.txt"), table);

        assertThat(results).hasSizeGreaterThan(200);
        assertThat(odd.values()).noneMatch(result -> result.contains("FAILED") || result.contains("UNCLEAN"));
        odd.forEach(
                (name, result) -> assertThat(REASONS).as(name + ": " + result).containsKey(name));
    }
}
