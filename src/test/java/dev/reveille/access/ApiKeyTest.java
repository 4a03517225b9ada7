package dev.reveille.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiKeyTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "a    | -            | a",
                "a    | Bearer b     | a",
                "-    | Bearer b     | b",
                "-    | bEARER   b   | b",
                "''   | Bearer b     | b",
                "' '  | Bearer b     | b",
                "-    | Basic b      | -",
                "-    | Bearer       | -",
                "-    | 'Bearer  '   | -",
                "-    | b            | -",
                "' '  | -            | -",
                "-    | -            | -",
            })
    void itsOwnFieldCountsBeforeABearerToken(String own, String authorization, String key) {
        assertThat(ApiKey.shown(own, authorization).orElse(null)).isEqualTo(key);
    }
}
