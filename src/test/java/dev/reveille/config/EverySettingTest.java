package dev.reveille.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every key: its default, its place in the shipped file, and that another value takes effect from everywhere. */
class EverySettingTest {
    private static final Path SHIPPED = Path.of("conf/reveille.yaml");

    /** Of {@code gamma-secret}. */
    private static final String GAMMA = "8ad7dc5928309bca0407719461bf2e418e95169b0485ea850a96d87942e98205";

    private static final Settings DEFAULTS = new Settings(
            new HttpSettings(
                    "127.0.0.1",
                    8080,
                    Optional.empty(),
                    Routing.PATH,
                    Optional.empty(),
                    ".",
                    Optional.empty(),
                    new ByteSize(32 << 20),
                    List.of(),
                    new ByteSize(16 << 10),
                    new ByteSize(64 << 10),
                    ofSeconds(30),
                    ofSeconds(75),
                    ofSeconds(60),
                    new TlsSettings(Optional.empty(), Optional.empty(), ofSeconds(30))),
            new AdminSettings("127.0.0.1", 9090),
            new UpstreamSettings(
                    Optional.empty(),
                    Optional.empty(),
                    ofSeconds(10),
                    3,
                    ofMillis(200),
                    new BreakerSettings(5, ofSeconds(10), ofSeconds(5))),
            new EmbeddedSettings(
                    Path.of(System.getProperty("user.home"), ".reveille", "sandboxes"),
                    List.of(),
                    Isolation.AUTO,
                    32,
                    ofSeconds(60)),
            List.of(),
            new LifecycleSettings(
                    ofSeconds(300),
                    ofSeconds(120),
                    ofSeconds(60),
                    ofSeconds(60),
                    ofMinutes(30),
                    ofSeconds(5),
                    ofSeconds(30),
                    ofSeconds(5),
                    ofMillis(50),
                    ofSeconds(2)),
            new HoldSettings(ofSeconds(90), 5000, 10_000, 20_000, 32),
            new ProxySettings(
                    ofSeconds(2),
                    ofSeconds(900),
                    ofSeconds(0),
                    ofSeconds(300),
                    new ByteSize(64 << 10),
                    ofSeconds(1),
                    ofSeconds(1),
                    false,
                    10,
                    5,
                    ofSeconds(1),
                    List.of()),
            new RegistrySettings(
                    ofHours(1),
                    ofSeconds(10),
                    Optional.of(Path.of(System.getProperty("user.home"), ".reveille/registry"))),
            new WatcherSettings(10_000, ofSeconds(60), ofMinutes(5)),
            new WebhookSettings(Optional.empty(), Optional.empty(), ofSeconds(10), ofSeconds(1), ofHours(24), 10_000),
            new BridgeSettings(
                    10_000,
                    5_000,
                    500,
                    ofSeconds(10),
                    100,
                    ofSeconds(60),
                    new ByteSize(256 << 10),
                    new SockJsBridgeSettings(true),
                    new TcpBridgeSettings(false, "127.0.0.1", 7000, Optional.empty(), Optional.empty())),
            new ClusterSettings(false, "reveille", "127.0.0.1", 5701, "127.0.0.1", 0, Optional.empty()),
            new ShutdownSettings(ofSeconds(2), ofSeconds(30), ofSeconds(10)),
            new LogSettings(LogSettings.Format.TEXT, "info"));

