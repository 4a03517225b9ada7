package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Origin;
import dev.reveille.session.Service;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectsTest {
    private static final SandboxPath FROM = SandboxPath.of("/r1/runtime/x").orElseThrow();
    private static final SandboxPath OWN = SandboxPath.ofHost("r1", Service.RUNTIME, "/x");

    @ParameterizedTest
    @CsvSource({
        "https://up.test/r1/next?a=%2F#f, /r1/runtime/next?a=%2F#f",
        "HTTPS://UP.test:443/r1, /r1/runtime",
        "//up.test/r1?q, /r1/runtime?q",
        "/r1/next, /r1/runtime/next",
        "https://up.test/r1/runtime/next, /r1/runtime/next",
        "https://up.test/r10/next, https://up.test/r10/next",
        "https://up.test:444/r1/next, https://up.test:444/r1/next",
        "http://up.test/r1/next, http://up.test/r1/next",
        "https://up.test.evil/r1/next, https://up.test.evil/r1/next",
        "/r10/next, /r10/next",
        "/other, /other",
        "next, next",
        "?q, ?q",
        "'', ''"
    })
    void whatPointsBelowAPrefixIsMapped(String location, String expected) {
        assertThat(Redirects.mapped(location, new Origin(true, "up.test", 443, "/r1"), FROM))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "http://r1.test:81/next, /r1/runtime/next",
        "http://r1.test:81, /r1/runtime",
        "http://r1.test/next, http://r1.test/next",
        "/next, /next",
        "/r1/runtime/next, /r1/runtime/next"
    })
    void withoutAPrefixAPathIsLeftAlone(String location, String expected) {
        assertThat(Redirects.mapped(location, new Origin(false, "r1.test", 81, ""), FROM))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "https://up.test/r1/next?a=%2F#f, /next?a=%2F#f",
        "//up.test/r1?q, /?q",
        "https://up.test/r1, /",
        "/r1/next, /next",
        "/r1, /",
        "https://up.test/r1//evil.example/x, /.//evil.example/x",
        "/r1//evil.example/x, /.//evil.example/x",
        "https://up.test/r10/next, https://up.test/r10/next",
        "https://up.test.evil/r1/next, https://up.test.evil/r1/next",
        "/other, /other",
        "next, next"
    })
    void onAnOriginOfItsOwnNothingStandsInFront(String location, String expected) {
        assertThat(Redirects.mapped(location, new Origin(true, "up.test", 443, "/r1"), OWN))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "http://r1.test:81/next, /next",
        "http://r1.test:81, /",
        "http://r1.test:81?q, /?q",
        "http://r1.test:81//evil.example, /.//evil.example",
        "http://gw.test/next, http://gw.test/next",
        "/next, /next"
    })
    void onAnOriginOfItsOwnWithoutAPrefixTheHostIsDropped(String location, String expected) {
        assertThat(Redirects.mapped(location, new Origin(false, "r1.test", 81, ""), OWN))
                .isEqualTo(expected);
    }
}
