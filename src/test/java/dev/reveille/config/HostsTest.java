package dev.reveille.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.9.8.7",
                "localhost",
                "LocalHost",
                "::1",
                "[::1]",
                "0:0:0:0:0:0:0:1",
                "::ffff:127.0.0.1"
            })
    void onlyThisMachineReachesALoopbackAddress(String host) {
        assertThat(Hosts.isLoopback(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "::",
                "10.0.0.1",
                "128.0.0.1",
                "127.example.org",
                "127.0.0.1.example.org",
                "127.0.0.256",
                "127.0.0",
                "localhost.example.org",
                "example.org",
                "1::1",
                "::zz",
                "",
                "[",
                "[]",
                ":"
            })
    void everythingElseIsNotTakenForLoopback(String host) {
        assertThat(Hosts.isLoopback(host)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0.0", "255.255.255.255", "::", "fe80::1", "example.org", "reveille-0.reveille", "a_b", "7up"
            })
    void addressesAndNamesAreHosts(String host) {
        assertThat(Hosts.isHost(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "a:80",
                "1.2.3",
                "1.2.3.4.",
                "1.2.3.256",
                "http://a",
                "a/b",
                "-a",
                "a-",
                "a..b",
                ".",
                "[::1]",
                ":::",
                "é"
            })
    void everythingElseIsNoHost(String host) {
        assertThat(Hosts.isHost(host)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1, true",
        "127.0.0.1, 127.0.0.2, false",
        "127.0.0.1, 0.0.0.0, true",
        "::, 127.0.0.1, true",
        "localhost, 127.0.0.1, true",
        "::1, localhost, true",
        "::1, 127.0.0.1, false",
        "Example.org, example.ORG, true",
        "10.0.0.1, localhost, false"
    })
    void listenersOverlapOnTheSameAddress(String one, String other, boolean overlap) {
        assertThat(Hosts.overlap(one, other)).isEqualTo(overlap);
        assertThat(Hosts.overlap(other, one)).isEqualTo(overlap);
    }
}
