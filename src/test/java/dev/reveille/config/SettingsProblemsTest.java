package dev.reveille.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsProblemsTest {
    @TempDir
    Path directory;

    @Test
    void allProblemsAreNamedAtOnceAndWhereTheyComeFrom() throws IOException {
        Path file = file("""
                htpp:
                  port: 1
                http:
                  port: 70000
                hold:
                  deadline: 30
                  per-session: 5
                  per-tenant: 4
                """);

        SettingsException found = problems(file, Map.of("REVEILLE_LOG_LEVEL", "loud", "REVEILLE_HTTP_HOST", "0.0.0.0"));

        assertThat(found.problems())
                .containsExactly(
                        "htpp.port: unknown (did you mean http.port?); from " + file + " line 2",
                        "http.port: 70000 (expected: 0 to 65535); from " + file + " line 4",
                        "hold.deadline: 30 (expected: a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S;"
                                + " a unit is missing); from " + file + " line 6",
                        "hold.per-session: 5 (expected: at most hold.per-tenant 4); from hold.per-session in " + file
                                + " line 7, hold.per-tenant in " + file + " line 8",
                        "log.level: loud (expected: one of error, warn, info, debug, trace);"
                                + " from environment variable REVEILLE_LOG_LEVEL",
                        "tenants: none (expected: at least one tenant when http.host 0.0.0.0 is not a loopback"
                                + " address); from http.host in environment variable REVEILLE_HTTP_HOST");
        assertThat(found)
                .hasMessageStartingWith("The settings have 6 problems:\n  1. htpp.port: unknown")
                .hasMessageContaining("\n  6. tenants: none");
        assertThat(found.getStackTrace()).isEmpty();
    }

    @Test
    void aComparisonWithAWrongValueIsNotComplainedAbout() {
        assertThat(problems("REVEILLE_HOLD_PER_TENANT", "many", "REVEILLE_HOLD_PER_SESSION", "15000"))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("hold.per-tenant: many (expected: a whole number");
    }

    @Test
    void aChainOfComparisonsIsCheckedToItsEnd() {
        assertThat(problems("REVEILLE_HOLD_PER_SESSION", "15000", "REVEILLE_HOLD_PER_NODE", "9000"))
                .satisfiesExactly(
                        first -> assertThat(first)
                                .startsWith("hold.per-session: 15000 (expected: at most hold.per-tenant"),
                        next -> assertThat(next)
                                .startsWith("hold.per-tenant: 10000 (expected: at most hold.per-node 9000)"));
    }

    @Test
    void oneWrongValueIsOneProblem() {
        assertThat(problems("REVEILLE_HTTP_PUBLIC_URL", "a.example.org")).hasSize(1);
        assertThat(problems("REVEILLE_HOLD_PER_NODE", "0")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        http.port             | -1                       | 0 to 65535
        http.port             | 80a                      | a whole number up to 2147483647
        http.port             | 99999999999              | a whole number up to 2147483647
        http.host             | 127.0.0.1:80             | an IP address or a host name, without port
        http.host             | 1.2.3                    | an IP address or a host name, without port
        http.host             | a b                      | an IP address or a host name, without port
        http.host             | ::zz                     | an IP address or a host name, without port
        http.public-url       | ftp://a                  | an http or https URL with a valid host name, without user, query or fragment
        http.public-url       | a.example.org            | an http or https URL with a valid host name, without user, query or fragment
        http.public-url       | https://a#b              | an http or https URL with a valid host name, without user, query or fragment
        http.public-url       | http://a:70000           | an http or https URL with a valid host name, without user, query or fragment
        http.public-url       | https://a/b/             | no path; sandboxes are reached below /{runtime_id}
        http.public-url       | http://a b               | an http or https URL, or nothing
        http.routing          | host                     | one of path, subdomain, port
        http.domain           | .example.org             | a domain such as sandboxes.example.org, at most 189 characters, without port
        http.domain           | example.org:80           | a domain such as sandboxes.example.org, at most 189 characters, without port
        http.domain           | 10.0.0.1                 | a domain such as sandboxes.example.org, at most 189 characters, without port
        http.domain-separator | _                        | one of ., -
        http.port-range       | 20000                    | a range of ports such as 20000-20399, or nothing
        http.port-range       | 20399-20000              | a range of ports such as 20000-20399, the lower one first, both 1 to 65535
        http.port-range       | 65000-65536              | a range of ports such as 20000-20399, the lower one first, both 1 to 65535
        http.port-range       | 20000-20002              | 4 to 4000 ports, four for each sandbox
        http.port-range       | 20000-24000              | 4 to 4000 ports, four for each sandbox
        http.body-limit       | 64K                      | a size such as 512B, 64KiB, 1MiB or 2GiB; did you mean 64KiB?
        http.body-limit       | 64kb                     | a size such as 512B, 64KiB, 1MiB or 2GiB; did you mean 64KiB?
        http.body-limit       | 65536                    | a size such as 512B, 64KiB, 1MiB or 2GiB; a unit is missing
        http.body-limit       | 2GiB                     | 1KiB to 1GiB
        http.trusted-proxies  | proxy.example.org        | IP addresses or ranges such as 10.0.0.0/8 or 2001:db8::/32
        http.trusted-proxies  | 10.0.0.0/33              | a prefix length of 0 to 32 behind the slash
        http.trusted-proxies  | 10.0.0.0/                | a prefix length of 0 to 32 behind the slash
        http.trusted-proxies  | 10.1.2.3/8               | no bits behind the prefix; did you mean 10.0.0.0/8?
        http.max-request-line | 1023B                    | 1KiB to 1MiB
        http.max-head         | 2MiB                     | 1KiB to 1MiB
        http.head-timeout     | 0s                       | 1ms to 24d
        http.idle-timeout     | 0s                       | 1ms to 24d
        http.body-timeout     | 0s                       | 1ms to 24d
        upstream.url          | embeded                  | an http or https URL with a valid host name, without user, query or fragment
        upstream.call-timeout | 0                        | 1ms to 24d
        upstream.call-timeout | 0s                       | 1ms to 24d
        upstream.call-timeout | PT-10S                   | 1ms to 24d
        upstream.call-timeout | -10s                     | a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S
        upstream.call-timeout | 10 sec                   | a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S
        upstream.call-timeout | 1.5                      | a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S; a unit is missing
        upstream.call-timeout | PT0.0001S                | a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S, in whole milliseconds
        upstream.call-timeout | PT999999999999999999999S | a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S
        upstream.call-timeout | 9999999999d              | 1ms to 24d
        upstream.attempts     | 0                        | 1 to 20
        embedded.isolation    | jail                     | one of auto, bubblewrap, none
        embedded.command      | ["a", 1]                 | words with spaces between them, or a list of strings
        embedded.command      | ["a"                     | words with spaces between them, or a list of strings
        proxy.strict          | yes                      | true or false
        proxy.replay-buffer   | 65MiB                    | 0B to 64MiB
        log.format            | xml                      | one of text, json
        hold.deadline         | 61m                      | 1ms to 1h
        hold.deadline         | 0s                       | 1ms to 1h
        hold.per-node         | 0                        | 1 to 1000000
        hold.release          | -1                       | 0 to 1000000
        proxy.retry-budget    | 101                      | 0 to 100
        proxy.retry-budget    | 10%                      | a whole number up to 2147483647
        proxy.breaker-failures| -1                       | 0 to 1000000
        proxy.breaker-reset   | 0s                       | 1ms to 24d
        watchers.most         | 0                        | 1 to 1000000
        watchers.stalled-after| 0s                       | 1ms to 24d
        """)
    void aWrongValueSaysWhatWasExpected(String key, String value, String expected) {
        String variable = Keys.named(key).orElseThrow().variable();

        assertThat(problems(variable, value))
                .first()
                .asString()
                .startsWith(key + ": ")
                .contains("(expected: " + expected + ")");
    }

    @Test
    void valuesThatContradictOneAnotherAreNamed() {
        assertThat(problems("REVEILLE_LIFECYCLE_POLL_FIRST", "3s").get(0))
                .isEqualTo("lifecycle.poll-first: 3s (expected: at most lifecycle.poll-max 2s);"
                        + " from lifecycle.poll-first in environment variable REVEILLE_LIFECYCLE_POLL_FIRST");
        assertThat(problems("REVEILLE_ADMIN_PORT", "8080").get(0))
                .startsWith("admin.port: 8080 (expected: another than http.port 8080 on the same host)");
        assertThat(problems("REVEILLE_ADMIN_PORT", "8080", "REVEILLE_ADMIN_HOST", "0.0.0.0"))
                .hasSize(1);
    }

    @Test
    void eachModeOfRoutingNeedsWhatItIsMadeOf() {
        assertThat(problems("REVEILLE_HTTP_ROUTING", "subdomain", "REVEILLE_HTTP_PORT", "70000"))
                .containsExactlyInAnyOrder(
                        "http.port: 70000 (expected: 0 to 65535); from environment variable REVEILLE_HTTP_PORT",
                        "http.domain: '' (expected: a value when http.routing is subdomain);"
                                + " from http.routing in environment variable REVEILLE_HTTP_ROUTING");
        assertThat(problems("REVEILLE_HTTP_ROUTING", "port").get(0))
                .startsWith("http.port-range: '' (expected: a value when http.routing is port); from http.routing in");
        assertThat(problems("REVEILLE_HTTP_ROUTING", "port", "REVEILLE_HTTP_PORT_RANGE", "many"))
                .hasSize(1);
        read(Map.of("REVEILLE_HTTP_ROUTING", "subdomain", "REVEILLE_HTTP_DOMAIN", "localhost"));
    }

    @Test
    void thePortsOfSandboxesAreNobodyElses() {
        assertThat(problems("REVEILLE_HTTP_ROUTING", "port", "REVEILLE_HTTP_PORT_RANGE", "8000-10000")
                        .get(0))
                .startsWith("http.port-range: 8000-10000 (expected: a range without http.port 8080); from");
        assertThat(problems("REVEILLE_HTTP_ROUTING", "port", "REVEILLE_HTTP_PORT_RANGE", "9000-9100")
                        .get(0))
                .startsWith("http.port-range: 9000-9100 (expected: a range without admin.port 9090); from");
        read(Map.of("REVEILLE_HTTP_PORT_RANGE", "8000-10000"));
        read(Map.of(
                "REVEILLE_HTTP_ROUTING", "port",
                "REVEILLE_HTTP_PORT_RANGE", "9000-9100",
                "REVEILLE_ADMIN_HOST", "127.0.0.2"));
    }

    @Test
    void portsMayBeTheSameOnOtherHostsOrBothFree() {
        Settings same = read(Map.of("REVEILLE_ADMIN_PORT", "8080", "REVEILLE_ADMIN_HOST", "127.0.0.2"));
        Settings free = read(Map.of("REVEILLE_ADMIN_PORT", "0", "REVEILLE_HTTP_PORT", "0"));

        assertThat(List.of(same.http().port(), same.admin().port())).containsExactly(8080, 8080);
        assertThat(List.of(free.http().port(), free.admin().port())).containsExactly(0, 0);
    }

    @Test
    void tenantsNeedNamesAndKeysOfTheirOwn() throws IOException {
        Path file = file("""
                tenants:
                  - {name: acme, api-key: same-secret}
                  - {name: acme, api-key: other-secret}
                  - {name: beta, api-key: same-secret}
                  - {name: be/ta, api-key: "späte-secret"}
                  - {name: gamma}
                  - {name: delta, api_key: lost-secret}
                  - {api-key: alone-secret}
                  - just-a-secret
                """);

        SettingsException found = problems(file, Map.of("REVEILLE_HTTP_HOST", "0.0.0.0"));

        assertThat(found.problems())
                .containsExactly(
                        "tenants.5.api_key: unknown (did you mean tenants.5.api-key?); from " + file + " line 7",
                        "tenants.7: a single value (expected: the keys name and api-key); from " + file + " line 9",
                        "tenants.3.name: be/ta (expected: 1 to 64 characters out of A-Z a-z 0-9 - _); from " + file
                                + " line 5",
                        "tenants.3.api-key: (hidden) (expected: 1 to 512 visible ASCII characters); from " + file
                                + " line 5",
                        "tenants.4.api-key: missing (expected: a value, or api-key-sha256)",
                        "tenants.5.api-key: missing (expected: a value, or api-key-sha256)",
                        "tenants.6.name: missing (expected: a value)",
                        "tenants: acme twice (expected: a name of its own for each tenant)",
                        "tenants: one api-key for acme and beta (expected: a key of its own for each tenant)");
        assertThat(found.getMessage()).doesNotContain("-secret");
    }

    @Test
    void aTenantHasAKeyOrTheDigestOfOneAndNotThatOfAnother() throws IOException {
        String digest = "307c609f87da43c3d563428a4f7efdf9857f4871fd10465732c4ab11a985a08c";
        String ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        Path file = file("tenants:\n"
                + "  - {name: acme, api-key: acme-secret}\n"
                + "  - {name: beta, api-key-sha256: " + digest.toUpperCase(Locale.ROOT) + "}\n"
                + "  - {name: both, api-key: both-secret, api-key-sha256: " + "a".repeat(64) + "}\n"
                + "  - {name: long, api-key-sha256: " + "a".repeat(65) + "}\n"
                + "  - {name: odd, api-key-sha256: " + "g".repeat(64) + "}\n"
                + "  - {name: unset, api-key-sha256: " + ofNothing + "}\n");

        SettingsException found = problems(file, Map.of());

        assertThat(found.problems())
                .containsExactly(
                        "tenants.2.api-key-sha256: given together with api-key (expected: only one of them); from "
                                + file + " line 4",
                        "tenants.3.api-key-sha256: (hidden) (expected: 64 hexadecimal digits, as sha256sum prints them);"
                                + " from " + file + " line 5",
                        "tenants.4.api-key-sha256: (hidden) (expected: 64 hexadecimal digits, as sha256sum prints them);"
                                + " from " + file + " line 6",
                        "tenants.5.api-key-sha256: that of an empty key (expected: that of a key); from " + file
                                + " line 7",
                        "tenants: one api-key for acme and beta (expected: a key of its own for each tenant)");
        assertThat(found.getMessage()).doesNotContain("-secret").doesNotContain("aaaa");
    }

    @Test
    void aRuleOfIntentsSaysWhichRequestsItIsAboutAndWhatTheyMean() throws IOException {
        Path file = file("""
                proxy:
                  breaker-reset: 0
                  intents:
                    - {match: {path: /poll}, intent: ignores}
                    - {match: {service: work-3, path: "poll?x"}, intent: ignores}
                    - {match: {method: "GET /"}, intent: sleeps}
                    - {match: {path: /x}}
                    - {intent: uses}
                    - {match: {path: /x, value: yes}, intent: uses}
                    - {match: {paht: /x, method: get}, intent: uses}
                    - {match: {header: "X: y"}, intent: uses}
                    - ignores
                """);

        assertThat(problems(file, Map.of()).problems())
                .containsExactly(
                        "proxy.intents.6.match.paht: unknown (did you mean proxy.intents.6.match.path?); from " + file
                                + " line 10",
                        "proxy.intents.8: a single value (expected: the keys match and intent); from " + file
                                + " line 12",
                        "proxy.intents.1.match.service: work-3 (expected: one of runtime, vscode, work-1, work-2); from "
                                + file + " line 5",
                        "proxy.intents.1.match.path: poll?x (expected: a path that begins with / or *, without query);"
                                + " from " + file + " line 5",
                        "proxy.intents.2.intent: sleeps (expected: one of wakes, uses, ignores); from " + file
                                + " line 6",
                        "proxy.intents.3.intent: missing (expected: a value)",
                        "proxy.intents.4.match: nothing (expected: at least one of service, method, path, header)",
                        "proxy.intents.5.match.value: without a header (expected: match.header too); from " + file
                                + " line 9",
                        "proxy.intents.7.match.header: X: y (expected: the name of a header field); from " + file
                                + " line 11",
                        "proxy.breaker-reset: 0s (expected: 1ms to 24d); from " + file + " line 2");
    }

    @Test
    void rulesOfTheFileAndOfTheEnvironmentWithTheSameNumberAreTheSame() throws IOException {
        Path file = file("proxy:\n  intents:\n    - {match: {path: /poll}, intent: ignores}\n");

        Settings settings = SettingsReader.read(
                Optional.of(file),
                Map.of(
                        "REVEILLE_PROXY_INTENTS_0_INTENT", "uses",
                        "REVEILLE_PROXY_INTENTS_7_MATCH_METHOD", "get",
                        "REVEILLE_PROXY_INTENTS_7_INTENT", "wakes"));

        assertThat(settings.proxy().intents())
                .extracting(rule ->
                        rule.match().path().orElse("") + rule.match().method().orElse("") + rule.intent())
                .containsExactly("/pollUSES", "GETWAKES");
    }

    @Test
    void aKeyMayHaveEveryVisibleCharacterAndHalfAThousandOfThem() {
        String key = "!~".repeat(256);

        assertThat(read(Map.of("REVEILLE_UPSTREAM_API_KEY", key)).upstream().apiKey())
                .contains(key);
        assertThat(problems("REVEILLE_UPSTREAM_API_KEY", key + "x"))
                .containsExactly("upstream.api-key: (hidden) (expected: 1 to 512 visible ASCII characters);"
                        + " from environment variable REVEILLE_UPSTREAM_API_KEY");
        assertThat(problems("REVEILLE_TENANTS_0_NAME", "acme", "REVEILLE_TENANTS_0_API_KEY", ""))
                .containsExactly("tenants.0.api-key: missing (expected: a value, or api-key-sha256)");
    }

    @Test
    void passwordsInUrlsAreNotShown() {
        assertThat(problems("REVEILLE_UPSTREAM_URL", "https://me:hunter2@a.example.org/?key=hunter2"))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("upstream.url: https://…@a.example.org/?… (expected: an http or https URL");
        assertThat(problems("REVEILLE_UPSTREAM_URL", "https://me:hunter2@a b").get(0))
                .doesNotContain("hunter2");
    }

    @Test
    void theBridgeForServicesIsOpenToOthersWithTlsAndTenantsAlone() {
        assertThat(problems("REVEILLE_BRIDGES_TCP_HOST", "0.0.0.0"))
                .singleElement()
                .asString()
                .contains("bridges.tcp.host: 0.0.0.0", "no bridges.tcp.certificate");
        Map<String, String> withTls = Map.of(
                "REVEILLE_BRIDGES_TCP_HOST", "0.0.0.0",
                "REVEILLE_BRIDGES_TCP_CERTIFICATE", "src/test/resources/tls/certificate.pem",
                "REVEILLE_BRIDGES_TCP_KEY", "src/test/resources/tls/key.pem");
        assertThat(catchThrowableOfType(SettingsException.class, () -> read(withTls))
                        .problems())
                .singleElement()
                .asString()
                .contains("bridges.tcp.host: 0.0.0.0", "no tenants");
        assertThat(problems("REVEILLE_BRIDGES_TCP_KEY", "src/test/resources/tls/key.pem"))
                .singleElement()
                .asString()
                .contains("bridges.tcp.certificate: missing");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        http.prot              | did you mean http.port?
        http.public_url        | did you mean http.public-url?
        http.publicUrl         | did you mean http.public-url?
        lifecycle.start-timout | did you mean lifecycle.start-timeout?
        registry.cleaning      | expected: one of registry.retain-stopped, registry.repair-interval, registry.directory
        upstream.breaker.colour| expected: one of upstream.breaker.failures, upstream.breaker.window, upstream.breaker.reset
        weather                | expected: one of http, admin, upstream, embedded, lifecycle, hold, proxy, registry, watchers, webhook, bridges, cluster, shutdown, log, tenants
        """)
    void anUnknownKeySuggestsWhatMayBeMeant(String key, String advice) throws IOException {
        Path file = file(key + ": hunter2\n");

        assertThat(problems(file, Map.of()).problems())
                .containsExactly(key + ": unknown (" + advice + "); from " + file + " line 1");
    }

    @ParameterizedTest
    @CsvSource({
        "REVEILLE_HTTP_PROT, did you mean REVEILLE_HTTP_PORT?",
        "REVEILLE_UPSTREAM_APIKEY, did you mean REVEILLE_UPSTREAM_API_KEY?",
        "REVEILLE_TENANTS_7_SECRET, 'expected: one of REVEILLE_TENANTS_0_NAME, REVEILLE_TENANTS_0_API_KEY,"
                + " REVEILLE_TENANTS_0_API_KEY_SHA256, REVEILLE_TENANTS_0_UPSTREAM_API_KEY'",
        "REVEILLE_PROXY_INTENTS_0_MATCH_PAHT, did you mean REVEILLE_PROXY_INTENTS_0_MATCH_PATH?",
        "REVEILLE_TENANTS_00_NAME, did you mean REVEILLE_TENANTS_0_NAME?",
        "REVEILLE_WEATHER, 'expected: REVEILLE_ and a key, such as REVEILLE_HTTP_PORT'",
    })
    void anUnknownVariableSuggestsWhatMayBeMeant(String variable, String advice) {
        assertThat(problems(variable, "hunter2")).containsExactly(variable + ": unknown (" + advice + ")");
    }

    @Test
    void variablesOfOthersAreLeftAlone() {
        Map<String, String> environment = Map.of(
                "PATH", "/bin",
                "REVEILLE_CONFIG", "conf/reveille.yaml",
                "REVEILLE_SERVICE_HOST", "10.0.0.1",
                "REVEILLE_SERVICE_PORT_HTTP", "80",
                "REVEILLE_PORT", "tcp://10.0.0.1:80",
                "REVEILLE_PORT_80_TCP_ADDR", "10.0.0.1",
                "REVEILLE_ADMIN_PORT", "tcp://10.0.0.1:9090",
                "REVEILLE_HTTP_PORT", " ");

        assertThat(read(environment)).isEqualTo(Settings.defaults());
    }

    @Test
    void anEmptyFileAndEmptySectionsMeanTheDefaults() throws IOException {
        assertThat(SettingsReader.read(Optional.of(file("")), Map.of())).isEqualTo(Settings.defaults());
        assertThat(SettingsReader.read(Optional.of(file("# nothing\n")), Map.of()))
                .isEqualTo(Settings.defaults());
        assertThat(SettingsReader.read(Optional.of(file("\uFEFFhttp:\ntenants:\nlog: {}\n")), Map.of()))
                .isEqualTo(Settings.defaults());
    }

    @Test
    void commandsAreWordsOrLists() throws IOException {
        Path file = file("embedded:\n  command: [sh, -c, 'sleep 1', 010]\n");

        assertThat(SettingsReader.read(Optional.of(file), Map.of()).embedded().command())
                .containsExactly("sh", "-c", "sleep 1", "010");
        assertThat(read(Map.of("REVEILLE_EMBEDDED_COMMAND", "[\"sh\", \"-c\", \"sleep 1\"]"))
                        .embedded()
                        .command())
                .containsExactly("sh", "-c", "sleep 1");
        assertThat(read(Map.of("REVEILLE_EMBEDDED_COMMAND", "  sleep   1 "))
                        .embedded()
                        .command())
                .containsExactly("sleep", "1");
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws IOException {
        Path missing = directory.resolve("missing.yaml");
        Path binary = Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

        assertThat(problems(missing, Map.of()).problems())
                .containsExactly(missing + ": no such file (expected: a YAML file)");
        assertThat(problems(directory, Map.of()).problems())
                .containsExactly(directory + ": a directory (expected: a YAML file)");
        assertThat(problems(binary, Map.of()).problems())
                .containsExactly(binary + ": not UTF-8 (expected: a YAML file)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http: {port: hunter2-secret",
                "http:\n\tport: hunter2-secret",
                "tenants: *hunter2",
                "--- \na: 1\n---\nb: 1\n",
                "http: 'hunter2-secret",
                "a: b: hunter2-secret"
            })
    void whatIsNotYamlIsNamedWithItsPlaceAndNotShown(String text) throws IOException {
        Path file = file(text);

        SettingsException found = problems(file, Map.of("REVEILLE_HTTP_HOST", "0.0.0.0"));

        assertThat(found.problems()).hasSize(1);
        assertThat(found.problems().get(0))
                .startsWith(file + ": not YAML, ")
                .matches("(?s).*; line [0-9]+ column [0-9]+")
                .doesNotContain("-secret");
    }

    @Test
    void whatHasAnotherShapeIsNamed() throws IOException {
        Path list = file("- a\n- b\n");
        assertThat(problems(list, Map.of()).problems())
                .containsExactly(
                        list + ": a list (expected: keys such as http, upstream or tenants); from " + list + " line 1");

        Path shapes = file("""
                http: 8080
                hold: [1]
                log:
                  level: {a: b}
                  format: [text]
                tenants: {acme: hunter2}
                [a, b]: c
                lifecycle: &again
                  poll-first: *again
                strange: {}
                """);
        assertThat(problems(shapes, Map.of()).problems())
                .containsExactly(
                        "http: a single value (expected: a group of keys); from " + shapes + " line 1",
                        "hold: a list (expected: a group of keys); from " + shapes + " line 2",
                        "log.level: a group of keys (expected: a single value); from " + shapes + " line 4",
                        "log.format: a list (expected: a single value); from " + shapes + " line 5",
                        "tenants: a group of keys (expected: a list of tenants); from " + shapes + " line 6",
                        shapes + ": a key that is no word; from " + shapes + " line 7",
                        "lifecycle.poll-first: a group of keys (expected: a single value); from " + shapes + " line 8",
                        "strange: unknown (expected: one of http, admin, upstream, embedded, lifecycle, hold, proxy,"
                                + " registry, watchers, webhook, bridges, cluster, shutdown, log, tenants); from "
                                + shapes
                                + " line 10");
    }

    @Test
    void aKeyThatIsGivenTwiceIsRefused() throws IOException {
        Path file = file("http:\n  port: 1\n  port: 2\nhttp.port: 3\nlog:\nlog:\n  level: info\n");

        assertThat(problems(file, Map.of()).problems())
                .containsExactly(
                        "http.port: given twice (expected: once); from " + file + " line 3 and line 2",
                        "http.port: given twice (expected: once); from " + file + " line 4 and line 2",
                        "log: given twice (expected: once); from " + file + " line 6 and line 5");
    }

    @Test
    void aFileThatContainsItselfComesToAnEnd() throws IOException {
        assertThat(problems(file("a: &a {b: *a, c: *a}\n"), Map.of()).problems())
                .isNotEmpty();
    }

    @Test
    void valuesAreTakenAsTheyAreWritten() throws IOException {
        Path file = file("http:\n  port: 010\nupstream:\n  api-key: 1e3\nlog:\n  level: off\n");

        assertThat(problems(file, Map.of()).problems())
                .containsExactly(
                        "log.level: off (expected: one of error, warn, info, debug, trace); from " + file + " line 6");
        assertThat(read(Map.of("REVEILLE_HTTP_PORT", "010")).http().port()).isEqualTo(10);
    }

    @Test
    void aRecordRefusesWhatItsKeysRefuse() {
        assertThatThrownBy(() -> new HoldSettings(Duration.ZERO, 3, 2, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("hold.deadline: 0s (expected: 1ms to 1h);"
                        + " hold.per-session: 3 (expected: at most hold.per-tenant 2);"
                        + " hold.per-tenant: 2 (expected: at most hold.per-node 1)");
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("reveille.yaml"), text);
    }

    private static Settings read(Map<String, String> environment) {
        return SettingsReader.read(Optional.empty(), environment);
    }

    private static SettingsException problems(Path file, Map<String, String> environment) {
        return catchThrowableOfType(SettingsException.class, () -> SettingsReader.read(Optional.of(file), environment));
    }

    private static List<String> problems(String variable, String value) {
        return catchThrowableOfType(SettingsException.class, () -> read(Map.of(variable, value)))
                .problems();
    }

    private static List<String> problems(String variable, String value, String other, String otherValue) {
        return catchThrowableOfType(SettingsException.class, () -> read(Map.of(variable, value, other, otherValue)))
                .problems();
    }
}
