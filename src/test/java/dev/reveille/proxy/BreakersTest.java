package dev.reveille.proxy;

import static java.time.Duration.ofHours;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.registry.Route;
import dev.reveille.runtimeapi.AliveProbe;
import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class BreakersTest {
    private final AtomicInteger opened = new AtomicInteger();
    private Breakers breakers;

    @BeforeEach
    void start(Vertx vertx) {
        AliveProbe probe = new AliveProbe(vertx, Duration.ofSeconds(5));
        breakers = new Breakers(
                new Verdicts(probe, ofHours(1), InstantSource.system()), 2, ofHours(1), opened::incrementAndGet);
    }

    /** To a sandbox that nobody is at home in, as it was at that revision of the session that began then. */
    private static Route seen(long revision, Instant begun) {
        SandboxRuntime runtime =
                new SandboxRuntime(new RuntimeId("rt"), URI.create("http://127.0.0.1:1"), Optional.empty(), Map.of());
        Session session = new Session(
                new SessionId("s"),
                "t",
                new SessionSpec("{}", Map.of(), ClosePolicy.STOP, false, Optional.empty()),
                new SandboxState.Running(runtime),
                revision,
                Cause.CLIENT,
                "",
                begun,
                begun,
                "",
                List.of());
        return new Route(session, runtime, Map.of());
    }

    @Test
    void aRequestFromBeforeTheLastChangeNeitherCountsNorForgets() {
        Route before = seen(5, Instant.EPOCH);
        Route now = seen(7, Instant.EPOCH);

        breakers.lost(now, Loss.Kind.BROKEN);
        breakers.lost(before, Loss.Kind.BROKEN);
        breakers.tried(before, true);
        breakers.answered(before);
        assertThat(opened).hasValue(0);
        breakers.lost(now, Loss.Kind.BROKEN);

        Rig.eventually("it is open", () -> opened.get() == 1);
        assertThat(breakers.pass(before)).isEqualTo(Breakers.Pass.FREE);
        assertThat(breakers.pass(now)).isEqualTo(Breakers.Pass.NONE);
    }

    @Test
    void aChangeOfTheSessionClosesItAndSoDoesItsNextLife() {
        Route first = seen(7, Instant.EPOCH);
        breakers.lost(first, Loss.Kind.BROKEN);
        breakers.lost(first, Loss.Kind.BROKEN);
        Rig.eventually("it is open", () -> opened.get() == 1);

        Route changed = seen(8, Instant.EPOCH);
        assertThat(breakers.pass(changed)).isEqualTo(Breakers.Pass.FREE);

        breakers.lost(changed, Loss.Kind.BROKEN);
        breakers.lost(changed, Loss.Kind.BROKEN);
        Rig.eventually("it is open again", () -> opened.get() == 2);
        assertThat(breakers.pass(seen(1, Instant.EPOCH.plusSeconds(1)))).isEqualTo(Breakers.Pass.FREE);
    }
}
