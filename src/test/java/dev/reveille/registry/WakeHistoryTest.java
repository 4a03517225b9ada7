package dev.reveille.registry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.registry.WakeHistory.Minute;
import dev.reveille.registry.WakeHistory.Wake;
import dev.reveille.session.Cause;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WakeHistoryTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    private Instant now = NOON;
    private final WakeHistory history = new WakeHistory(List.of("acme", "zeta"), () -> now);

    private void change(String tenant, String id, String previous, String state, Duration took) {
        history.saw(new SessionChange(
                new SessionId(id),
                Optional.empty(),
                tenant,
                7,
                state,
                Optional.of(previous),
                Cause.TRAFFIC,
                "",
                "",
                now,
                took,
                "node-b"));
    }

    private void wake(String tenant, String id, Duration took, String end) {
        change(tenant, id, "paused", "resuming", ofMinutes(5));
        now = now.plus(took);
        change(tenant, id, "resuming", end, took);
    }

    private List<Minute> minutes(String tenant) {
        return history.of(tenant).minutes();
    }

    private List<Wake> recent(String tenant) {
        return history.of(tenant).recent();
    }

    @Test
    void aWakeCountsInTheMinuteInWhichItEnds() {
        wake("acme", "s-1", ofMillis(800), "running");
        wake("acme", "s-2", ofSeconds(61), "failed");

        assertThat(minutes("acme")).hasSize(60);
        assertThat(minutes("acme").subList(58, 60))
                .containsExactly(new Minute(NOON, 1, 0), new Minute(NOON.plusSeconds(60), 0, 1));
        assertThat(recent("acme"))
                .containsExactly(
                        new Wake(new SessionId("s-1"), NOON.plusMillis(800), ofMillis(800), true),
                        new Wake(new SessionId("s-2"), NOON.plusMillis(61_800), ofSeconds(61), false));
    }

    @Test
    void aMinuteIsForgottenAfterAnHour() {
        wake("acme", "s-1", ofMillis(800), "running");

        now = NOON.plus(ofMinutes(59));
        assertThat(minutes("acme").get(0)).isEqualTo(new Minute(NOON, 1, 0));
        now = NOON.plus(ofMinutes(60));
        assertThat(minutes("acme")).allMatch(minute -> minute.ready() == 0);
        wake("acme", "s-1", ofMillis(10), "running");
        assertThat(minutes("acme").get(59)).isEqualTo(new Minute(now.minusMillis(10), 1, 0));
    }

    @Test
    void aTenantSeesItsOwnAlone() {
        wake("acme", "s-1", ofMillis(800), "running");
        wake("nobody", "s-2", ofMillis(800), "running");

        assertThat(recent("zeta")).isEmpty();
        assertThat(minutes("zeta")).allMatch(minute -> minute.ready() == 0);
        assertThat(recent("nobody")).isEmpty();
    }

    @Test
    void aWakeInSeveralStepsIsOneFromItsBegin() {
        change("acme", "s-1", "paused", "resuming", ofMinutes(5));
        now = now.plusMillis(300);
        change("acme", "s-1", "resuming", "resuming", ofMillis(300));
        now = now.plusMillis(200);
        change("acme", "s-1", "resuming", "running", ofMillis(200));

        assertThat(recent("acme")).extracting(Wake::took).containsExactly(ofMillis(500));
    }

    @Test
    void aWakeWhoseEndWasLostDoesNotMakeTheNextOneLong() {
        change("acme", "s-1", "paused", "resuming", ofMinutes(5));
        now = now.plus(ofMinutes(9));
        wake("acme", "s-1", ofMillis(400), "running");

        assertThat(recent("acme")).extracting(Wake::took).containsExactly(ofMillis(400));
    }

    @Test
    void aWakeWhoseBeginWasLostTakesWhatTheChangeSays() {
        change("acme", "s-1", "resuming", "running", ofMillis(700));

        assertThat(recent("acme")).extracting(Wake::took).containsExactly(ofMillis(700));
    }

    @Test
    void whatIsClosedOnItsWayAndWhatIsStartedAreNoWakes() {
        change("acme", "s-1", "paused", "resuming", ofMinutes(5));
        change("acme", "s-1", "resuming", "stopping", ofMillis(10));
        change("acme", "s-1", "stopping", "stopped", ofMillis(10));
        change("acme", "s-2", "starting", "running", ofMillis(10));
        change("acme", "s-3", "running", "failed", ofMillis(10));

        assertThat(recent("acme")).isEmpty();
    }

    @Test
    void onlyTheLastOnesAreRemembered() {
        for (int i = 0; i < WakeHistory.REMEMBERED + 50; i++) {
            wake("acme", "s-" + i, ofMillis(1), "running");
        }

        assertThat(recent("acme")).hasSize(WakeHistory.REMEMBERED);
        assertThat(recent("acme").get(0).sessionId()).isEqualTo(new SessionId("s-50"));
        assertThat(minutes("acme").get(59).ready()).isEqualTo(WakeHistory.REMEMBERED + 50);
    }
}
