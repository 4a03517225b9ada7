package dev.reveille.runtimeapi;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void theBoundDoublesUpToTenSeconds() {
        Backoff highest = new Backoff(ofMillis(200), ofSeconds(10), fixed(1.0));
        assertThat(highest.afterAttempt(1, ZERO)).isEqualTo(ofMillis(200));
        assertThat(highest.afterAttempt(2, ZERO)).isEqualTo(ofMillis(400));
        assertThat(highest.afterAttempt(3, ZERO)).isEqualTo(ofMillis(800));
        assertThat(highest.afterAttempt(60, ZERO)).isEqualTo(ofSeconds(10));
    }

    @Test
    void itIsDrawnFromTheWholeRange() {
        assertThat(new Backoff(ofMillis(200), ofSeconds(10), fixed(0.0)).afterAttempt(3, ZERO))
                .isEqualTo(ZERO);
        assertThat(new Backoff(ofMillis(200), ofSeconds(10), fixed(0.5)).afterAttempt(1, ZERO))
                .isEqualTo(ofMillis(100));
    }

    @Test
    void upstreamsWishCountsUpToTheGivenBound() {
        Backoff backoff = new Backoff(ofMillis(200), ofSeconds(4), fixed(0.5));
        assertThat(backoff.afterAttempt(1, ofSeconds(3))).isEqualTo(ofSeconds(3));
        assertThat(backoff.afterAttempt(1, ofSeconds(600))).isEqualTo(ofSeconds(4));
    }

    @Test
    void aWishIsReadInSeconds() {
        assertThat(Backoff.parse(" 7 ")).contains(ofSeconds(7));
        assertThat(Backoff.parse(null)).isEmpty();
        assertThat(Backoff.parse("-1")).isEmpty();
        assertThat(Backoff.parse("Wed, 21 Oct 2026 07:28:00 GMT")).isEmpty();
        assertThat(Backoff.parse("99999999999999999999")).isEmpty();
    }

    private static Random fixed(double value) {
        return new Random() {
            @Override
            public double nextDouble() {
                return value;
            }
        };
    }
}
