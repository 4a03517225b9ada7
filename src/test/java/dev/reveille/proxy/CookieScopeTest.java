package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Origin;
import dev.reveille.session.Service;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CookieScopeTest {
    private static final SandboxPath OWN = SandboxPath.ofHost("r1", Service.VSCODE, "/x");

    @ParameterizedTest
    @CsvSource({
        "a=1, a=1",
        "a=1; Path=/; HttpOnly, a=1; Path=/; HttpOnly",
        "a=1; Path=/r1/vscode; Secure, a=1; Path=/; Secure",
        "a=1; path=/r1/vscode/x, a=1; Path=/x",
        "a=1; Path=/r1/vscodes, a=1; Path=/r1/vscodes",
        "a=1; Path=, a=1; Path=",
        "a=1; Domain=up.test; Path=/, a=1; Path=/",
        "a=1; domain=.up.test, a=1",
        "a=1; Domain=sb.test; SameSite=Lax, a=1; SameSite=Lax",
        "domain=1; Domain=up.test, domain=1",
        "__Host-a=1; Path=/; Secure, __Host-a=1; Path=/; Secure",
        "a=1; Domain =up.test; Path=/, a=1; Path=/",
        "a=1; Domain\t= up.test, a=1",
        "a=1; Domain; Secure, a=1; Secure",
        "a=1; Path = /r1/vscode/x ; Secure, a=1; Path=/x; Secure",
        "a=1; Path=/; PATH =/r1/vscode, a=1; Path=/; Path=/",
        "a=1; Pathology=/r1/vscode, a=1; Pathology=/r1/vscode",
        "; Domain=up.test, ''",
    })
    void aCookieIsForTheHostAloneAndLosesUpstreamsPrefix(String cookie, String expected) {
        assertThat(CookieScope.mapped(cookie, OWN, new Origin(true, "up.test", 443, "/r1/vscode")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "a=1; Path=/; HttpOnly, a=1; HttpOnly; Path=/r1",
        "a=1, a=1; Path=/r1",
        "a=1; Path=/r1/runtime; Secure, a=1; Path=/r1/runtime; Secure",
        "a=1; Path=/r1; Path =/, a=1; Path=/r1",
        "a=1; Path =/; Path=/r1, a=1; Path=/r1",
        "a=1; Path\t=\t/, a=1; Path=/r1",
        "a=1; Path, a=1; Path=/r1",
        "'a=1; Path=\"/\"', a=1; Path=/r1",
        "a=1; Path=/r10, a=1; Path=/r1",
        "a=1; Domain=up.test; Path=/, a=1; Path=/r1",
        "a=1; Domain =.up.test; Max-Age=5, a=1; Max-Age=5; Path=/r1",
        "domain=1; Domain=up.test, domain=1; Path=/r1",
        "__Host-a=1; Path=/; Secure, __Host-a=1; Path=/; Secure",
    })
    void byPathACookieIsForItsRuntimeAlone(String cookie, String expected) {
        SandboxPath byPath = SandboxPath.of("/r1/runtime/x").orElseThrow();
        assertThat(CookieScope.mapped(cookie, byPath, new Origin(true, "up.test", 443, "/r1/runtime")))
                .isEqualTo(expected);
    }
}
