package dev.reveille.runtimeapi;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** How long calls take and how they end, and whether the breaker lets them pass. */
final class CallMeters {
    private final MeterRegistry registry;
    private final Gauge breakerState;

    CallMeters(MeterRegistry registry, Breaker breaker) {
        this.registry = registry;
        this.breakerState = Gauge.builder("reveille.upstream.breaker.state", breaker, CallMeters::number)
                .description("The breaker around the runtime API: 0 closed, 1 half open, 2 open")
                .register(registry);
    }

    /**
     * Counts one attempt.
     *
     * @param cause null if it succeeded
     * @return the word for its outcome
     */
    String record(String operation, Throwable cause, long nanos) {
        String outcome = outcome(cause);
        Timer.builder("reveille.upstream.calls")
                .description("Single calls of the runtime API, from sending to the whole answer")
                .tag("operation", operation)
                .tag("outcome", outcome)
                .publishPercentileHistogram()
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
        return outcome;
    }

    void close() {
        registry.remove(breakerState);
    }

    private static String outcome(Throwable cause) {
        if (cause == null) {
            return "ok";
        }
        return cause instanceof RuntimeApiException failure
                ? failure.kind().name().toLowerCase(Locale.ROOT)
                : "garbled";
    }

    private static double number(Breaker breaker) {
        return switch (breaker.state()) {
            case CLOSED -> 0;
            case HALF_OPEN -> 1;
            case OPEN -> 2;
        };
    }
}
