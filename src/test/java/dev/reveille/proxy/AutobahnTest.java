package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Autobahn's websocket cases against a server that passes them, directly and through the gateway. The suite and a Python to
 * run it are in jars of the profile {@code conformance}. By default all but 9.*, which send megabytes through a slow Python;
 * {@code -Dautobahn.cases=*} runs those too.
 */
@Tag("slow")
class AutobahnTest {
    private static final String SUITE = "autobahntestsuite/wstest.py";
    private static final String PYTHON = "org/python/util/jython.class";
    private static final String DIRECT = "direct";
    private static final String GATEWAY = "gateway";
    private static final String CASES = "1.*,2.*,3.*,4.*,5.*,6.*,7.*,10.*";
    private static final int MINUTES = 60;

    private static final String PROGRAM = """
            import sys
            sys.argv = ['wstest', '-m', 'fuzzingclient', '-s', 'spec.json']
            from autobahntestsuite import wstest
            wstest.run()
            """;

    @TempDir
    Path directory;

    @Test
    void everyCaseEndsAsItDoesWithoutTheGateway() throws Exception {
        assumeTrue(
                AutobahnTest.class.getClassLoader().getResource(SUITE) != null,
                "Autobahn's suite is on the class path with -Pconformance only");
        try (Rig rig = Rig.with();
                EchoSandbox sandbox = new EchoSandbox()) {
            String path = rig.served("echo", "http://127.0.0.1:" + sandbox.port());
            run("ws://127.0.0.1:" + sandbox.port() + "/", "ws://127.0.0.1:" + rig.port() + path + "/");
        }
        JsonObject report = new JsonObject(Files.readString(directory.resolve("reports/index.json")));
        Map<String, String> direct = results(report.getJsonObject(DIRECT));
        Map<String, String> gateway = results(report.getJsonObject(GATEWAY));

        String table = table(direct, gateway);
        System.out.print(table);
        Files.writeString(Path.of("target/autobahn.txt"), table);
        assertThat(direct).isNotEmpty();
        assertThat(gateway).isEqualTo(direct);
        assertThat(direct.values()).noneMatch(result -> result.startsWith("FAILED"));
    }

    private void run(String direct, String gateway) throws Exception {
        JsonArray servers = new JsonArray()
                .add(new JsonObject().put("agent", DIRECT).put("url", direct))
                .add(new JsonObject().put("agent", GATEWAY).put("url", gateway));
        JsonObject spec = new JsonObject()
                .put("options", new JsonObject().put("failByDrop", false))
                .put("outdir", "./reports")
                .put("servers", servers)
                .put(
                        "cases",
                        new JsonArray(List.of(
                                System.getProperty("autobahn.cases", CASES).split(",", -1))))
                .put("exclude-cases", new JsonArray())
                .put("exclude-agent-cases", new JsonObject());
        Files.writeString(directory.resolve("spec.json"), spec.encode());
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-cp",
                        jar(PYTHON) + File.pathSeparator + jar(SUITE),
                        "org.python.util.jython",
                        "-c",
                        PROGRAM)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target/autobahn.log").toAbsolutePath().toFile())
                .start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("Autobahn did not end within " + MINUTES + " minutes");
        }
    }

    private static String jar(String resource) throws Exception {
        URL url = AutobahnTest.class.getClassLoader().getResource(resource);
        URL jar = ((JarURLConnection) url.openConnection()).getJarFileURL();
        return Path.of(jar.toURI()).toString();
    }

    /**
     * Case to how it went and how it was closed. The code of the close is not compared: a server that closes while something
     * is still unread resets the connection, and then the frame with the code arrives or does not, with or without a gateway.
     */
    private static Map<String, String> results(JsonObject cases) {
        Map<String, String> results = new TreeMap<>();
        cases.forEach(one -> {
            JsonObject result = (JsonObject) one.getValue();
            results.put(one.getKey(), result.getString("behavior") + ", closed " + result.getString("behaviorClose"));
        });
        return results;
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
