package dev.reveille.testing;

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

/**
 * Autobahn's websocket test suite. It and a Python to run it are in jars of the profile {@code conformance}; without them the
 * test that asks for it is skipped.
 */
public final class Autobahn {
    private static final String SUITE = "autobahntestsuite/wstest.py";
    private static final String PYTHON = "org/python/util/jython.class";
    private static final int MINUTES = 60;

    private static final String PROGRAM = """
            import sys
            sys.argv = ['wstest', '-m', 'fuzzingclient', '-s', 'spec.json']
            from autobahntestsuite import wstest
            wstest.run()
            """;

    private Autobahn() {}

    /**
     * Runs the client's cases.
     *
     * @param directory where it works and leaves its reports
     * @param servers names to URLs
     * @param cases separated by commas, such as {@code 1.*,2.3}; {@code -Dautobahn.cases} wins over that
     * @return for each server, case to {@code behavior, closed behaviorClose}
     */
    public static Map<String, Map<String, String>> run(Path directory, Map<String, String> servers, String cases)
            throws Exception {
        assumeTrue(
                Autobahn.class.getClassLoader().getResource(SUITE) != null,
                "Autobahn's suite is on the class path with -Pconformance only");
        Files.writeString(directory.resolve("spec.json"), spec(servers, cases).encode());
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
        JsonObject report = new JsonObject(Files.readString(directory.resolve("reports/index.json")));
        Map<String, Map<String, String>> results = new TreeMap<>();
        servers.keySet().forEach(name -> results.put(name, results(report.getJsonObject(name))));
        return results;
    }

    private static JsonObject spec(Map<String, String> servers, String cases) {
        JsonArray agents = new JsonArray();
        servers.forEach(
                (name, url) -> agents.add(new JsonObject().put("agent", name).put("url", url)));
        return new JsonObject()
                .put("options", new JsonObject().put("failByDrop", false))
                .put("outdir", "./reports")
                .put("servers", agents)
                .put(
                        "cases",
                        new JsonArray(List.of(
                                System.getProperty("autobahn.cases", cases).split(",", -1))))
                .put("exclude-cases", new JsonArray())
                .put("exclude-agent-cases", new JsonObject());
    }

    private static String jar(String resource) throws Exception {
        URL url = Autobahn.class.getClassLoader().getResource(resource);
        URL jar = ((JarURLConnection) url.openConnection()).getJarFileURL();
        return Path.of(jar.toURI()).toString();
    }

    /**
     * The code of the close is left out: a server that closes while something is still unread resets the connection, and then
     * the frame with the code arrives or does not.
     */
    private static Map<String, String> results(JsonObject cases) {
        Map<String, String> results = new TreeMap<>();
        cases.forEach(one -> {
            JsonObject result = (JsonObject) one.getValue();
            results.put(one.getKey(), result.getString("behavior") + ", closed " + result.getString("behaviorClose"));
        });
        return results;
    }
}
