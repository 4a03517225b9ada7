package dev.reveille.sandboxhost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SandboxStateTest {
    private static final SandboxState STARTING = SandboxState.unborn().starting();
    private static final SandboxState RUNNING = STARTING.appeared().ready(7);

    @Test
    void resumingIsCountedOnlyWhereItIsPaused() {
        assertThat(RUNNING.pausing().resuming().resumeCount()).isEqualTo(1);
        assertThat(RUNNING.resuming()).isEqualTo(RUNNING);
        assertThat(STARTING.resuming()).isEqualTo(STARTING);
    }

    @Test
    void aFailedSandboxIsNeitherPausedNorResumedButMayStart() {
        SandboxState failed = RUNNING.died("signal 9");

        assertThatThrownBy(failed::pausing).isInstanceOf(Refusal.class).hasMessageContaining("status: error");
        assertThatThrownBy(failed::resuming).isInstanceOf(Refusal.class).hasMessageContaining("/start");
        assertThat(failed.starting().restartReasons()).isEmpty();
    }

    @Test
    void aStoppedSandboxIsNeitherPausedNorResumed() {
        assertThatThrownBy(RUNNING.stopped()::pausing).isInstanceOf(Refusal.class);
        assertThatThrownBy(RUNNING.stopped()::resuming).isInstanceOf(Refusal.class);
    }

    @Test
    void endingWhileItStartsIsTriedAgainTwice() {
        SandboxState third = STARTING.died("one").appeared().died("two");

        assertThat(third.status()).isEqualTo(Status.STARTING);
        assertThat(third.pod()).isEqualTo(PodStatus.PENDING);
        assertThat(third.died("three").pod()).isEqualTo(PodStatus.CRASHLOOPBACKOFF);
        assertThat(third.died("three").restartReasons()).containsExactly("one", "two", "three");
    }

    @Test
    void endingAfterItWasReadyIsAFailureAtOnce() {
        assertThat(RUNNING.died("gone").pod()).isEqualTo(PodStatus.FAILED);
    }

    @Test
    void onlyWhatIsLivePausesWhenItsHostEnds() {
        assertThat(STARTING.afterItsHost().status()).isEqualTo(Status.PAUSED);
        assertThat(RUNNING.afterItsHost().pod()).isEqualTo(PodStatus.NOT_FOUND);
        assertThat(RUNNING.died("gone").afterItsHost().status()).isEqualTo(Status.ERROR);
    }

    @Test
    void aRecordIsReadBackAsItWasWritten() {
        SandboxSpec spec = new SandboxSpec("s/ü", "image:1", "/work", Map.of("A", "b\n\"c\""));
        for (SandboxState state : List.of(STARTING, RUNNING, RUNNING.pausing(), RUNNING.died("why"))) {
            SandboxRecord record = new SandboxRecord("abcdefghijklmnop", "key", spec, state);

            assertThat(SandboxRecord.of(record.json())).isEqualTo(record);
        }
    }
}
