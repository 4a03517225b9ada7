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
    void allOfANodeFillAPartOfTheHeapOnly() {
        LargeWindows share = LargeWindows.on(1);
        long taken = 0;
        while (share.take()) {
            taken += Http2Streams.LARGE_WINDOW;
        }
        assertThat(taken).isPositive().isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 4);
    }
}
