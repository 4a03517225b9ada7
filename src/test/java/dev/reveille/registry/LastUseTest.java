package dev.reveille.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LastUseTest {
    private static final Instant NOW = Instant.EPOCH.plusSeconds(100_000);

    private final Activity activity = new Activity(InstantSource.fixed(NOW), routed -> true);
    private final SandboxRuntime runtime =
            new SandboxRuntime(new RuntimeId("rt"), URI.create("http://127.0.0.1:1"), Optional.empty(), Map.of());
    private final Activity.Use use = activity.of(Route.of(
            Session.first(
                    new SessionId("s"),
                    "t",
                    new SessionSpec("{}", Map.of(), ClosePolicy.STOP, false, Optional.empty()),
                    new SandboxState.Running(runtime),
                    Cause.CLIENT,
                    NOW),
            runtime));

    private Instant last() {
        return activity.seen(runtime.id()).orElseThrow().lastAt().orElseThrow();
    }

    /** One that has waited long for its sandbox came long ago. */
    @Test
    void whoeverCameEarlierDoesNotSetItBack() {
        long now = System.nanoTime();

        use.begun(now - TimeUnit.HOURS.toNanos(2));
        assertThat(last()).isBefore(NOW.minusSeconds(7_000));
        use.said(now, 1, 1);
        use.begun(now - TimeUnit.HOURS.toNanos(1));

        assertThat(last()).isAfter(NOW.minusSeconds(3_000));
    }
}
