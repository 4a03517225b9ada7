package dev.reveille.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    private static final String LONGEST = "a".repeat(128);

    @ParameterizedTest
    @ValueSource(strings = {"s", "s-1", "_", "-", "AZaz09_-", "0f8fad5b-d9cb-469f-a165-70867728950e"})
    void theseAreSessionIds(String text) {
        assertThat(new SessionId(text)).hasToString(text);
        assertThat(new SessionId(LONGEST).value()).hasSize(128);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a/b", "a.b", "..", "a%2fb", "a\n", "ä", "a:b", "a?b", "a#b"})
    void theseAreNot(String text) {
        assertThatThrownBy(() -> new SessionId(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("session_id: '")
                .hasMessageEndingWith("(expected: 1 to 128 characters out of A-Z a-z 0-9 - _)");
        assertThatThrownBy(() -> new SessionId(LONGEST + "a")).hasMessageContaining("…");
    }

    @ParameterizedTest
    @ValueSource(strings = {"r", "abcdefghijklmnop", "0", "work-1_a.b", "A-"})
    void theseAreRuntimeIds(String text) {
        assertThat(RuntimeId.isOne(text)).isTrue();
        assertThat(new RuntimeId(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "%61", "a;b"})
    void theseAreNoRuntimeIds(String text) {
        assertThat(RuntimeId.isOne(text)).isFalse();
        assertThatThrownBy(() -> new RuntimeId(text)).isInstanceOf(IllegalArgumentException.class);
        assertThat(RuntimeId.isOne(LONGEST + "a")).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Cause.class)
    void aCauseIsReadAsItIsWritten(Cause cause) {
        assertThat(Cause.of(cause.word())).isEqualTo(cause);
    }

    @ParameterizedTest
    @EnumSource(ClosePolicy.class)
    void aClosePolicyIsReadAsItIsWritten(ClosePolicy policy) {
        assertThat(ClosePolicy.of(policy.word())).isEqualTo(policy);
        assertThatThrownBy(() -> ClosePolicy.of("STOP"))
                .hasMessage("close_policy: 'STOP' (expected: stop, pause or keep)");
    }

    @Test
    void foreignTextIsQuotedShortAndPlain() {
        assertThat(Quoted.shortly("a\r\nb\u0000c")).isEqualTo("'a  b c'");
        assertThat(Quoted.plain("abcdef", 3)).isEqualTo("abc…");
        assertThat(Quoted.plain("abc", 3)).isEqualTo("abc");
        assertThat(Quoted.plain("😀😀😀", 2)).isEqualTo("😀😀…");
    }
}
