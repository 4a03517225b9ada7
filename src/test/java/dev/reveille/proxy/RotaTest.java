package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RotaTest {
    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final Rota rota = new Rota(loop.eventLoop());
    private final List<Integer> read = new ArrayList<>();

    @Test
    void aFewNeverWait() {
        for (int turn = 0; turn < 3; turn++) {
            for (int i = 0; i < Rota.AT_ONCE; i++) {
                assertThat(rota.isFull()).isFalse();
            }
            theNetworkIsLookedAt();
        }
    }

    @Test
    void whoGivesWhenOthersHaveGivenEnoughWaitsUntilTheNetworkWasLookedAt() {
        for (int i = 0; i < Rota.AT_ONCE; i++) {
            rota.isFull();
        }
        assertThat(rota.isFull()).isTrue();
        waits(0);

        assertThat(read).isEmpty();
        theNetworkIsLookedAt();
        assertThat(read).containsExactly(0);
        assertThat(rota.isFull()).as("the next has to wait").isFalse();
    }

    @Test
    void thoseWhoWaitGoFirstAndAFewAtATime() {
        IntStream.range(0, 2 * Rota.AT_ONCE + 1).forEach(this::waits);

        assertThat(rota.isFull()).as("somebody else has to wait").isTrue();
        theNetworkIsLookedAt();
        assertThat(read).hasSize(Rota.AT_ONCE);
        theNetworkIsLookedAt();
        assertThat(read).hasSize(2 * Rota.AT_ONCE);
        assertThat(rota.isFull()).as("the next has to wait").isTrue();
        theNetworkIsLookedAt();
        assertThat(read)
                .containsExactlyElementsOf(
                        IntStream.range(0, 2 * Rota.AT_ONCE + 1).boxed().toList());
        assertThat(rota.isFull()).as("the next has to wait").isFalse();
    }

    @Test
    void whoHasLeftTakesNobodysPlace() {
        IntStream.range(0, 100).forEach(i -> rota.await(() -> false));
        waits(1);

        theNetworkIsLookedAt();
        assertThat(read).containsExactly(1);
    }

    @Test
    void whoWaitsAgainOnItsTurnIsTheLast() {
        rota.await(() -> {
            waits(3);
            return read.add(1);
        });
        waits(2);

        theNetworkIsLookedAt();
        theNetworkIsLookedAt();
        assertThat(read).containsExactly(1, 2, 3);
    }

    private void waits(int who) {
        rota.await(() -> read.add(who));
    }

    private void theNetworkIsLookedAt() {
        loop.runScheduledPendingTasks();
    }
}
