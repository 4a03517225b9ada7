package dev.reveille.proxy;

import dev.reveille.session.Service;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is counted of each request. The timers are made once: this is on the way of every request. */
final class ProxyMeters {
    private final Map<Service, Map<Outcome, Timer>> requests = new EnumMap<>(Service.class);
    private final Timer holds;
    private final Counter retries;
    private final Counter refusedRetries;
    private final Counter breakersOpened;
    private final Counter failedFast;

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
        retries = retries(registry, "sent");
        refusedRetries = retries(registry, "refused");
        breakersOpened = Counter.builder("reveille.breakers.opened")
                .description("How often a sandbox that could not be reached was given a rest")
                .register(registry);
        failedFast = Counter.builder("reveille.breakers.refused")
                .description("Requests that failed at once, as their sandbox was given a rest")
                .register(registry);
    }

    private static Counter retries(MeterRegistry registry, String outcome) {
        return Counter.builder("reveille.retries")
                .description(
                        "Requests whose connection to the sandbox was lost, and whether the budget let them be sent again")
                .tag("outcome", outcome)
                .register(registry);
    }

    void retry(boolean sent) {
        (sent ? retries : refusedRetries).increment();
    }

    void breakerOpened() {
        breakersOpened.increment();
    }

    void failedFast() {
        failedFast.increment();
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