    private static final Settings OTHERS = new Settings(
            new HttpSettings(
                    "0.0.0.0",
                    80,
                    Optional.of(URI.create("https://sandboxes.example.org")),
                    Routing.SUBDOMAIN,
                    Optional.of("sandboxes.example.org"),
                    "-",
                    Optional.of(new PortRange(20_000, 20_399)),
                    new ByteSize(1 << 20),
                    List.of(range("10.0.0.0/8"), range("2001:db8::1")),
                    new ByteSize(8 << 10),
                    new ByteSize(32 << 10),
                    ofSeconds(12),
                    ofSeconds(13),
                    ofSeconds(14),
                    new TlsSettings(
                            Optional.of(Path.of("src/test/resources/tls/certificate.pem")),
                            Optional.of(Path.of("src/test/resources/tls/key.pem")),
                            ofSeconds(31))),
            new AdminSettings("::1", 81),
            new UpstreamSettings(
                    Optional.of(URI.create("https://runtime.example.org/api")),
                    Optional.of("upstream-secret"),
                    ofSeconds(11),
                    1,
                    ofMillis(0),
                    new BreakerSettings(6, ofMinutes(1), ofMillis(1))),
            new EmbeddedSettings(
                    Path.of("/srv/sandboxes"),
                    List.of("python3", "-m", "server"),
                    Isolation.BUBBLEWRAP,
                    2,
                    ofSeconds(61)),
            List.of(
                    new TenantSettings(
                            "acme", Optional.of("acme-secret"), Optional.empty(), Optional.of("acme-upstream")),
                    new TenantSettings("beta", Optional.of("beta-secret"), Optional.empty(), Optional.empty()),
                    new TenantSettings("gamma", Optional.empty(), Optional.of(GAMMA), Optional.empty())),
            new LifecycleSettings(
                    ofSeconds(1),
                    ofSeconds(2),
                    ofSeconds(3),
                    ofSeconds(4),
                    ofDays(1),
                    ofSeconds(6),
                    ofSeconds(7),
                    ofSeconds(8),
                    ofMillis(9),
                    ofMillis(10)),
            new HoldSettings(ofHours(1), 1, 2, 3, 0),
            new ProxySettings(
                    ofSeconds(3),
                    ofSeconds(4),
                    ofSeconds(6),
                    ofSeconds(5),
                    new ByteSize(0),
                    ofSeconds(0),
                    ofSeconds(0),
                    true,
                    0,
                    0,
                    ofSeconds(2),
                    List.of(
                            new IntentRule(
                                    new IntentMatch(
                                            Optional.of("work-1"),
                                            Optional.of("POST"),
                                            Optional.of("/poll/*"),
                                            Optional.of("X-Asked-By"),
                                            Optional.of("tab *")),
                                    Intent.IGNORES),
                            new IntentRule(
                                    new IntentMatch(
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.of("*"),
                                            Optional.empty(),
                                            Optional.empty()),
                                    Intent.WAKES))),
            new RegistrySettings(ofSeconds(0), ofSeconds(11), Optional.of(Path.of("/srv/registry"))),
            new WatcherSettings(7, ofSeconds(8), ofSeconds(9)),
            new WebhookSettings(
                    Optional.of(URI.create("https://hooks.example/a?b=c")),
                    Optional.of("hook-secret"),
                    ofSeconds(3),
                    ofSeconds(4),
                    ofHours(5),
                    6),
            new BridgeSettings(
                    1,
                    4,
                    5,
                    ofSeconds(6),
                    2,
                    ofSeconds(3),
                    new ByteSize(16 << 10),
                    new SockJsBridgeSettings(false),
                    new TcpBridgeSettings(
                            true,
                            "0.0.0.0",
                            7001,
                            Optional.of(Path.of("src/test/resources/tls/certificate.pem")),
                            Optional.of(Path.of("src/test/resources/tls/key.pem")))),
            new ClusterSettings(
                    true,
                    "east",
                    "10.0.0.7",
                    5801,
                    "10.0.0.8, 10.0.0.9:5802",
                    5901,
                    Optional.of(Path.of("/etc/hz.xml"))),
            new ShutdownSettings(ofSeconds(0), ofSeconds(31), ofSeconds(9)),
            new LogSettings(LogSettings.Format.JSON, "debug"));

