package dev.reveille.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LargeWindowsTest {
    @Test
    void onlySoManyAreTakenAtATime() {
        LargeWindows two = new LargeWindows(2);
        assertThat(two.take()).isTrue();
        assertThat(two.take()).isTrue();
        assertThat(two.take()).isFalse();
        two.giveBack();
        assertThat(two.take()).isTrue();
        assertThat(two.take()).isFalse();
    }

    @Test
    void oneByWhichNothingMoreComesIsFreeOnceItIsEmptied() {
        LargeWindows one = new LargeWindows(1);
        boolean[] emptied = {false};
        assertThat(one.take()).isTrue();
        one.ending(() -> {
            if (emptied[0]) {
                one.giveBack();
            }
            return emptied[0];
        });
        assertThat(one.take()).isFalse();
        emptied[0] = true;
        assertThat(one.take()).isTrue();
        assertThat(one.take()).isFalse();
    }

    @Test
    void allOfANodeFillAPartOfTheHeapOnly() {
        LargeWindows share = LargeWindows.on(1);
        long taken = 0;
        while (share.take()) {
            taken += Http2Streams.LARGE_WINDOW;
        }
        assertThat(taken).isPositive().isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 4);
    }
}
