package dev.reveille.proxy;

import dev.reveille.session.Service;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is counted of each request. The timers are made once: this is on the way of every request. */
final class ProxyMeters {
    private final Map<Service, Map<Outcome, Timer>> requests = new EnumMap<>(Service.class);
    private final Timer holds;

    ProxyMeters(MeterRegistry registry) {
        for (Service service : Service.values()) {
            Map<Outcome, Timer> timers = new EnumMap<>(Outcome.class);
            for (Outcome outcome : Outcome.values()) {
                timers.put(
                        outcome,
                        Timer.builder("reveille.requests")
                                .description("Requests to sandboxes, from their arrival to their answer being handed"
                                        + " over, or to the end of their tunnel")
                                .tag("service", service.word())
                                .tag("outcome", outcome.word)
                                .publishPercentileHistogram()
                                .register(registry));
            }
            requests.put(service, timers);
        }
        holds = Timer.builder("reveille.hold.duration")
                .description("How long requests waited for their sandbox")
                .publishPercentileHistogram()
                .register(registry);
    }

    /** @param held nanoseconds that the request waited for its sandbox; 0 if it did not */
    void request(Service service, Outcome outcome, long nanos, long held) {
        requests.get(service).get(outcome).record(nanos, TimeUnit.NANOSECONDS);
        if (held > 0) {
            holds.record(held, TimeUnit.NANOSECONDS);
        }
    }

    /** How a request ended. */
    enum Outcome {
        /** The client left before it had its whole answer. */
        CLIENT_LEFT("client_left"),
        /** The sandbox broke off in the middle of its answer. */
        BROKEN("broken"),
        /** A tunnel that stood. */
        TUNNEL("1xx"),
        SUCCESS("2xx"),
        REDIRECT("3xx"),
        CLIENT_ERROR("4xx"),
        SERVER_ERROR("5xx");

        private final String word;

        Outcome(String word) {
            this.word = word;
        }

        static Outcome of(int status) {
            return switch (status / 100) {
                case 1 -> TUNNEL;
                case 2 -> SUCCESS;
                case 3 -> REDIRECT;
                case 4 -> CLIENT_ERROR;
                default -> SERVER_ERROR;
            };
        }
    }
}
