package dev.reveille.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.LastAnswers.Question;
import dev.reveille.runtimeapi.PassedAnswer;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LastAnswersTest {
    private static final Duration LIFETIME = Duration.ofMinutes(5);

    private Instant now = Instant.EPOCH;
    private final LastAnswers answers = new LastAnswers(() -> now, LIFETIME);

    @Test
    void theLastAnswerIsRemembered() {
        answers.remember(question("a", 1), answer("one"));
        answers.remember(question("a", 1), answer("two"));

        assertThat(answers.recall(question("a", 1))).contains(answer("two"));
        assertThat(answers.recall(question("a", 2))).isEmpty();
        assertThat(answers.recall(question("b", 1))).isEmpty();
    }

    @Test
    void anOldAnswerIsNoneAnyMore() {
        answers.remember(question("a", 1), answer("one"));
        now = now.plus(LIFETIME).minusMillis(1);
        assertThat(answers.recall(question("a", 1))).isPresent();
        now = now.plusMillis(1);
        assertThat(answers.recall(question("a", 1))).isEmpty();
    }

    @Test
    void theOldestMakeRoom() {
        for (int i = 0; i < 256; i++) {
            answers.remember(question("a", i), answer("one"));
        }
        answers.remember(question("a", 0), answer("again"));
        answers.remember(question("a", 256), answer("one"));

        assertThat(answers.recall(question("a", 0))).isPresent();
        assertThat(answers.recall(question("a", 1))).isEmpty();
        assertThat(answers.recall(question("a", 2))).isPresent();
    }

    @Test
    void aVeryLongAnswerIsForgottenWithTheOneBefore() {
        answers.remember(question("a", 1), answer("short"));
        answers.remember(question("a", 1), answer("x".repeat(128 * 1024 + 1)));
        assertThat(answers.recall(question("a", 1))).isEmpty();
    }

    private static Question question(String tenant, int number) {
        return new Question(tenant, "/image_exists?image=" + number);
    }

    private static PassedAnswer answer(String body) {
        return new PassedAnswer(200, "application/json", Buffer.buffer(body), Optional.empty());
    }
}