    private static final Map<String, String> OTHER_TEXTS = Map.ofEntries(
            Map.entry("http.host", "0.0.0.0"),
            Map.entry("http.port", "80"),
            Map.entry("http.public-url", "https://sandboxes.example.org/"),
            Map.entry("http.routing", "Subdomain"),
            Map.entry("http.domain", "Sandboxes.example.org"),
            Map.entry("http.domain-separator", "-"),
            Map.entry("http.port-range", "20000-20399"),
            Map.entry("http.body-limit", "1MiB"),
            Map.entry("http.trusted-proxies", "10.0.0.0/8, [2001:DB8::1]"),
            Map.entry("http.max-request-line", "8KiB"),
            Map.entry("http.max-head", "32KiB"),
            Map.entry("http.head-timeout", "12s"),
            Map.entry("http.idle-timeout", "13s"),
            Map.entry("http.body-timeout", "14s"),
            Map.entry("http.tls.certificate", "src/test/resources/tls/certificate.pem"),
            Map.entry("http.tls.key", "src/test/resources/tls/key.pem"),
            Map.entry("http.tls.reload", "31s"),
            Map.entry("admin.host", "[::1]"),
            Map.entry("admin.port", "81"),
            Map.entry("upstream.url", "https://runtime.example.org/api/"),
            Map.entry("upstream.api-key", "upstream-secret"),
            Map.entry("upstream.call-timeout", "11s"),
            Map.entry("upstream.attempts", "1"),
            Map.entry("upstream.retry-delay", "0"),
            Map.entry("upstream.breaker.failures", "6"),
            Map.entry("upstream.breaker.window", "1m"),
            Map.entry("upstream.breaker.reset", "1ms"),
            Map.entry("embedded.directory", "/srv/sandboxes"),
            Map.entry("embedded.command", "python3 -m server"),
            Map.entry("embedded.isolation", "Bubblewrap"),
            Map.entry("embedded.max-sandboxes", "2"),
            Map.entry("embedded.start-timeout", "PT61S"),
            Map.entry("lifecycle.start-timeout", "1s"),
            Map.entry("lifecycle.resume-timeout", "2s"),
            Map.entry("lifecycle.pause-timeout", "3s"),
            Map.entry("lifecycle.stop-timeout", "4s"),
            Map.entry("lifecycle.build-timeout", "1d"),
            Map.entry("lifecycle.build-poll", "6s"),
            Map.entry("lifecycle.environment-timeout", "7s"),
            Map.entry("lifecycle.alive-timeout", "8s"),
            Map.entry("lifecycle.poll-first", "9ms"),
            Map.entry("lifecycle.poll-max", "10ms"),
            Map.entry("hold.deadline", "1h"),
            Map.entry("hold.per-session", "1"),
            Map.entry("hold.per-tenant", "2"),
            Map.entry("hold.per-node", "3"),
            Map.entry("hold.release", "0"),
            Map.entry("proxy.connect-timeout", "3s"),
            Map.entry("proxy.response-timeout", "4s"),
            Map.entry("proxy.idle-timeout", "6s"),
            Map.entry("proxy.stall-timeout", "5s"),
            Map.entry("proxy.replay-buffer", "0B"),
            Map.entry("proxy.verdict-cache", "0s"),
            Map.entry("proxy.waking-page-after", "0"),
            Map.entry("proxy.strict", "true"),
            Map.entry("proxy.retry-budget", "0"),
            Map.entry("proxy.breaker-failures", "0"),
            Map.entry("proxy.breaker-reset", "2s"),
            Map.entry("proxy.intents.0.match.service", "work-1"),
            Map.entry("proxy.intents.0.match.method", "post"),
            Map.entry("proxy.intents.0.match.path", "/poll/*"),
            Map.entry("proxy.intents.0.match.header", "X-Asked-By"),
            Map.entry("proxy.intents.0.match.value", "tab *"),
            Map.entry("proxy.intents.0.intent", "Ignores"),
            Map.entry("proxy.intents.1.match.path", "*"),
            Map.entry("proxy.intents.1.intent", "wakes"),
            Map.entry("registry.retain-stopped", "0"),
            Map.entry("registry.repair-interval", "11s"),
            Map.entry("registry.directory", "/srv/registry"),
            Map.entry("watchers.most", "7"),
            Map.entry("watchers.stalled-after", "8s"),
            Map.entry("watchers.ticket-lifetime", "9s"),
            Map.entry("webhook.url", "https://hooks.example/a?b=c"),
            Map.entry("webhook.secret", "hook-secret"),
            Map.entry("webhook.timeout", "3s"),
            Map.entry("webhook.retry-delay", "4s"),
            Map.entry("webhook.give-up-after", "5h"),
            Map.entry("webhook.most", "6"),
            Map.entry("bridges.max-sockets", "1"),
            Map.entry("bridges.per-tenant", "4"),
            Map.entry("bridges.max-strangers", "5"),
            Map.entry("bridges.stranger-timeout", "6s"),
            Map.entry("bridges.max-registrations", "2"),
            Map.entry("bridges.idle-timeout", "3s"),
            Map.entry("bridges.queue", "16KiB"),
            Map.entry("bridges.sockjs.enabled", "false"),
            Map.entry("bridges.tcp.enabled", "true"),
            Map.entry("bridges.tcp.host", "0.0.0.0"),
            Map.entry("bridges.tcp.port", "7001"),
            Map.entry("bridges.tcp.certificate", "src/test/resources/tls/certificate.pem"),
            Map.entry("bridges.tcp.key", "src/test/resources/tls/key.pem"),
            Map.entry("cluster.enabled", "true"),
            Map.entry("cluster.name", "east"),
            Map.entry("cluster.host", "10.0.0.7"),
            Map.entry("cluster.port", "5801"),
            Map.entry("cluster.members", "10.0.0.8, 10.0.0.9:5802"),
            Map.entry("cluster.bus-port", "5901"),
            Map.entry("cluster.config", "/etc/hz.xml"),
            Map.entry("shutdown.websockets", "9s"),
            Map.entry("shutdown.not-ready", "0"),
            Map.entry("shutdown.drain", "31s"),
            Map.entry("log.format", "JSON"),
            Map.entry("log.level", "DEBUG"),
            Map.entry("tenants.0.name", "acme"),
            Map.entry("tenants.0.api-key", "acme-secret"),
            Map.entry("tenants.0.upstream-api-key", "acme-upstream"),
            Map.entry("tenants.1.name", "beta"),
            Map.entry("tenants.1.api-key", "beta-secret"),
            Map.entry("tenants.2.name", "gamma"),
            Map.entry("tenants.2.api-key-sha256", GAMMA.toUpperCase(Locale.ROOT)));

