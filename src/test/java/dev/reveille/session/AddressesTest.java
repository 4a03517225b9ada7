package dev.reveille.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a sandbox is at upstream, and where it is here. */
class AddressesTest {
    @ParameterizedTest
    @CsvSource({
        // Upstream names services by hosts.
        "https://abc.up.test,            runtime, https://abc.up.test:443",
        "https://abc.up.test/,           runtime, https://abc.up.test:443",
        "https://abc.up.test,            vscode,  https://vscode-abc.up.test:443",
        "https://abc.up.test,            work-1,  https://work-1-abc.up.test:443",
        "https://abc.up.test,            work-2,  https://work-2-abc.up.test:443",
        "http://abc-up.test:8443,        vscode,  http://vscode-abc-up.test:8443",
        "HTTP://abc.up.test,             work-1,  http://work-1-abc.up.test:80",
        // By paths.
        "https://up.test/abc/runtime,    runtime, https://up.test:443/abc/runtime",
        "https://up.test/abc/runtime,    vscode,  https://up.test:443/abc/vscode",
        "http://127.0.0.1:81/abc/runtime, work-2, http://127.0.0.1:81/abc/work-2",
        "https://up.test/abc,            runtime, https://up.test:443/abc",
        "https://up.test/abc,            vscode,  https://up.test:443/abc/vscode",
        "http://[::1]:81/abc/runtime,    vscode,  http://[::1]:81/abc/vscode",
        // Neither begins with the runtime's own segment, so services are hosts, as clients see it.
        "https://up.test/x/abc/runtime,  runtime, https://up.test:443/x/abc/runtime",
        "https://up.test/abcd/runtime,   vscode,  https://vscode-up.test:443/abcd/runtime",
    })
    void aServiceIsFoundAtUpstream(String url, String service, String expected) {
        SandboxRuntime runtime = new SandboxRuntime(new RuntimeId("abc"), URI.create(url), Optional.empty(), Map.of());

        Origin origin = runtime.origin(Service.of(service).orElseThrow());

        assertThat(text(origin)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        https://work-1-abc.up=12000, https://work-2-abc.up=12001 | https://work-1-abc.up:443 | https://work-2-abc.up:443
        https://work-2.abc.up:8443/=1, https://work-1.abc.up/=2  | https://work-1.abc.up:443 | https://work-2.abc.up:8443
        http://up/abc/work-2=1, http://up/abc/work-1=2           | http://up:80/abc/work-1   | http://up:80/abc/work-2
        http://b.up=12001, http://a.up:81/x/=12000               | http://a.up:81/x          | http://b.up:80
        http://a.up=1, http://work-1-abc.up=2                    | http://work-1-abc.up:80   | http://a.up:80
        http://only.up=12000                                     | http://only.up:80         | http://up.test:80/abc/work-2
        ftp://a.up=1, not an address=2, http://work-10-abc.up=3  | http://work-10-abc.up:80  | http://up.test:80/abc/work-2
        """)
    void anAppIsWhereUpstreamSaysThatItIs(String told, String first, String second) {
        Map<String, Integer> hosts = new HashMap<>();
        for (String each : told.split(", ", -1)) {
            int equals = each.lastIndexOf('=');
            hosts.put(each.substring(0, equals), Integer.valueOf(each.substring(equals + 1)));
        }
        SandboxRuntime runtime = new SandboxRuntime(
                new RuntimeId("abc"), URI.create("http://up.test/abc/runtime"), Optional.empty(), hosts);

        assertThat(text(runtime.origin(Service.WORK_1))).isEqualTo(first);
        assertThat(text(runtime.origin(Service.WORK_2))).isEqualTo(second);
        assertThat(text(runtime.origin(Service.RUNTIME))).isEqualTo("http://up.test:80/abc/runtime");
        assertThat(text(runtime.origin(Service.VSCODE))).isEqualTo("http://up.test:80/abc/vscode");
    }

    private static String text(Origin origin) {
        return (origin.ssl() ? "https://" : "http://") + origin.host() + ":" + origin.port() + origin.prefix();
    }

    @Test
    void theHostHeaderHasThePortOnlyWhereItIsNotTheSchemesOwn() {
        assertThat(new Origin(true, "h", 443, "").authority()).isEqualTo("h");
        assertThat(new Origin(false, "h", 80, "").authority()).isEqualTo("h");
        assertThat(new Origin(true, "h", 80, "").authority()).isEqualTo("h:80");
        assertThat(new Origin(false, "h", 8080, "").authority()).isEqualTo("h:8080");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://h/x", "/only/a/path", "h:80", "http:///x", "mailto:a@b"})
    void aSandboxNeedsAnHttpAddress(String url) {
        assertThatThrownBy(() -> new SandboxRuntime(new RuntimeId("abc"), URI.create(url), Optional.empty(), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("(expected: an absolute http or https URL)");
    }

    @Test
    void slashesAtTheEndOfAnAddressDoNotDouble() {
        SandboxRuntime runtime = new SandboxRuntime(
                new RuntimeId("abc"), URI.create("https://up.test/abc/runtime//"), Optional.empty(), Map.of());

        assertThat(runtime.url()).hasToString("https://up.test/abc/runtime");
    }

    @Test
    void aSandboxInALogShowsNoKey() {
        assertThat(Examples.runtime("rt1").toString()).doesNotContain("key-rt1");
        assertThat(Examples.session("s-1", Examples.running("rt1")).toString()).doesNotContain("key-rt1");
    }

    @Test
    void publicUrlsBeginWithTheRuntimeSinceClientsLookForThat() {
        PublicUrls urls = new PublicUrls(Optional.of(URI.create("https://gw.test")));

        assertThat(urls.of(new RuntimeId("abc"), Service.RUNTIME)).isEqualTo("https://gw.test/abc/runtime");
        assertThat(urls.of(new RuntimeId("abc"), Service.WORK_2)).isEqualTo("https://gw.test/abc/work-2");
    }

    @Test
    void withoutAConfiguredBaseTheListenersOwnAddressIsUsed() {
        PublicUrls urls = new PublicUrls(Optional.empty());

        urls.listening("http", "127.0.0.1", 4711);

        assertThat(urls.base()).isEqualTo("http://127.0.0.1:4711");
        urls.listening("http", "::1", 4711);
        assertThat(urls.base()).isEqualTo("http://[::1]:4711");
    }

    @Test
    void aConfiguredBaseStays() {
        PublicUrls urls = new PublicUrls(Optional.of(URI.create("https://gw.test")));

        urls.listening("http", "127.0.0.1", 4711);

        assertThat(urls.base()).isEqualTo("https://gw.test");
    }
}
