package dev.reveille.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.session.FailureException;
import dev.reveille.session.SessionId;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    static Stream<Cursor> cursors() {
        Map<Long, Long> many = new LinkedHashMap<>();
        for (int i = 0; i < Cursor.MOST; i++) {
            many.put(Cursor.print(new SessionId("s-" + i), NOW), 1L << i % 62);
        }
        return Stream.of(
                new Cursor(0, 0, 0, 0, Map.of(), true),
                new Cursor(-1, Long.MAX_VALUE, Long.MAX_VALUE, 0, Map.of(), false),
                new Cursor(7, 300, NOW.toEpochMilli(), -1, Map.of(0L, 1L), true),
                new Cursor(Long.MIN_VALUE, 1, NOW.toEpochMilli(), Long.MAX_VALUE, many, true));
    }

    @ParameterizedTest
    @MethodSource("cursors")
    void itComesBackAsItWas(Cursor cursor) {
        String text = cursor.encode();

        assertThat(Cursor.parse(text)).isEqualTo(cursor);
        assertThat(text).matches("[A-Za-z0-9_-]{1,2300}");
    }

    @ParameterizedTest
    @MethodSource("cursors")
    void whateverIsCutOffOrAddedIsRefused(Cursor cursor) {
        String text = cursor.encode();

        for (int end = 0; end < text.length(); end++) {
            String shorter = text.substring(0, end);
            assertRefused(shorter);
        }
        assertRefused(text + "A");
        assertRefused(text + "=");
        assertRefused(text + "AAAA");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "1", "AA", "%00", "\u0000", "AQ==", "!!!!", "\uD83D\uDCA5", "1.2", "-1", "null"})
    void whatIsNoneIsRefused(String text) {
        assertRefused(text);
    }

    @Test
    void noiseIsRefusedOrMeansSomethingAndNeverMore() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(60)];
            random.nextBytes(noise);
            if (noise.length > 0) {
                noise[0] = 2;
            }
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(noise);
            try {
                assertThat(Cursor.parse(text).encode()).isEqualTo(text);
            } catch (FailureException refused) {
                assertThat(refused.failure().code()).isEqualTo("invalid_request");
            }
        }
        assertRefused("A".repeat(100_000));
    }

    @Test
    void oneMoreThanItHoldsAndItCanBeGoneOnFromAtNoOtherNode() {
        Cursor cursor = new Cursor(0, 0, 5, 9, Map.of(), true);
        for (int i = 0; i < Cursor.MOST; i++) {
            cursor = cursor.behind(i, 1);
        }

        assertThat(cursor.whole()).isTrue();
        assertThat(cursor.behind(3, 2).whole()).isTrue();
        assertThat(cursor.behind(3, 2).later()).containsEntry(3L, 2L);
        assertThat(cursor.behind(Cursor.MOST, 1).whole()).isFalse();
    }

    @Test
    void oneOfAnEarlierVersionCanBeGoneOnFromNowhere() {
        byte[] former = new byte[12];
        former[0] = 1;

        Cursor cursor = Cursor.parse(Base64.getUrlEncoder().withoutPadding().encodeToString(former));

        assertThat(cursor.whole()).isFalse();
        assertThat(cursor.hub()).isZero();
    }

    @Test
    void anotherLifeOfASessionHasAnotherPrint() {
        SessionId id = new SessionId("s-1");

        assertThat(Cursor.print(id, NOW)).isEqualTo(Cursor.print(id, NOW)).isBetween(0L, (1L << 40) - 1);
        assertThat(Cursor.print(id, NOW.plusMillis(1))).isNotEqualTo(Cursor.print(id, NOW));
        assertThat(Cursor.print(new SessionId("s-2"), NOW)).isNotEqualTo(Cursor.print(id, NOW));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "-1",
                "+1",
                "01",
                "1.",
                ".1",
                "1.2.3",
                "1.A",
                "1 ",
                "1e3",
                "9999999999999999999",
                "1.zzzzzzzzzzzz"
            })
    void aPointThatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> Point.parse(text))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("since");
    }

    @Test
    void aPointComesBackAsItWas() {
        assertThat(Point.parse(Point.of(7, NOW)).life().getAsLong()).isEqualTo(NOW.toEpochMilli());
        assertThat(Point.parse("0").life()).isEmpty();
        assertThat(Point.parse("57").revision()).isEqualTo(57);
    }

    private static void assertRefused(String text) {
        assertThatThrownBy(() -> Cursor.parse(text))
                .as(text.length() > 100 ? "much" : text)
                .isInstanceOf(FailureException.class);
    }
}
