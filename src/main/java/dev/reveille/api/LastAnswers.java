package dev.reveille.api;

import dev.reveille.runtimeapi.PassedAnswer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What upstream said last, for when it says nothing. May be used by several threads. */
final class LastAnswers {
    private static final int MOST = 256;

    /** All of them together are then at most 32 MiB. */
    private static final int LONGEST = 128 * 1024;

    private final InstantSource clock;
    private final Duration lifetime;
    private final Map<Question, Heard> answers = new LinkedHashMap<>();

    /** @param target path and query */
    record Question(String tenant, String target) {}

    private record Heard(PassedAnswer answer, Instant at) {}

    /** @param lifetime how long an answer is good for */
    LastAnswers(InstantSource clock, Duration lifetime) {
        this.clock = clock;
        this.lifetime = lifetime;
    }

    /** In place of what was remembered before; the oldest makes room. A very long answer is not remembered. */
    synchronized void remember(Question question, PassedAnswer answer) {
        answers.remove(question);
        if (answer.body().length() > LONGEST) {
            return;
        }
        answers.put(question, new Heard(answer, clock.instant()));
        if (answers.size() > MOST) {
            answers.remove(answers.keySet().iterator().next());
        }
    }

    synchronized Optional<PassedAnswer> recall(Question question) {
        return Optional.ofNullable(answers.get(question))
                .filter(heard -> heard.at().plus(lifetime).isAfter(clock.instant()))
                .map(Heard::answer);
    }
}
