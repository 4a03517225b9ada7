package dev.reveille.session;

import static dev.reveille.session.Examples.LEASE;
import static dev.reveille.session.Examples.NOON;
import static dev.reveille.session.Examples.everyState;
import static dev.reveille.session.Examples.paused;
import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static dev.reveille.session.Examples.session;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a session remembers of its own changes. */
class SessionHistoryTest {
    @Test
    void whatItRemembersIsWhatWasToldWhenItHappened() {
        List<SessionChange> told = new ArrayList<>();
        Session now = session("s-1", new SandboxState.Starting(LEASE, Optional.empty()))
                .madeBy("node-a");
        told.add(SessionChange.between(Optional.empty(), now, "node-a"));
        List<SandboxState> life = List.of(
                new SandboxState.Starting(LEASE, Optional.of(Examples.runtime("rt1"))),
                running("rt1"),
                new SandboxState.Pausing(LEASE, Examples.runtime("rt1")),
                paused("rt1"),
                new SandboxState.Resuming(LEASE, Examples.runtime("rt1")),
                new SandboxState.Failed(Optional.empty(), new GatewayFailure.WakeTimeout("slow")));
        for (SandboxState next : life) {
            Session before = now;
            String node = "node-" + before.revision();
            now = before.to(next, Cause.TRAFFIC, "step " + before.revision(), NOON.plusMillis(7 * before.revision()))
                    .madeBy(node);
            told.add(SessionChange.between(Optional.of(before), now, node));
        }

        assertThat(now.changes()).isEqualTo(told);
        assertThat(now.changesSince(0)).contains(told);
        assertThat(now.changesSince(5)).contains(told.subList(5, 7));
        assertThat(now.changesSince(7)).contains(List.of());
    }

    @Test
    void itWasFoundAsleepIfNobodyHereWasAboutToPutItToSleep() {
        SandboxState pausing = new SandboxState.Pausing(LEASE, Examples.runtime("rt1"));
        SandboxState resuming = new SandboxState.Resuming(LEASE, Examples.runtime("rt1"));

        assertThat(asleepSince(paused("rt1"))).isTrue();
        assertThat(asleepSince(paused("rt1"), resuming, running("rt1"))).isTrue();
        assertThat(asleepSince()).isFalse();
        assertThat(asleepSince(resuming, running("rt1"))).isFalse();
        assertThat(asleepSince(pausing, paused("rt1"))).isFalse();
        assertThat(asleepSince(pausing, running("rt1"), paused("rt1"))).isFalse();
    }

    private static boolean asleepSince(SandboxState... steps) {
        return after(steps).wasFoundAsleepSince(1);
    }

    /** One that ran, at revision 1. */
    private static Session after(SandboxState... steps) {
        Session now = session("s-1", running("rt1"));
        for (SandboxState next : steps) {
            now = now.to(next, NOON);
        }
        return now;
    }

    @Test
    void itWasPutToSleepIfItWasNotWokenAfterThat() {
        SandboxState pausing = new SandboxState.Pausing(LEASE, Examples.runtime("rt1"));
        SandboxState resuming = new SandboxState.Resuming(LEASE, Examples.runtime("rt1"));

        assertThat(after(pausing).wasPutToSleepSince(1)).isTrue();
        assertThat(after(pausing, paused("rt1")).wasPutToSleepSince(1)).isTrue();
        assertThat(after(paused("rt1"), resuming, running("rt1"), pausing).wasPutToSleepSince(1))
                .isTrue();
        assertThat(after(pausing, paused("rt1")).wasPutToSleepSince(2)).isFalse();
        assertThat(after().wasPutToSleepSince(1)).isFalse();
        assertThat(after(paused("rt1")).wasPutToSleepSince(1)).isFalse();
        assertThat(after(pausing, running("rt1")).wasPutToSleepSince(1)).isFalse();
        assertThat(after(pausing, paused("rt1"), resuming).wasPutToSleepSince(1))
                .isFalse();
    }

