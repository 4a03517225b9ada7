package dev.reveille.simulation;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The time, and all that is under way between the parts of a cluster. */
final class World implements InstantSource {
    static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

    private final PriorityQueue<Alarm> alarms =
            new PriorityQueue<>(Comparator.comparing(Alarm::at).thenComparing(Alarm::number));
    private final List<Message> underWay = new ArrayList<>();
    private final Queue<Runnable> soon = new ArrayDeque<>();
    private Instant now = BEGIN;
    private long steps;

    private record Alarm(Instant at, long number, Runnable ring) {}

    /** Something on its way: a question, its answer, or news. */
    private record Message(Runnable arrives, Runnable isLost, boolean isNews) {}

    @Override
    public Instant instant() {
        return now;
    }

    /** Counts all that happens: a moment that is finer than the time. */
    long step() {
        return ++steps;
    }

    // For those who live here.

    void at(Duration later, Runnable ring) {
        alarms.add(new Alarm(now.plus(later), step(), ring));
    }

    /** Once what happens now is done, and before anything else happens. */
    void soon(Runnable task) {
        soon.add(task);
    }

    /** Asks something elsewhere: the question travels, then the answer does. Either may be lost; then the call fails. */
    <T> Future<T> call(BooleanSupplier callerLives, Supplier<T> elsewhere) {
        Promise<T> answer = Promise.promise();
        Runnable lost = () -> {
            if (callerLives.getAsBoolean()) {
                answer.tryFail("lost on the way");
            }
        };
        send(
                () -> {
                    T result = elsewhere.get();
                    send(
                            () -> {
                                if (callerLives.getAsBoolean()) {
                                    answer.tryComplete(result);
                                }
                            },
                            lost);
                },
                lost);
        return answer.future();
    }

    /** Nobody waits to hear that it arrived. */
    void tell(Runnable arrives) {
        underWay.add(new Message(arrives, () -> {}, true));
    }

    private void send(Runnable arrives, Runnable isLost) {
        underWay.add(new Message(arrives, isLost, false));
    }

    // For the play.

    /** Something happens, with all that follows at once. */
    void happens(Runnable event) {
        steps++;
        event.run();
        while (!soon.isEmpty()) {
            soon.remove().run();
        }
    }

    /** Lets messages arrive, in the order in which they were sent, or in another: each number but 0 is one. */
    void deliver(int most, int order) {
        Random random = new Random(order);
        for (int i = 0; i < most && !underWay.isEmpty(); i++) {
            step();
            underWay.remove(order == 0 ? 0 : random.nextInt(underWay.size()))
                    .arrives
                    .run();
        }
    }

    void lose(int which) {
        if (!underWay.isEmpty()) {
            happens(underWay.remove(which % underWay.size()).isLost);
        }
    }

    /** News arrives now, and once more later. */
    void repeat(int which) {
        List<Message> news = underWay.stream().filter(Message::isNews).toList();
        if (!news.isEmpty()) {
            happens(news.get(which % news.size()).arrives);
        }
    }

    /** Time passes, and nothing that is under way arrives. */
    void pass(Duration time) {
        Instant end = now.plus(time);
        boolean more = true;
        while (more) {
            more = ringNext(end);
        }
    }

    /** Time passes, and everything arrives at once. */
    void flow(Duration time, int order) {
        Instant end = now.plus(time);
        do {
            deliver(Integer.MAX_VALUE, order);
        } while (ringNext(end));
    }

    private boolean ringNext(Instant end) {
        if (alarms.isEmpty() || alarms.peek().at.isAfter(end)) {
            now = end;
            return false;
        }
        Alarm next = alarms.remove();
        now = next.at;
        happens(next.ring);
        return true;
    }
}