    @TempDir
    Path directory;

    @Test
    void nothingGivenMeansTheDefaults() {
        assertThat(Settings.defaults()).isEqualTo(DEFAULTS);
    }

    @Test
    void theShippedFileHoldsTheDefaults() {
        assertThat(SettingsReader.read(Optional.of(SHIPPED), Map.of())).isEqualTo(DEFAULTS);
    }

    @Test
    void theListOfKeysFollowsTheRecords() {
        List<String> components = new ArrayList<>();
        walk("", Settings.class, components);

        assertThat(Keys.all()).extracting(Key::name).containsExactlyElementsOf(components);
        assertThat(Stream.of(TenantSettings.class.getRecordComponents())
                        .map(component -> Keys.TENANTS + ".7." + kebab(component)))
                .containsExactlyElementsOf(
                        Keys.ofTenant(7).stream().map(Key::name).toList());
        assertThat(Stream.concat(
                        Stream.of(IntentMatch.class.getRecordComponents())
                                .map(component -> Keys.INTENTS + ".7.match." + kebab(component)),
                        Stream.of(Keys.INTENTS + ".7.intent")))
                .containsExactlyElementsOf(
                        Keys.ofIntent(7).stream().map(Key::name).toList());
    }

    @Test
    void theShippedFileNamesEveryKeyAndEveryVariable() throws IOException {
        String text = Files.readString(SHIPPED);
        Map<String, Given> given = YamlSource.read(SHIPPED, new ArrayList<>()).orElseThrow();

        assertThat(given.keySet())
                .containsExactlyElementsOf(Keys.all().stream().map(Key::name).toList());
        assertThat(text)
                .contains(
                        "name: ", "api-key: ", "api-key-sha256: ", "upstream-api-key: ", "tenants: []", "intents: []");
        assertThat(text)
                .contains(Stream.concat(Keys.all().stream(), Keys.ofItems(0))
                        .map(Key::variable)
                        .toList());
    }

    @Test
    void theOtherValuesAreOthersForEveryKey() {
        for (Key<?> key : Keys.all()) {
            assertThat(key.place().apply(OTHERS))
                    .as(key.name())
                    .isNotEqualTo(key.place().apply(DEFAULTS));
            assertThat(OTHER_TEXTS).containsKey(key.name());
        }
    }

