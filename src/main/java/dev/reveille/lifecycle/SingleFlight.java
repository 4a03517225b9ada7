package dev.reveille.lifecycle;

import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * At most one question per key at a time, and none within a short while of the last: who asks meanwhile gets the same
 * answer. Belongs to one event loop.
 */
final class SingleFlight<K, V> {
    private static final int WORTH_TIDYING = 1024;

    private final Duration memory;
    private final InstantSource clock;
    private final Map<K, Flight<V>> flights = new HashMap<>();

    /** @param memory how long an answer, failed ones included, is good for, from its arrival */
    SingleFlight(Duration memory, InstantSource clock) {
        this.memory = memory;
        this.clock = clock;
    }

    Future<V> ask(K key, Supplier<Future<V>> question) {
        Flight<V> known = flights.get(key);
        if (known != null && known.good(clock.instant())) {
            return known.answer;
        }
        if (flights.size() >= WORTH_TIDYING) {
            Instant now = clock.instant();
            flights.values().removeIf(f -> !f.good(now));
        }
        Flight<V> flight = new Flight<>(question.get());
        flights.put(key, flight);
        return flight.answer.onComplete(done -> flight.until = clock.instant().plus(memory));
    }

    private static final class Flight<V> {
        private final Future<V> answer;
        private Instant until = Instant.MAX;

        private Flight(Future<V> answer) {
            this.answer = answer;
        }

        private boolean good(Instant now) {
            return now.isBefore(until);
        }
    }
}
