package dev.reveille.lifecycle;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Asks the same question again and again until it has an answer. */
final class Polling {
    private final Vertx vertx;
    private final Pace pace;
    private final InstantSource clock;

    Polling(Vertx vertx, Pace pace, InstantSource clock) {
        this.vertx = vertx;
        this.pace = pace;
        this.clock = clock;
    }

    /**
     * Asks at once, and then at the pace. A question that fails is no news.
     *
     * @param deadline no question is asked after it
     * @param wanted asked before each question
     * @return the first answer that is {@code done}, at the deadline the last one that is not, empty if there was none; fails
     *     with {@link Superseded} once not wanted
     */
    <T> Future<Optional<T>> until(
            Predicate<T> done, Supplier<Future<T>> question, Instant deadline, BooleanSupplier wanted) {
        Series<T> series = new Series<>(done, question, deadline, wanted, clock.instant());
        series.ask();
        return series.over.future();
    }

    private final class Series<T> {
        private final Predicate<T> done;
        private final Supplier<Future<T>> question;
        private final Instant deadline;
        private final BooleanSupplier wanted;
        private final Instant began;
        private final Promise<Optional<T>> over = Promise.promise();
        private Optional<T> last = Optional.empty();

        private Series(
                Predicate<T> done,
                Supplier<Future<T>> question,
                Instant deadline,
                BooleanSupplier wanted,
                Instant began) {
            this.done = done;
            this.question = question;
            this.deadline = deadline;
            this.wanted = wanted;
            this.began = began;
        }

        private void ask() {
            if (wanted.getAsBoolean()) {
                question.get()
                        .onSuccess(answer -> last = Optional.of(answer))
                        .onComplete(asked -> askAgainUnlessOver());
            } else {
                over.fail(new Superseded());
            }
        }

        private void askAgainUnlessOver() {
            Duration gap = pace.next(Duration.between(began, clock.instant()));
            if (last.filter(done).isPresent() || clock.instant().plus(gap).isAfter(deadline)) {
                over.complete(last);
            } else {
                vertx.setTimer(Math.max(1, gap.toMillis()), t -> ask());
            }
        }
    }
}
