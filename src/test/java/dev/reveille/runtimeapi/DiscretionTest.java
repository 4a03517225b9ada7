package dev.reveille.runtimeapi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiscretionTest {
    private final Discretion discretion = new Discretion(URI.create("https://control.up.test:5000/api"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://rt1.up.test/x?y=z",
                "redis://cache",
                "postgres:5432",
                "node-1.rack.test:10250",
                "localhost:80",
                "10.1.2.3",
                "10.1.2.3:443",
                "[fe80::1]:8080",
                "runtimes.default.svc.cluster.local",
                "CONTROL.up.test",
                "control.up.test:1234"
            })
    void anAddressIsHidden(String address) {
        assertThat(discretion.apply("cannot reach " + address + " now")).isEqualTo("cannot reach (address) now");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Rate limit exceeded: 500/minute",
                "runtime_ingress:http_status:503",
                "Insufficient cpu at 12:30:45",
                "version 1.2.3 is too old",
                "done. Next step"
            })
    void plainWordsStay(String words) {
        assertThat(discretion.apply(words)).isEqualTo(words);
    }

    @Test
    void aKeyThatUpstreamRepeatsIsHidden() {
        assertThat(discretion.apply("bad key k-1!", Optional.of("k-1"))).isEqualTo("bad key (key)!");
    }

    @Test
    void anAddressIsNotCutInHalf() {
        String text = "x".repeat(295) + " http://secret.up.test";
        assertThat(discretion.apply(text)).doesNotContain("http").hasSizeLessThanOrEqualTo(301);
    }

    @Test
    void longTextsTakeNoLongTime() {
        long begin = System.nanoTime();
        discretion.apply("a".repeat(1_000_000));
        discretion.apply("a.".repeat(500_000));
        discretion.apply("1.".repeat(500_000));
        assertThat(System.nanoTime() - begin).isLessThan(10_000_000_000L);
    }
}
