package dev.reveille.proxy;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.HoldSettings;
import dev.reveille.registry.Route;
import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HoldsTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Holds holds = new Holds(new HoldSettings(ofSeconds(1), 1, 2, 3, 0), meters);

    private static Route route(String session, String tenant) {
        SandboxRuntime runtime =
                new SandboxRuntime(new RuntimeId("rt"), URI.create("http://127.0.0.1:1"), Optional.empty(), Map.of());
        SessionSpec spec = new SessionSpec("{}", Map.of(), ClosePolicy.STOP, false, Optional.empty());
        Session asleep = Session.first(
                new SessionId(session), tenant, spec, new SandboxState.Paused(runtime), Cause.CLIENT, Instant.EPOCH);
        return new Route(asleep, runtime, Map.of());
    }

    private String refusal(String session, String tenant) {
        return holds.enter(route(session, tenant), false).map(r -> r.detail()).orElse("");
    }

    @Test
    void theNarrowestBoundThatIsReachedRefusesAndARefusalTakesNoRoom() {
        assertThat(refusal("a1", "a")).isEmpty();
        assertThat(refusal("a1", "a")).contains("this session");
        assertThat(refusal("a2", "a")).isEmpty();
        assertThat(refusal("a3", "a")).contains("this tenant");
        assertThat(refusal("b1", "b")).isEmpty();
        assertThat(refusal("b2", "b")).contains("this node");
        assertThat(meters.get("reveille.holds").gauge().value()).isEqualTo(3);

        holds.leave(route("a1", "a"), false);
        assertThat(refusal("a1", "a")).isEmpty();
        holds.leave(route("a1", "a"), false);
        holds.leave(route("a2", "a"), false);
        holds.leave(route("b1", "b"), false);
        assertThat(meters.get("reveille.holds").gauge().value()).isZero();
    }

    @Test
    void whoeverHoldsMuchIsRefusedBeforeThereIsNoRoomForOthers() {
        Holds shared = new Holds(new HoldSettings(ofSeconds(1), 1000, 1000, 2000, 0), new SimpleMeterRegistry());

        assertThat(taken(shared, "a", 2000)).isEqualTo(1000);
        assertThat(taken(shared, "b", 2000)).isEqualTo(500);
        assertThat(taken(shared, "c", 2000)).isEqualTo(250);
        assertThat(taken(shared, "a", 1)).isZero();
        assertThat(taken(shared, "d", 100)).isEqualTo(100);
        assertThat(shared.enter(route("a-x", "a"), false).map(r -> r.detail()).orElse(""))
                .contains("this tenant");
    }

    @Test
    void aTenantMayHaveTheWholeNodeIfTheSettingsSaySo() {
        Holds one = new Holds(new HoldSettings(ofSeconds(1), 20, 20, 20, 0), new SimpleMeterRegistry());

        assertThat(taken(one, "a", 100)).isEqualTo(20);
    }

    @Test
    void ofASessionsSeatsGuestsGetATenth() {
        Holds one = new Holds(new HoldSettings(ofSeconds(1), 30, 40, 40, 0), new SimpleMeterRegistry());
        Route route = route("a1", "a");

        int guests = 0;
        while (one.enter(route, true).isEmpty()) {
            guests++;
        }
        assertThat(guests).isEqualTo(3);
        assertThat(one.of("a")).isEqualTo(3);
        assertThat(one.enter(route("a2", "a"), true)).isEmpty();
        assertThat(one.enter(route, false)).isEmpty();

        one.leave(route, true);
        assertThat(one.enter(route, true)).isEmpty();
        assertThat(one.enter(route, true)).isPresent();
    }

    private static int taken(Holds holds, String tenant, int tries) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += holds.enter(route(tenant + i, tenant), false).isEmpty() ? 1 : 0;
        }
        return taken;
    }

    @Test
    void aNodeThatIsAboutToLeaveTakesNoNewHolds() {
        assertThat(refusal("a1", "a")).isEmpty();

        holds.close();

        assertThat(holds.enter(route("b1", "b"), false)).hasValueSatisfying(r -> {
            assertThat(r.code()).isEqualTo("shutting_down");
            assertThat(r.retryAfter()).isPresent();
        });
    }

    @Test
    void behindOthersAtASandboxThatIsAwakeThereIsRoomUntilItHasLeftButNotMoreThanEver() {
        holds.close();

        assertThat(holds.lineUp(route("a1", "a"), false)).isEmpty();
        assertThat(holds.lineUp(route("a1", "a"), false))
                .hasValueSatisfying(r -> assertThat(r.code()).isEqualTo("too_many_waiting"));
        holds.leave(route("a1", "a"), false);
        assertThat(holds.of("a")).isZero();
    }
}
