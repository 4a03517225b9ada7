package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Origin;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectsTest {
    private static final SandboxPath FROM = SandboxPath.of("/r1/runtime/x").orElseThrow();

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
}
