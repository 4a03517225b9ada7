package dev.reveille.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The URLs that are handed out for sandboxes with host names or ports; those by path are in {@link AddressesTest}. */
class PublicUrlsTest {
    private static final RuntimeId ABC = new RuntimeId("abc");

    private static PublicUrls byHost(String base, String separator) {
        return PublicUrls.byHost(Optional.of(base).filter(b -> !b.isEmpty()).map(URI::create), "sb.test", separator);
    }

    private static PublicUrls byPort(String base) {
        return PublicUrls.byPort(
                Optional.of(base).filter(b -> !b.isEmpty()).map(URI::create),
                new PortSlots(20_000, 20_003, none -> {}));
    }

    @ParameterizedTest
    @CsvSource({
        "https://gw.test,      ., runtime, https://abc.sb.test",
        "https://gw.test,      ., vscode,  https://vscode-abc.sb.test",
        "https://gw.test:8443, ., work-1,  https://work-1-abc.sb.test:8443",
        "http://gw.test,       -, runtime, http://abc-sb.test",
        "http://gw.test,       -, work-2,  http://work-2-abc-sb.test",
        "'',                   ., vscode,  http://vscode-abc.sb.test:4711",
    })
    void eachServiceHasAHostNameWithTheSchemeAndPortOfTheBase(
            String base, String separator, String service, String expected) {
        PublicUrls urls = byHost(base, separator);

        urls.listening("http", "127.0.0.1", 4711);

        assertThat(urls.of(ABC, Service.of(service).orElseThrow())).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Abc", "a.b", "a_b", "abc-", "a123456789b123456789c123456789d123456789e123456789f12345"})
    void anIdThatIsNoLabelIsNamedByPath(String id) {
        PublicUrls urls = byHost("https://gw.test", ".");
        urls.listening("http", "127.0.0.1", 4711);

        assertThat(urls.of(new RuntimeId(id), Service.VSCODE)).isEqualTo("https://gw.test/" + id + "/vscode");
        assertThat(urls.local(new RuntimeId(id)))
                .contains(new LocalRoute("http", "127.0.0.1", 4711, "gw.test", "/" + id + "/runtime"));
    }

    @Test
    void theLongestIdMakesTheLongestLabel() {
        String longest = "a".repeat(55);

        assertThat(byHost("https://gw.test", ".").of(new RuntimeId(longest), Service.VSCODE))
                .isEqualTo("https://vscode-" + longest + ".sb.test");
        // With a hyphen the domain's own first label is a part of it.
        assertThat(byHost("https://gw.test", "-").of(new RuntimeId(longest), Service.VSCODE))
                .isEqualTo("https://gw.test/" + longest + "/vscode");
    }

    @ParameterizedTest
    @CsvSource({
        "https://gw.test,      https://gw.test:20000, https://gw.test:20003",
        "http://gw.test:8080,  http://gw.test:20000,  http://gw.test:20003",
        "'',                   http://127.0.0.1:20000, http://127.0.0.1:20003",
    })
    void eachServiceHasAPortOnTheHostOfTheBase(String base, String runtime, String work2) {
        PublicUrls urls = byPort(base);

        urls.listening("http", "127.0.0.1", 4711);

        assertThat(urls.of(ABC, Service.RUNTIME)).isEqualTo(runtime);
        assertThat(urls.of(ABC, Service.WORK_2)).isEqualTo(work2);
    }

    @Test
    void aRuntimeWithoutPortsIsNamedByPathAsLongAsItLives() {
        PublicUrls urls = byPort("https://gw.test");
        urls.routed(new RuntimeId("first"));

        assertThat(urls.of(ABC, Service.RUNTIME)).isEqualTo("https://gw.test/abc/runtime");
        urls.unrouted(new RuntimeId("first"));

        assertThat(urls.of(ABC, Service.RUNTIME)).isEqualTo("https://gw.test/abc/runtime");
        urls.unrouted(ABC);
        assertThat(urls.of(ABC, Service.RUNTIME)).isEqualTo("https://gw.test:20000");
    }

    @Test
    void theNodeReachesASandboxByItsNameOrPort() {
        PublicUrls names = byHost("https://gw.test", ".");
        PublicUrls ports = byPort("https://gw.test");
        assertThat(names.local(ABC)).isEmpty();

        names.listening("http", "0.0.0.0", 4711);
        ports.listening("http", "::", 4711);

        assertThat(names.local(ABC)).contains(new LocalRoute("http", "127.0.0.1", 4711, "abc.sb.test", ""));
        assertThat(ports.local(ABC)).contains(new LocalRoute("http", "127.0.0.1", 20_000, "gw.test:20000", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "abc.sb.test, abc",
        "abc.sb.test:8080, abc",
        "ABC.Sb.TEST., abc",
        "abc.sb.test.:80, abc",
        "a.b.sb.test, a.b",
        ".sb.test, ''",
        "sb.test,",
        "sb.test.,",
        "gw.sb.test,",
        "GW.sb.test.:80,",
        "a.gw.sb.test, a.gw",
        "xsb.test,",
        "abc.sb.test.evil.example,",
        "abc.sb.test..,",
        "evil.example,",
        "[::1]:80,",
        "[::1],",
        "127.0.0.1,",
        "'',",
        ".,",
    })
    void whatStandsBeforeTheDomainIsFound(String host, String label) {
        HostNames names = new HostNames("sb.test", ".", Optional.of("gw.sb.test"));

        assertThat(names.below(host)).isEqualTo(label);
    }

    @Test
    void withAHyphenTheDomainIsThePartBehindIt() {
        HostNames names = new HostNames("sb.test", "-", Optional.empty());

        assertThat(names.below("vscode-abc-sb.test")).isEqualTo("vscode-abc");
        assertThat(names.below("abc.sb.test")).isNull();
        assertThat(names.below("sb.test")).isNull();
    }
}