    @Test
    void itWasUpUntilItsPauseOrItsEndIsDone() {
        SandboxState pausing = new SandboxState.Pausing(LEASE, Examples.runtime("rt1"));
        SandboxState stopping = new SandboxState.Stopping(LEASE, Optional.of(Examples.runtime("rt1")));

        assertThat(after().wasUpSince(1)).isTrue();
        assertThat(after(pausing).wasUpSince(1)).isTrue();
        assertThat(after(stopping).wasUpSince(1)).isTrue();
        assertThat(after(paused("rt1")).wasUpSince(1)).isFalse();
        assertThat(after(pausing, paused("rt1")).wasUpSince(1)).isFalse();
        assertThat(after(pausing, running("rt1")).wasUpSince(1)).isFalse();
        assertThat(after().wasUpSince(2)).as("another life").isFalse();
        SandboxState[] many = new SandboxState[Session.REMEMBERED + 1];
        Arrays.fill(many, pausing);
        assertThat(after(many).wasUpSince(1)).as("forgotten").isFalse();
    }

    @Test
    void everyStatesMessageIsRemembered() {
        for (SandboxState state : everyState()) {
            Session there = session("s-1", state);
            assertThat(Past.of(there).statusMessage()).isEqualTo(state.statusMessage());
        }
        SandboxState nameless = new SandboxState.Starting(LEASE, Optional.empty());
        assertThat(Past.of(session("s-1", nameless)).statusMessage()).isEqualTo(nameless.statusMessage());
    }

    @Test
    void itRemembersSoManyAndKnowsWhatItHasForgotten() {
        Session old = changedTo(Session.REMEMBERED + 10);
        long oldest = old.revision() - Session.REMEMBERED + 1;

        assertThat(old.past()).hasSize(Session.REMEMBERED);
        assertThat(old.changes().stream().map(SessionChange::revision))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(oldest, old.revision()).boxed().toList());
        assertThat(old.changes()).allSatisfy(change -> {
            assertThat(change.previous()).isPresent();
            assertThat(change.took()).isEqualTo(Duration.ofSeconds(1));
        });
        assertThat(old.changesSince(oldest - 1)).isPresent();
        assertThat(old.changesSince(oldest - 2)).isEmpty();
    }

    @Test
    void aRecordOfAnEarlierVersionRemembersItsLastChangeAlone() {
        Session plain = session("s-1", running("rt1"));
        Session former = new Session(
                plain.id(), "default", plainSpec(), plain.state(), 57, Cause.CLIENT, "", NOON, NOON, "", List.of());

        assertThat(former.changesSince(56))
                .hasValueSatisfying(last -> assertThat(last)
                        .singleElement()
                        .satisfies(change -> assertThat(change.previous()).isEmpty()));
        assertThat(former.changesSince(55)).isEmpty();
        assertThat(former.to(paused("rt1"), NOON).changesSince(57)).isPresent();
    }

    @Test
    void whatItWasAskedForChangesNothingOfIt() {
        Session old = changedTo(9).madeBy("node-a");
        SessionSpec other =
                new SessionSpec("{\"image\":\"i\"}", Map.of("A", "1"), ClosePolicy.KEEP, true, Optional.empty());

        Session asked = old.withSpec(other);

        assertThat(asked.spec()).isEqualTo(other).isNotEqualTo(old.spec());
        assertThat(asked.changes()).isEqualTo(old.changes());
        assertThat(asked.withSpec(old.spec())).isEqualTo(old);
    }

    @Test
    void itKnowsItsForebears() {
        Session first = changedTo(3);
        Session left = first.to(paused("rt1"), Cause.IDLE, "", NOON.plusSeconds(60));
        Session right = first.to(running("rt1"), Cause.CLIENT, "", NOON.plusSeconds(61));

        assertThat(left.descendsFrom(first)).isTrue();
        assertThat(left.to(running("rt1"), NOON).descendsFrom(first)).isTrue();
        assertThat(right.to(paused("rt1"), NOON).descendsFrom(left)).isFalse();
        assertThat(first.descendsFrom(left)).isFalse();
        assertThat(left.descendsFrom(left)).isFalse();
        assertThat(changedTo(80).descendsFrom(first)).as("as far as is known").isTrue();
        assertThat(Session.first(first.id(), "default", plainSpec(), running("rt1"), Cause.CLIENT, NOON.plusSeconds(1))
                        .to(paused("rt1"), NOON)
                        .descendsFrom(first))
                .isFalse();
    }

    /** Running, each change a second after the one before. */
    private static Session changedTo(long revision) {
        Session now = session("s-1", running("rt1"));
        while (now.revision() < revision) {
            now = now.to(running("rt1"), Cause.UPSTREAM, "", NOON.plusSeconds(now.revision()));
        }
        return now;
    }
}
