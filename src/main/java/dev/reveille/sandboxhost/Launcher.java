package dev.reveille.sandboxhost;

import dev.reveille.config.EmbeddedSettings;
import dev.reveille.sandboxhost.program.SandboxProgram;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Knows how a sandbox's process is started: which command, in which environment, behind which wall. */
final class Launcher {
    /** Of our own class path, what the built-in program needs; fewer jars are opened sooner. */
    private static final Pattern NEEDED = Pattern.compile("(vertx-core|netty-|jackson-core).*\\.jar");

    private static final List<String> QUICK_START = List.of(
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx96m",
            "-Xss512k",
            // Our own classes, from our own class path: verifying them again costs 80 ms of each start.
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote",
            "-Dfile.encoding=UTF-8",
            "-Dvertx.disableDnsResolver=true",
            "-Dvertx.logger-delegate-factory-class-name=io.vertx.core.logging.JULLogDelegateFactory",
            "-Dio.netty.transport.noNative=true",
            "-Dio.netty.leakDetection.level=disabled",
            "-Dio.netty.allocator.type=unpooled");

    /** What of our own environment a sandbox may see; the rest may hold secrets. */
    private static final List<String> INHERITED = List.of("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ");

    private final List<String> command;
    private final Optional<Bubblewrap> wall;
    private final List<Path> hidden;

    /**
     * @param directory where all sandboxes live
     * @param wall what to put each behind, if anything
     */
    Launcher(EmbeddedSettings settings, Path directory, Optional<Bubblewrap> wall) throws IOException {
        this.command = settings.command();
        this.wall = wall;
        this.hidden = Bubblewrap.secrets(homes(), directory);
    }

    /** One process of the sandbox, over its folder, on these ports. */
    SandboxProcess.Launch launch(SandboxSpec spec, SandboxIdentity identity, SandboxFolder folder, Ports.Lot ports) {
        Places places = wall.isPresent()
                ? new Places(Path.of("/workspace"), Path.of("/sandbox/home"), Path.of("/sandbox/state"))
                : new Places(folder.workspace(), folder.home(), folder.state());
        List<String> line = command.isEmpty() ? builtIn(ports, places) : configured(identity, ports, places);
        List<String> walled =
                wall.map(w -> w.wrap(line, folder, hidden, readable())).orElse(line);
        Map<String, String> environment = environment(spec, identity, ports, places);
        return new SandboxProcess.Launch(
                identity.runtimeId(), walled, environment, folder.workspace(), wall.isPresent());
    }

    private static List<String> builtIn(Ports.Lot ports, Places places) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(QUICK_START);
        line.addAll(List.of("-cp", String.join(":", programClassPath()), SandboxProgram.class.getName()));
        line.addAll(List.of(
                String.valueOf(ports.runtime()),
                places.workspace().toString(),
                places.state().toString()));
        return line;
    }

    private List<String> configured(SandboxIdentity identity, Ports.Lot ports, Places places) {
        return command.stream()
                .map(word -> word.replace("{port}", String.valueOf(ports.runtime()))
                        .replace("{vscode_port}", String.valueOf(ports.vscode()))
                        .replace("{work_port_1}", String.valueOf(ports.work1()))
                        .replace("{work_port_2}", String.valueOf(ports.work2()))
                        .replace("{workspace}", places.workspace().toString())
                        .replace("{runtime_id}", identity.runtimeId()))
                .toList();
    }

    private static Map<String, String> environment(
            SandboxSpec spec, SandboxIdentity identity, Ports.Lot ports, Places places) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("LANG", "C.UTF-8");
        for (String name : INHERITED) {
            String value = System.getenv(name);
            if (value != null) {
                environment.put(name, value);
            }
        }
        environment.put("HOME", places.home().toString());
        environment.putAll(spec.environment());
        environment.put("SESSION_API_KEY", identity.sessionApiKey());
        environment.put("RUNTIME_ID", identity.runtimeId());
        environment.put("RUNTIME_URL", identity.url());
        environment.put("VSCODE_PORT", String.valueOf(ports.vscode()));
        environment.put("WORK_PORT_1", String.valueOf(ports.work1()));
        environment.put("WORK_PORT_2", String.valueOf(ports.work2()));
        return environment;
    }

    /** What must be readable behind the wall even where a private folder hides it: the program, or files it names. */
    private List<String> readable() {
        return command.isEmpty()
                ? Stream.concat(Stream.of(System.getProperty("java.home")), programClassPath().stream())
                        .toList()
                : command.stream().filter(Launcher::isFile).toList();
    }

    private static boolean isFile(String word) {
        return word.startsWith("/") && Files.isRegularFile(Path.of(word));
    }

    /** The user's home by the account and by the environment, which may differ. */
    private static Set<Path> homes() {
        return Stream.of(System.getProperty("user.home"), System.getenv("HOME"))
                .filter(home -> home != null && !home.isBlank())
                .map(Path::of)
                .collect(Collectors.toSet());
    }

    private static List<String> programClassPath() {
        List<String> all = classPath();
        String own = location();
        List<String> needed = all.stream()
                .filter(entry -> entry.equals(own)
                        || NEEDED.matcher(Path.of(entry).getFileName().toString())
                                .matches())
                .toList();
        return needed.size() > 1 || all.size() == 1 ? needed : all;
    }

    /** Run by Maven's exec plugin we live in a class loader of its own; under Surefire in a jar that only points on. */
    private static List<String> classPath() {
        if (SandboxProgram.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs()).map(Launcher::file).toList();
        }
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Pattern.compile(":")
                .splitAsStream(path)
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .toList();
    }

    private static String location() {
        return file(SandboxProgram.class.getProtectionDomain().getCodeSource().getLocation());
    }

    private static String file(URL url) {
        try {
            return Path.of(url.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("Class path entry: " + url, e);
        }
    }

    /** Where the sandbox finds its folders. */
    private record Places(Path workspace, Path home, Path state) {}
}
