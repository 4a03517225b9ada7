package dev.reveille.http;

/** How many streams of one event loop may have a large window at a time, so that uploads that stand still do not fill the heap. */
final class LargeWindows {
    /** The part of the heap that all event loops together may fill. */
    private static final int PART_OF_HEAP = 4;

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
            return false;
        }
        left--;
        return true;
    }

    void giveBack() {
        left++;
    }
}
