package dev.reveille;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reveille.config.AdminSettings;
import dev.reveille.config.Settings;
import dev.reveille.config.SettingsReader;
import dev.reveille.config.ShutdownSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The image, the compose file, and what the balancer and Prometheus are told fit each other and the settings. */
class DeploymentTest {
    private static final Path COMPOSE = Path.of("docker-compose.yml");
    private static final Path DOCKERFILE = Path.of("src/main/docker/Dockerfile");
    private static final Path HAPROXY = Path.of("conf/haproxy.cfg");
    private static final Path PROMETHEUS = Path.of("conf/prometheus.yml");
    private static final List<String> NODES = List.of("reveille-1", "reveille-2", "reveille-3");
    private static final String HOST = "REVEILLE_CLUSTER_HOST";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)(:[?-])([^}]*)}");

    /** What whoever deploys it has to say. */
    private static final Map<String, String> ASKED_FOR = Map.of(
            "RUNTIME_API_URL", "https://runtime.example.org",
            "RUNTIME_API_KEY", "a-key-of-the-runtime-api",
            "REVEILLE_KEY", "a-key-of-a-tenant");

    private final Map<String, Object> services = map(yaml(COMPOSE).get("services"));

    @Test
    void threeNodesDifferInNothingButTheirNames() {
        assertThat(services.entrySet().stream()
                        .filter(service -> map(service.getValue()).containsKey("build"))
                        .map(Map.Entry::getKey))
                .isEqualTo(NODES);

        assertThat(NODES.stream().map(node -> service(node).get("volumes").toString()))
                .isEqualTo(NODES.stream()
                        .map(node -> "[" + node + ":/var/lib/reveille]")
                        .toList());
        assertThat(NODES.stream().map(node -> written(node).get(HOST))).isEqualTo(NODES);
        assertThat(NODES.stream().map(this::withoutNames).distinct()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reveille-1", "reveille-2", "reveille-3"})
    void aNodesEnvironmentIsInOrder(String node) {
        Settings settings = settings(node);

        assertThat(settings.cluster().enabled()).isTrue();
        assertThat(settings.cluster().host()).isEqualTo(node);
        assertThat(settings.cluster().members().split(",")).containsExactlyElementsOf(NODES);
        assertThat(settings.http().host()).isEqualTo("0.0.0.0");
        assertThat(settings.http().publicUrl()).isPresent();
        assertThat(settings.admin().host()).isEqualTo("0.0.0.0");
        assertThat(settings.upstream().apiKey()).isPresent();
        assertThat(settings.tenants()).hasSize(1);
        assertThat(settings.registry().directory())
                .hasValueSatisfying(directory -> assertThat(directory).startsWithRaw(Path.of("/var/lib/reveille")));
    }

    @Test
    void whatHasNoGoodDefaultIsAskedFor() {
        Map<String, String> asked = written("reveille-1").values().stream()
                .flatMap(value -> VARIABLE.matcher(value).results())
                .filter(variable -> variable.group(2).equals(":?"))
                .collect(toMap(variable -> variable.group(1), variable -> variable.group(3)));

        assertThat(asked.keySet()).isEqualTo(ASKED_FOR.keySet());
        assertThat(asked.values()).doesNotContain("");
    }

    @Test
    void aNodeMayDrainBeforeItIsKilled() {
        ShutdownSettings shutdown = settings("reveille-1").shutdown();

        assertThat(NODES)
                .allSatisfy(node -> assertThat(seconds(service(node).get("stop_grace_period")))
                        .isGreaterThan(shutdown.notReady().plus(shutdown.drain())));
    }

    @Test
    void onlyTheBalancerIsReachedFromOutside() {
        Map<String, Object> published = services.entrySet().stream()
                .filter(service -> map(service.getValue()).containsKey("ports"))
                .collect(toMap(
                        Map.Entry::getKey, service -> map(service.getValue()).get("ports")));

        assertThat(published).containsOnlyKeys("balancer", "prometheus");
        assertThat(published.get("prometheus"))
                .asInstanceOf(InstanceOfAssertFactories.list(String.class))
                .allSatisfy(port -> assertThat(port).startsWith("127.0.0.1:"));
        assertThat(services.values()).noneMatch(service -> map(service).containsKey("network_mode"));
    }

    @Test
    void everyFileThatIsNamedIsThere() {
        Map<String, Object> build = map(service("reveille-1").get("build"));
        Stream<String> mounted = services.values().stream()
                .flatMap(service -> list(map(service).get("volumes")).stream())
                .filter(volume -> volume.startsWith("."))
                .map(volume -> volume.substring(0, volume.indexOf(':')));
        Stream<String> copied = Pattern.compile("^COPY (?!--from)(.+) \\S+$", Pattern.MULTILINE)
                .matcher(text(DOCKERFILE))
                .results()
                .flatMap(copy -> Stream.of(copy.group(1).split(" ")));

        assertThat(build).containsEntry("context", ".").containsEntry("dockerfile", DOCKERFILE.toString());
        assertThat(mounted.map(Path::of).map(Path::normalize))
                .containsExactlyInAnyOrder(HAPROXY, PROMETHEUS)
                .allSatisfy(file -> assertThat(file).isRegularFile());
        assertThat(copied.map(Path::of))
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file).exists());
    }

    @Test
    void everyVolumeIsDeclared() {
        assertThat(services.values().stream()
                        .flatMap(service -> list(map(service).get("volumes")).stream())
                        .filter(volume -> !volume.startsWith("."))
                        .map(volume -> volume.substring(0, volume.indexOf(':'))))
                .containsExactlyInAnyOrderElementsOf(
                        map(yaml(COMPOSE).get("volumes")).keySet());
    }

    @Test
    void theBalancerKnowsAllNodesAndNoticesInTimeWhoLeaves() {
        Settings settings = settings("reveille-1");
        String haproxy = text(HAPROXY);

        assertThat(all("^ +server (\\S+ \\S+)$", haproxy))
                .isEqualTo(NODES.stream()
                        .map(node -> node + " " + node + ":" + settings.http().port())
                        .toList());
        assertThat(only("option httpchk GET (\\S+)", haproxy)).isEqualTo("/ready");
        assertThat(only("default-server check port (\\d+) ", haproxy))
                .isEqualTo(Integer.toString(settings.admin().port()));
        int millis = Integer.parseInt(only(" inter (\\d+)ms", haproxy));
        int failures = Integer.parseInt(only(" fall (\\d+)", haproxy));
        assertThat(Duration.ofMillis(millis).multipliedBy(failures))
                .isLessThan(settings.shutdown().notReady());
    }

    @Test
    void theBalancerIsPatientAndSendsNothingTwice() {
        Settings settings = settings("reveille-1");
        String haproxy = text(HAPROXY);
        Duration longest = settings.hold().deadline().plus(settings.proxy().responseTimeout());

        assertThat(List.of("client", "server", "tunnel"))
                .allSatisfy(side -> assertThat(
                                Duration.ofHours(Long.parseLong(only("timeout " + side + " (\\d+)h", haproxy))))
                        .isGreaterThan(longest));
        assertThat(only("^ +retry-on (.+)$", haproxy)).isEqualTo("conn-failure");
        assertThat(seconds(only("hard-stop-after (\\S+)", haproxy)))
                .isLessThan(seconds(service("balancer").get("stop_grace_period")));
    }

    /** Requests' queries may hold keys of sandboxes. */
    @Test
    void theBalancerLogsNoKeys() {
        assertThat(only("log-format \"(.+)\"", text(HAPROXY))).doesNotContain("%r", "%HU", "%HQ", "%hr");
        assertThat(text(HAPROXY)).doesNotContain("option httplog", "capture");
    }

    @Test
    void prometheusAsksAllNodes() {
        AdminSettings admin = settings("reveille-1").admin();

        assertThat(only("targets: \\[(.+)]", text(PROMETHEUS)).split(", "))
                .containsExactlyElementsOf(
                        NODES.stream().map(node -> node + ":" + admin.port()).toList());
    }

    @Test
    void theImageIsNobodysRootAndIsToldWhenToLeave() {
        String image = text(DOCKERFILE).replace("\\\n", " ");

        assertThat(all("^FROM \\S+:(\\S+)", image)).hasSize(2).allMatch(tag -> tag.matches(".*\\d+\\.\\d+\\.\\d+.*"));
        assertThat(only("^USER (\\d+:\\d+)$", image)).doesNotStartWith("0:").doesNotEndWith(":0");
        assertThat(only("^HEALTHCHECK .*CMD (\\[\".+\"])$", image)).contains("GET /live ");
        assertThat(list(parsed(only("^ENTRYPOINT (.+)$", image))))
                .startsWith("java")
                .contains("-XX:+ExitOnOutOfMemoryError")
                .anyMatch(flag -> flag.startsWith("-XX:MaxRAMPercentage="));
    }

    @Test
    void composeUnderstandsIt(@TempDir Path folder) throws Exception {
        Path said = folder.resolve("said");
        assumeTrue(run(said, "docker", "compose", "version") == 0, "docker compose is not installed");

        assertThat(run(said, "docker", "compose", "-f", COMPOSE.toString(), "config", "-q"))
                .as(() -> text(said))
                .isZero();
    }

    @Test
    void haproxyUnderstandsItsConfiguration(@TempDir Path folder) throws Exception {
        Path said = folder.resolve("said");
        assumeTrue(run(said, "haproxy", "-v") == 0, "haproxy is not installed");

        assertThat(run(said, "haproxy", "-c", "-f", HAPROXY.toString()))
                .as(() -> text(said))
                .isZero();
    }

    /** All that is written of it but what has to differ. */
    private Map<String, Object> withoutNames(String node) {
        Map<String, String> settings = new HashMap<>(written(node));
        settings.remove(HOST);
        Map<String, Object> service = new HashMap<>(service(node));
        service.remove("volumes");
        service.put("environment", settings);
        return service;
    }

    private Settings settings(String node) {
        return SettingsReader.read(
                Optional.empty(),
                written(node).entrySet().stream()
                        .collect(toMap(Map.Entry::getKey, variable -> filledIn(variable.getValue()))));
    }

    private static String filledIn(String written) {
        String filled = VARIABLE.matcher(written)
                .replaceAll(variable -> Matcher.quoteReplacement(
                        variable.group(2).equals(":-")
                                ? variable.group(3)
                                : ASKED_FOR.getOrDefault(variable.group(1), "")));
        assertThat(filled).doesNotContain("$");
        return filled;
    }

    private Map<String, String> written(String node) {
        return map(service(node).get("environment")).entrySet().stream()
                .collect(
                        toMap(Map.Entry::getKey, variable -> variable.getValue().toString()));
    }

    private Map<String, Object> service(String name) {
        assertThat(services).containsKey(name);
        return map(services.get(name));
    }

    private static Duration seconds(Object written) {
        assertThat(written).asString().matches("\\d+s");
        return Duration.parse("PT" + written);
    }

    private static String only(String pattern, String text) {
        List<String> found = all(pattern, text);
        assertThat(found).as(pattern).hasSize(1);
        return found.get(0);
    }

    private static List<String> all(String pattern, String text) {
        return Pattern.compile(pattern, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    /** Ends with -1 if there is no such program. */
    private static int run(Path said, String... command) throws InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().putAll(ASKED_FOR);
        try {
            Process process = builder.start();
            assertThat(process.waitFor(30, SECONDS)).as(command[0]).isTrue();
            return process.exitValue();
        } catch (IOException absent) {
            return -1;
        }
    }

    private static Map<String, Object> yaml(Path file) {
        return map(parsed(text(file)));
    }

    private static Object parsed(String text) {
        return new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(file + " cannot be read", e);
        }
    }

    private static Map<String, Object> map(Object parsed) {
        assertThat(parsed).isInstanceOf(Map.class);
        return ((Map<?, ?>) parsed)
                .entrySet().stream()
                        .collect(
                                LinkedHashMap::new,
                                (all, entry) -> all.put(entry.getKey().toString(), entry.getValue()),
                                Map::putAll);
    }

    private static List<String> list(Object parsed) {
        return parsed == null
                ? List.of()
                : ((List<?>) parsed).stream().map(Object::toString).toList();
    }
}
