package dev.reveille;

import dev.reveille.registry.Activity;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.SandboxState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** How many sessions there are in each state and how they are used, as this node sees it. */
final class SessionGauges {
    private SessionGauges() {}

    static void register(SessionRegistry registry, MeterRegistry meters) {
        for (String state : SandboxState.WORDS) {
            Gauge.builder("reveille.sessions", registry, r -> r.total(state))
                    .description("Sessions by state")
                    .tag("state", state)
                    .register(meters);
        }
        use(registry.activity(), meters);
    }

    private static void use(Activity activity, MeterRegistry meters) {
        Gauge.builder("reveille.requests.in.flight", activity, Activity::inFlight)
                .description("Requests to sandboxes under way, without those that only listen and without probes")
                .register(meters);
        Gauge.builder("reveille.listeners", activity, Activity::listening)
                .description("Open websockets and event streams")
                .register(meters);
        FunctionCounter.builder("reveille.client.frames", activity, Activity::clientFrames)
                .description("Data frames that clients of websockets have sent")
                .register(meters);
        FunctionCounter.builder("reveille.client.bytes", activity, Activity::clientBytes)
                .description("Bytes that clients have sent to sandboxes, of bodies and over tunnels")
                .register(meters);
    }
}
