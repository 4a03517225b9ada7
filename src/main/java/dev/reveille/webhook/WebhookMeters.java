package dev.reveille.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** What becomes of what is posted. */
final class WebhookMeters {
    private final Counter delivered;
    private final Counter failed;
    private final Counter dead;
    private final Counter postponed;
    private final Counter skipped;

    /** @param behind of how many sessions something is still to be posted by this node */
    WebhookMeters(MeterRegistry meters, Supplier<Number> behind) {
        delivered = counter(meters, "delivered");
        failed = counter(meters, "failed");
        dead = counter(meters, "dead");
        postponed = counter(meters, "postponed");
        skipped = counter(meters, "skipped");
        Gauge.builder("reveille.webhook.behind", behind)
                .description("Sessions with changes that the webhook's receiver was not told of yet")
                .strongReference(true)
                .register(meters);
    }

    private static Counter counter(MeterRegistry meters, String outcome) {
        return Counter.builder("reveille.webhook.posts")
                .description(
                        "Changes posted to the webhook: delivered; failed, to be tried again; postponed, as too many"
                                + " wait; dead, given up; skipped, as more came than a session remembers")
                .tag("outcome", outcome)
                .register(meters);
    }

    void delivered() {
        delivered.increment();
    }

    void failed() {
        failed.increment();
    }

    void postponed() {
        postponed.increment();
    }

    void skipped(long changes) {
        skipped.increment((double) changes);
    }

    void dead() {
        dead.increment();
    }
}
