package dev.reveille;

import dev.reveille.registry.SessionRegistry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** How many sessions there are in each state, as this node sees it. */
final class SessionGauges {
    private static final List<String> STATES = List.of(
            "building", "starting", "running", "pausing", "paused", "resuming", "stopping", "stopped", "failed");

    private SessionGauges() {}

    static void register(SessionRegistry registry, MeterRegistry meters) {
        for (String state : STATES) {
            Gauge.builder("reveille.sessions", registry, r -> count(r, state))
                    .description("Sessions by state")
                    .tag("state", state)
                    .register(meters);
        }
    }

    private static long count(SessionRegistry registry, String state) {
        return registry.all().stream()
                .filter(s -> s.state().word().equals(state))
                .count();
    }
}
