package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DotSegmentsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..",
                "/../",
                "/../x",
                "/a/../..",
                "/./..",
                "//..",
                "/a//../..",
                "/%2e%2e/x",
                "/.%2E/x",
                "/%2e./x",
                "/..%2fx",
                "/..%5cx",
                "/..\\x",
                "/\\..\\x",
                "/a%2f../../x",
                "/a%2f..%2f..%2fx",
                "/..;/x",
                "/..;a=b/x",
                "/%2e%2e;/x",
                "/a/..;/../x",
                "/;/../x",
                "/../?x",
                "/a/../../b/c/d"
            })
    void leadOut(String rest) {
        assertThat(DotSegments.leadOut(rest)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "?/../..",
                "/x?/../../..",
                "/a/..",
                "/a/../b/..",
                "/a/b/../../c",
                "/a/%2e%2e/b",
                "/a..b",
                "/...",
                "/..a",
                "/a..",
                "/.",
                "/%2e",
                "/a%2f..",
                "/a/..%2fb",
                "/%252e%252e/x",
                "/a;../b"
            })
    void stayInside(String rest) {
        assertThat(DotSegments.leadOut(rest)).isFalse();
    }
}