    @Test
    void everyKeyTakesEffectFromTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("reveille.yaml"), yaml());

        assertThat(SettingsReader.read(Optional.of(file), Map.of())).isEqualTo(OTHERS);
    }

    @Test
    void everyKeyTakesEffectFromTheEnvironment() {
        Map<String, String> environment = new HashMap<>();
        OTHER_TEXTS.forEach(
                (key, text) -> environment.put(Keys.named(key).orElseThrow().variable(), text));

        assertThat(SettingsReader.read(Optional.empty(), environment)).isEqualTo(OTHERS);
        assertThat(SettingsReader.read(Optional.of(SHIPPED), environment)).isEqualTo(OTHERS);
    }

    @Test
    void testsGetTheDefaultsOnFreePortsAndWhatTheyAskFor() {
        Settings settings = TestSettings.of("lifecycle.poll-first=5ms", "tenants.0.name=acme", "tenants.0.api-key=k");

        assertThat(settings.http().port()).isZero();
        assertThat(settings.admin().port()).isZero();
        assertThat(settings.lifecycle().pollFirst()).isEqualTo(ofMillis(5));
        assertThat(settings.tenants()).extracting(TenantSettings::name).containsExactly("acme");
        assertThat(settings.hold()).isEqualTo(DEFAULTS.hold());
    }

    @Test
    void whatIsPrintedReadsBackExceptForTheSecrets() throws IOException {
        Path defaults = Files.writeString(directory.resolve("defaults.yaml"), DEFAULTS.toYaml());
        Path others = Files.writeString(directory.resolve("others.yaml"), OTHERS.toYaml());
        Map<String, String> secrets = Map.of(
                "REVEILLE_UPSTREAM_API_KEY", "upstream-secret",
                "REVEILLE_TENANTS_0_API_KEY", "acme-secret",
                "REVEILLE_TENANTS_0_UPSTREAM_API_KEY", "acme-upstream",
                "REVEILLE_TENANTS_1_API_KEY", "beta-secret",
                "REVEILLE_TENANTS_2_API_KEY_SHA256", GAMMA,
                "REVEILLE_WEBHOOK_SECRET", "hook-secret");

        assertThat(SettingsReader.read(Optional.of(defaults), Map.of())).isEqualTo(DEFAULTS);
        assertThat(SettingsReader.read(Optional.of(others), secrets)).isEqualTo(OTHERS);
    }

    @Test
    void secretsAreNeitherPrintedNorPartOfARecordsText() {
        assertThat(OTHERS.toYaml() + OTHERS)
                .doesNotContain("upstream-secret", "acme-secret", "acme-upstream", "beta-secret", GAMMA, "hook-secret")
                .contains("acme", "api-key: \"********\"");
    }

    private static void walk(String prefix, Class<?> type, List<String> keys) {
        for (RecordComponent component : type.getRecordComponents()) {
            String key = prefix + kebab(component);
            Class<?> inner = component.getType();
            if (inner.isRecord() && inner != ByteSize.class) {
                walk(key + ".", inner, keys);
            } else if (!Keys.isList(key)) {
                keys.add(key);
            }
        }
    }

    private static AddressRange range(String text) {
        try {
            return AddressRange.read(text);
        } catch (MismatchException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static String kebab(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String yaml() {
        StringBuilder text = new StringBuilder();
        Map<String, List<Key<?>>> sections = new LinkedHashMap<>();
        Keys.all()
                .forEach(key -> sections.computeIfAbsent(
                                key.name().substring(0, key.name().lastIndexOf('.')), section -> new ArrayList<>())
                        .add(key));
        String intents = "  intents:\n  - match: {service: work-1, method: post, path: /poll/*, header: X-Asked-By,"
                + " value: tab *}\n    intent: Ignores\n  - {match: {path: '*'}, intent: wakes}\n";
        Map<String, String> inner = Map.of(
                "upstream",
                group("  ", "breaker", sections.remove("upstream.breaker")),
                "http",
                group("  ", "tls", sections.remove("http.tls")),
                "bridges",
                group("  ", "sockjs", sections.remove("bridges.sockjs"))
                        + group("  ", "tcp", sections.remove("bridges.tcp")),
                "proxy",
                intents);
        sections.forEach(
                (section, keys) -> text.append(group("", section, keys)).append(inner.getOrDefault(section, "")));
        text.append("tenants:\n- {name: acme, api-key: acme-secret, upstream-api-key: acme-upstream}\n");
        text.append("- name: beta\n  api-key: beta-secret\n");
        text.append("- {name: gamma, api-key-sha256: " + GAMMA + "}\n");
        return text.toString();
    }

    private static String group(String indent, String name, List<Key<?>> keys) {
        StringBuilder text = new StringBuilder(indent + name + ":\n");
        for (Key<?> key : keys) {
            String label = key.name().substring(key.name().lastIndexOf('.') + 1);
            text.append(indent + "  " + label + ": '" + OTHER_TEXTS.get(key.name()) + "'\n");
        }
        return text.toString();
    }
}
