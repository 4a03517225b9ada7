package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource({
        "/poll, /poll, true",
        "/poll, /polls, false",
        "/poll, /pol, false",
        "*, '', true",
        "*, /a/b, true",
        "/a/*, /a/, true",
        "/a/*, /a/b/c, true",
        "/a/*, /a, false",
        "*.js, /x/app.js, true",
        "*.js, /x/app.jsx, false",
        "/a*a, /a, false",
        "/a*a, /aa, true",
        "/a*b*c, /abc, true",
        "/a*b*c, /a-b-b-c, true",
        "/a*b*c, /ac, false",
        "/a*bc*c, /abc, false",
        "/a**b, /ab, true",
        "*x*x*, /x, false",
        "*x*x*, /x/x/, true",
        "/a.b, /aXb, false",
    })
    void aStarStandsForAnyText(String glob, String text, boolean fits) {
        assertThat(new Glob(glob).fits(text)).isEqualTo(fits);
    }

    @Test
    void aLongAndHostileTextIsGoneOverOnce() {
        Glob glob = new Glob("*a".repeat(50) + "b");

        assertThat(glob.fits("a".repeat(16_000))).isFalse();
        assertThat(glob.fits("a".repeat(16_000) + "b")).isTrue();
    }
}
