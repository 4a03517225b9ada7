package dev.reveille.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxStateTest {
    @ParameterizedTest
    @CsvSource({
        "building, building starting running paused resuming stopping failed",
        "starting, building starting running paused resuming stopping failed",
        "running,  building starting running pausing paused resuming stopping stopped failed",
        "pausing,  running pausing paused resuming stopping stopped failed",
        "paused,   building starting running paused resuming stopping stopped failed",
        "resuming, starting running paused resuming stopping stopped failed",
        "stopping, stopping stopped failed",
        "stopped,  building starting running paused stopping failed",
        "failed,   building starting running paused resuming stopping stopped failed",
    })
    void aStateLeadsToTheseAndToNoOthers(String from, String to) {
        List<SandboxState> all = Examples.everyState();
        SandboxState state =
                all.stream().filter(s -> s.word().equals(from)).findFirst().orElseThrow();

        List<String> reached =
                all.stream().filter(state::leadsTo).map(SandboxState::word).toList();

        assertThat(String.join(" ", reached)).isEqualTo(to);
    }

    @Test
    void theWordsAreThoseOfAllStates() {
        assertThat(Examples.everyState()).extracting(SandboxState::word).containsExactlyElementsOf(SandboxState.WORDS);
    }

    @Test
    void theWordsOfThoseThatAreSettledAreTheirs() {
        assertThat(Examples.everyState().stream().filter(SandboxState::settled).map(SandboxState::word))
                .containsExactlyInAnyOrderElementsOf(SandboxState.SETTLED);
    }

    @Test
    void aSessionCountsItsSteps() {
        Session starting = Examples.session("s-1", new SandboxState.Starting(Examples.LEASE, Optional.empty()));

        Session running =
                starting.to(Examples.running("rt1"), Cause.UPSTREAM, "in words", Examples.NOON.plusSeconds(3));

        assertThat(running.revision()).isEqualTo(2);
        assertThat(running.cause()).isEqualTo(Cause.UPSTREAM);
        assertThat(running.detail()).isEqualTo("in words");
        assertThat(running.createdAt()).isEqualTo(Examples.NOON);
        assertThat(running.changedAt()).isEqualTo(Examples.NOON.plusSeconds(3));
        assertThat(starting.revision()).isEqualTo(1);
    }

    @Test
    void aStepThatDoesNotExistIsADefectOfTheCaller() {
        Lease lease = new Lease("node-a", Examples.NOON.plusSeconds(90));
        Session stopping = Examples.session("s-1", new SandboxState.Stopping(lease, Optional.empty()));

        assertThatThrownBy(() -> stopping.to(Examples.running("rt1"), Examples.NOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("session=s-1: no step leads from stopping to running");
    }

    @Test
    void transitionsAreTheStatesWithALeaseAndCanBeCarriedByAnother() {
        Lease other = new Lease("node-b", Examples.NOON.plusSeconds(90));

        for (SandboxState state : Examples.everyState()) {
            Optional<SandboxState> carried = state.carriedUnder(other);

            assertThat(carried.isEmpty()).isEqualTo(state.settled());
            assertThat(carried.flatMap(SandboxState::lease))
                    .isEqualTo(state.lease().map(l -> other));
            assertThat(carried.map(SandboxState::word)).isEqualTo(state.lease().map(l -> state.word()));
            assertThat(carried.flatMap(SandboxState::runtime))
                    .isEqualTo(state.lease().flatMap(l -> state.runtime()));
            assertThat(carried.map(state::leadsTo).orElse(true)).isTrue();
        }
    }

    @Test
    void aLeaseRunsOutAtItsMoment() {
        assertThat(Examples.LEASE.hasRunOut(Examples.LEASE.until().minusMillis(1)))
                .isFalse();
        assertThat(Examples.LEASE.hasRunOut(Examples.LEASE.until())).isTrue();
    }

    @Test
    void frontEndsGetTheStatusTextsThatTheyKnow() {
        assertThat(Examples.everyState().stream().map(SandboxState::statusMessage))
                .containsExactly(
                        "STATUS$STARTING_CONTAINER",
                        "STATUS$WAITING_FOR_CLIENT",
                        " ",
                        "",
                        "",
                        "STATUS$STARTING_RUNTIME",
                        "",
                        "",
                        "");
        assertThat(new SandboxState.Starting(Examples.LEASE, Optional.empty()).statusMessage())
                .isEqualTo("STATUS$STARTING_CONTAINER");
    }

    @Test
    void newsTellTheStateBeforeAndHowLongItLasted() {
        Session before = Examples.session("s-1", Examples.running("rt1"));
        Session after = before.to(
                new SandboxState.Stopping(Examples.LEASE, before.runtime()),
                Cause.IDLE,
                "slept too long",
                Examples.NOON.plusMillis(1500));

        SessionChange first = SessionChange.between(Optional.empty(), before, "node-a");
        SessionChange change = SessionChange.between(Optional.of(before), after, "node-b");

        assertThat(first.previous()).isEmpty();
        assertThat(first.took()).isZero();
        assertThat(change)
                .isEqualTo(new SessionChange(
                        new SessionId("s-1"),
                        Optional.of(new RuntimeId("rt1")),
                        "default",
                        2,
                        "stopping",
                        Optional.of("running"),
                        Cause.IDLE,
                        "slept too long",
                        "",
                        Examples.NOON.plusMillis(1500),
                        Duration.ofMillis(1500),
                        "node-b"));
    }

    @Test
    void aNodeWhoseClockIsBehindDoesNotMakeTimeRunBackwards() {
        Session before = Examples.session("s-1", Examples.running("rt1"));
        Session after = before.to(new SandboxState.Stopped(), Examples.NOON.minusSeconds(2));

        assertThat(SessionChange.between(Optional.of(before), after, "node-b").took())
                .isZero();
    }

    @Test
    void aSessionThatOnlyAttachedIsNotStoppedByClosing() {
        for (ClosePolicy policy : ClosePolicy.values()) {
            SessionSpec attached = new SessionSpec("{}", java.util.Map.of(), policy, true, Optional.empty());

            assertThat(attached.effectiveClosePolicy())
                    .isEqualTo(policy == ClosePolicy.STOP ? ClosePolicy.KEEP : policy);
        }
    }
}
