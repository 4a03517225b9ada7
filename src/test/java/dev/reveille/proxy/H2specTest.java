package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reveille.testing.FreePorts;
import io.vertx.core.http.HttpServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * h2spec through the gateway, and through HAProxy to tell what is asked of no good proxy. Its program is in a jar of the
 * profile {@code conformance}.
 */
@Tag("slow")
class H2specTest {
    private static final String ARCHIVE = "h2spec/2.2.0/h2spec_linux_amd64.tar.gz";
    private static final int BLOCK = 512;

    @TempDir
    static Path directory;

    private static Rig rig;
    private static int origin;
    private static Path program;

    @BeforeAll
    static void start() throws IOException {
        boolean linux = System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
        assumeTrue(linux, "h2spec comes for Linux on x86_64 only");
        try (InputStream archive = H2specTest.class.getClassLoader().getResourceAsStream(ARCHIVE)) {
            assumeTrue(archive != null, "h2spec is on the class path with -Pconformance only");
            program = unpacked(archive);
        }
        rig = Rig.with();
        HttpServer server = await(rig.vertx
                .createHttpServer()
                .requestHandler(request ->
                        request.body().onSuccess(body -> request.response().end("a body of some length")))
                .listen(0, "127.0.0.1"));
        origin = server.actualPort();
        rig.served("spec", "http://127.0.0.1:" + origin);
    }

    @AfterAll
    static void stop() throws IOException {
        if (rig != null) {
            rig.close();
        }
    }

    @Test
    void theGatewayFailsNothingThatHaproxyPasses() throws Exception {
        Map<String, String> gateway = run("gateway", rig.port());
        Map<String, String> haproxy = throughHaproxy();

        String table = table(gateway, haproxy);
        System.out.print(table);
        Files.writeString(Path.of("target/h2spec.txt"), table);
        Set<String> ours = failed(gateway);
        assertThat(gateway).hasSizeGreaterThan(140);
        // Without HAProxy there is nothing to excuse a failure with.
        ours.removeAll(failed(haproxy));
        assertThat(ours).isEmpty();
    }

    /** Case to {@code passed}, {@code failed} or {@code skipped}. */
    private static Map<String, String> run(String name, int port) throws Exception {
        Path report = directory.resolve(name + ".xml");
        Process process = new ProcessBuilder(
                        program.toString(),
                        "-h",
                        "127.0.0.1",
                        "-p",
                        "" + port,
                        "-P",
                        "/spec/runtime/",
                        "-S",
                        "-o",
                        "5",
                        "-j",
                        report.toString())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "h2spec-" + name + ".log").toFile())
                .start();
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("h2spec did not end");
        }
        return results(report);
    }

    private static Map<String, String> throughHaproxy() throws Exception {
        Path haproxy = Path.of("/usr/sbin/haproxy");
        if (!Files.isExecutable(haproxy)) {
            return Map.of();
        }
        int port = FreePorts.inARow(1);
        Path config = Files.writeString(directory.resolve("haproxy.cfg"), """
                global
                  maxconn 500
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 30s
                  timeout server 30s
                frontend f
                  bind 127.0.0.1:%d
                  default_backend b
                backend b
                  server s 127.0.0.1:%d
                """.formatted(port, origin));
        Process process = new ProcessBuilder(haproxy.toString(), "-db", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("haproxy.log").toFile())
                .start();
        try {
            Rig.eventually("haproxy listens", () -> listens(port));
            return run("haproxy", port);
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static Map<String, String> results(Path report) throws Exception {
        NodeList cases = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(report.toFile())
                .getElementsByTagName("testcase");
        Map<String, String> results = new TreeMap<>();
        for (int i = 0; i < cases.getLength(); i++) {
            Element one = (Element) cases.item(i);
            String result =
                    has(one, "failure") || has(one, "error") ? "failed" : has(one, "skipped") ? "skipped" : "passed";
            results.put(one.getAttribute("package") + " " + one.getAttribute("classname"), result);
        }
        return results;
    }

    private static boolean has(Element test, String child) {
        return test.getElementsByTagName(child).getLength() > 0;
    }

    private static Set<String> failed(Map<String, String> results) {
        Set<String> failed = new TreeSet<>();
        results.forEach((name, result) -> {
            if (result.equals("failed")) {
                failed.add(name);
            }
        });
        return failed;
    }

    private static String table(Map<String, String> gateway, Map<String, String> haproxy) {
        StringBuilder table = new StringBuilder();
        for (String each : List.of("passed", "failed", "skipped")) {
            table.append(
                    String.format("%-8s gateway %3d  haproxy %3d%n", each, count(gateway, each), count(haproxy, each)));
        }
        gateway.forEach((name, result) -> {
            String other = haproxy.getOrDefault(name, "-");
            if (!result.equals("passed") || other.equals("failed")) {
                table.append(String.format("gateway %-8s haproxy %-8s %s%n", result, other, name));
            }
        });
        return table.toString();
    }

    private static long count(Map<String, String> results, String result) {
        return results.values().stream().filter(result::equals).count();
    }

    /** The first file of a tar archive. */
    private static Path unpacked(InputStream archive) throws IOException {
        DataInputStream tar = new DataInputStream(new GZIPInputStream(archive));
        byte[] head = tar.readNBytes(BLOCK);
        String octal = new String(head, 124, 11, StandardCharsets.US_ASCII).trim();
        Path file = directory.resolve("h2spec");
        Files.write(file, tar.readNBytes(Integer.parseInt(octal, 8)));
        if (!file.toFile().setExecutable(true)) {
            throw new IOException(file + " cannot be made executable");
        }
        return file;
    }
}
