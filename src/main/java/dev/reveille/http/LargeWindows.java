package dev.reveille.http;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** How many streams of one event loop may have a large window at a time, so that uploads that stand still do not fill the heap. */
final class LargeWindows {
    /** The part of the heap that all event loops together may fill. */
    private static final int PART_OF_HEAP = 4;

    /** Of streams on which no more comes, but what came may not have been taken. */
    private final Set<BooleanSupplier> ending = new LinkedHashSet<>();

    private int left;

    LargeWindows(int most) {
        this.left = most;
    }

    /** The share of one of {@code eventLoops}. */
    static LargeWindows on(int eventLoops) {
        long bytes = Runtime.getRuntime().maxMemory() / PART_OF_HEAP / eventLoops;
        return new LargeWindows((int) Math.min(Integer.MAX_VALUE, bytes / Http2Streams.LARGE_WINDOW));
    }

    /** Takes one of them; has an end with {@link #giveBack}. @return whether there was one */
    boolean take() {
        if (left <= 0) {
            collect();
        }
        if (left <= 0) {
            return false;
        }
        left--;
        return true;
    }

    void giveBack() {
        left++;
    }

    /** Nothing more comes by one. {@code emptied} tells whether all that came was taken, and is then its {@link #giveBack}. */
    void ending(BooleanSupplier emptied) {
        ending.add(emptied);
    }

    void ended(BooleanSupplier emptied) {
        ending.remove(emptied);
    }

    /** Looks which were emptied; to be called when there seems to be none left. */
    void collect() {
        ending.removeIf(BooleanSupplier::getAsBoolean);
    }
}
