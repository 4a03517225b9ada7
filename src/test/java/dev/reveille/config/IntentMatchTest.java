package dev.reveille.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.session.Service;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IntentMatchTest {
    @ParameterizedTest
    @EnumSource
    void everyServiceCanBeNamed(Service service) {
        assertThat(ofService(service.word()).service()).contains(service.word());
    }

    @Test
    void whatIsNoServiceIsToldThoseThatThereAre() {
        assertThatThrownBy(() -> ofService("work-3")).hasMessageContaining("one of runtime, vscode, work-1, work-2");
    }

    private static IntentMatch ofService(String word) {
        return new IntentMatch(
                Optional.of(word), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }
}
