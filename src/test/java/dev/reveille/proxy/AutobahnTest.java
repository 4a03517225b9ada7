package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Autobahn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Autobahn's websocket cases against a server that passes them, directly and through the gateway. By default all but 9.*,
 * which send megabytes through a slow Python; {@code -Dautobahn.cases=*} runs those too. The suite that is on Maven has no cases of
 * compression, for which there is {@link WebSocketExtensionTest}.
 */
@Tag("slow")
class AutobahnTest {
    private static final String DIRECT = "direct";
    private static final String GATEWAY = "gateway";
    private static final String CASES = "1.*,2.*,3.*,4.*,5.*,6.*,7.*,10.*";

    @TempDir
    Path directory;

    @Test
    void everyCaseEndsAsItDoesWithoutTheGateway() throws Exception {
        Map<String, Map<String, String>> results;
        try (Rig rig = Rig.with();
                EchoSandbox sandbox = new EchoSandbox()) {
            String path = rig.served("echo", "http://127.0.0.1:" + sandbox.port());
            results = Autobahn.run(
                    directory,
                    Map.of(
                            DIRECT, "ws://127.0.0.1:" + sandbox.port() + "/",
                            GATEWAY, "ws://127.0.0.1:" + rig.port() + path + "/"),
                    CASES);
        }
        Map<String, String> direct = results.get(DIRECT);
        Map<String, String> gateway = results.get(GATEWAY);

        String table = table(direct, gateway);
        System.out.print(table);
        Files.writeString(Path.of("target/autobahn.txt"), table);
        assertThat(direct).isNotEmpty();
        assertThat(gateway).isEqualTo(direct);
        assertThat(direct.values()).noneMatch(result -> result.startsWith("FAILED"));
    }

    private static String table(Map<String, String> direct, Map<String, String> gateway) {
        Map<String, int[]> counts = new TreeMap<>();
        direct.values().forEach(result -> counts.computeIfAbsent(result, r -> new int[2])[0]++);
        gateway.values().forEach(result -> counts.computeIfAbsent(result, r -> new int[2])[1]++);
        StringBuilder table = new StringBuilder();
        counts.forEach((result, count) ->
                table.append(String.format("direct %4d  gateway %4d  %s%n", count[0], count[1], result)));
        direct.forEach((name, result) -> {
            if (!result.equals(gateway.get(name)) || result.startsWith("FAILED")) {
                table.append(String.format("%s: direct %s, gateway %s%n", name, result, gateway.get(name)));
            }
        });
        return table.toString();
    }
}
