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
                assertThat(rota.gave()).isFalse();
            }
            theNetworkIsLookedAt();
        }
    }

    @Test
    void whoGivesWhenOthersHaveGivenEnoughWaitsUntilTheNetworkWasLookedAt() {
        for (int i = 0; i < Rota.AT_ONCE; i++) {
            rota.gave();
        }
        assertThat(rota.gave()).isTrue();
        rota.await(() -> read.add(0));

        assertThat(read).isEmpty();
        theNetworkIsLookedAt();
        assertThat(read).containsExactly(0);
        assertThat(rota.isFull()).isFalse();
    }

    @Test
    void thoseWhoWaitGoFirstAndAFewAtATime() {
        IntStream.range(0, 2 * Rota.AT_ONCE + 1).forEach(i -> rota.await(() -> read.add(i)));

        assertThat(rota.gave()).as("somebody else has to wait").isTrue();
        theNetworkIsLookedAt();
        assertThat(read).hasSize(Rota.AT_ONCE);
        theNetworkIsLookedAt();
        assertThat(read).hasSize(2 * Rota.AT_ONCE);
        assertThat(rota.isFull()).isTrue();
        theNetworkIsLookedAt();
        assertThat(read)
                .containsExactlyElementsOf(
                        IntStream.range(0, 2 * Rota.AT_ONCE + 1).boxed().toList());
        assertThat(rota.isFull()).isFalse();
    }

    @Test
    void whoWaitsAgainOnItsTurnIsTheLast() {
        rota.await(() -> {
            read.add(1);
            rota.await(() -> read.add(3));
        });
        rota.await(() -> read.add(2));

        theNetworkIsLookedAt();
        theNetworkIsLookedAt();
        assertThat(read).containsExactly(1, 2, 3);
    }

    private void theNetworkIsLookedAt() {
        loop.runScheduledPendingTasks();
    }
}
