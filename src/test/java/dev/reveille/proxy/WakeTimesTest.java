package dev.reveille.proxy;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WakeTimesTest {
    private final WakeTimes times = new WakeTimes();

    @Test
    void beforeTheFirstWakeItIsAGuess() {
        assertThat(times.expected()).isEqualTo(ofSeconds(5));
    }

    @Test
    void nineOfTenWakesTookNoLonger() {
        for (int i = 1; i <= 20; i++) {
            times.saw(ofSeconds(i));
        }

        assertThat(times.expected()).isEqualTo(ofSeconds(18));
    }

    @Test
    void oneSlowWakeAmongManyDoesNotCount() {
        for (int i = 0; i < 15; i++) {
            times.saw(i == 3 ? ofSeconds(100) : ofSeconds(2));
        }

        assertThat(times.expected()).isEqualTo(ofSeconds(2));
    }

    @Test
    void onlyTheLastFiftyCount() {
        for (int i = 0; i < 1000; i++) {
            times.saw(ofSeconds(60));
        }
        for (int i = 0; i < 50; i++) {
            times.saw(ofSeconds(3));
        }

        assertThat(times.expected()).isEqualTo(ofSeconds(3));
    }

    @Test
    void itIsNeverLessThanASecondNorMoreThanTwoMinutes() {
        times.saw(ofMillis(3));
        assertThat(times.expected()).isEqualTo(ofSeconds(1));

        times.saw(ofMinutes(20));
        assertThat(times.expected()).isEqualTo(ofMinutes(2));
    }
}
