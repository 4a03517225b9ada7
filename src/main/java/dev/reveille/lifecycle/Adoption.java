package dev.reveille.lifecycle;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over, when a node starts, what upstream knows to be live: nobody has to ask for a session first. What it cannot have
 * now it asks for again, since upstream may start later than we do. Belongs to one event loop.
 */
final class Adoption {
    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
    private static final Duration FIRST_GAP = Duration.ofSeconds(1);
    private static final Duration LONGEST_GAP = Duration.ofMinutes(1);

    private final Vertx vertx;
    private final Discovery discovery;
    private final List<String> tenants;
    private boolean ended;

    Adoption(Vertx vertx, Discovery discovery, List<String> tenants) {
        this.vertx = vertx;
        this.discovery = discovery;
        this.tenants = tenants;
    }

    void begin() {
        tenants.forEach(tenant -> adopt(tenant, FIRST_GAP));
    }

    void end() {
        ended = true;
    }

    private void adopt(String tenant, Duration gap) {
        if (ended) {
            return;
        }
        discovery
                .adoptAll(tenant)
                .onSuccess(count -> {
                    if (count > 0) {
                        LOG.info("tenant={} sessions={} are live upstream", tenant, count);
                    }
                })
                .onFailure(error -> {
                    LOG.info("tenant={} live sessions not known yet: {}", tenant, error.getMessage());
                    vertx.setTimer(gap.toMillis(), t -> adopt(tenant, longer(gap)));
                });
    }

    private static Duration longer(Duration gap) {
        Duration twice = gap.multipliedBy(2);
        return twice.compareTo(LONGEST_GAP) < 0 ? twice : LONGEST_GAP;
    }
}
