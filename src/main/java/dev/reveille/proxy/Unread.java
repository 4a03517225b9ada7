package dev.reveille.proxy;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What was handed over for clients of HTTP/2 and has not left, on one event loop. A client that does not read its streams has
 * nothing else that stops them: Vert.x counts pieces only, 16 for each stream, be they as long as they like.
 *
 * <p>An answer is read until {@link #MOST_OF_ONE} waits. Once half of the room for all is taken, no more is read of those of
 * which anything waits. If there is no room left all the same, the answer that has stood still for longest is given up.
 */
final class Unread {
    static final int MOST_OF_ONE = 256 * 1024;

    /** What a piece takes beside its bytes. */
    static final int PIECE = 512;

    /** The part of the heap that all event loops together may fill. */
    private static final int PART_OF_HEAP = 4;

    private final long room;

    /** Of which something waits. What moved last stands last. */
    private final Set<Answer> waiting = new LinkedHashSet<>();

    private long bytes;

    Unread(long room) {
        this.room = room;
    }

    /** The share of one of {@code eventLoops}. */
    static Unread on(int eventLoops) {
        return new Unread(Runtime.getRuntime().maxMemory() / PART_OF_HEAP / eventLoops);
    }

    /** @param giveUp ends it, so that what waits is dropped */
    Answer answer(Runnable giveUp) {
        return new Answer(giveUp);
    }

    /** One answer's part of it. */
    final class Answer {
        private final Runnable giveUp;
        private long mine;
        private boolean givenUp;

        private Answer(Runnable giveUp) {
            this.giveUp = giveUp;
        }

        /** A piece was handed over. */
        void handed(int length) {
            if (givenUp) {
                return;
            }
            int all = length + PIECE;
            mine += all;
            bytes += all;
            waiting.add(this);
            if (bytes > room) {
                waiting.iterator().next().drop();
            }
        }

        /** A piece has left, or was dropped. */
        void left(int length) {
            if (givenUp) {
                return;
            }
            int all = length + PIECE;
            mine -= all;
            bytes -= all;
            waiting.remove(this);
            if (mine > 0) {
                waiting.add(this);
            }
        }

        /** Counts no more at once: the last of it may be in a connection that stands still, and others would pay for that. */
        private void drop() {
            givenUp = true;
            waiting.remove(this);
            bytes -= mine;
            mine = 0;
            giveUp.run();
        }

        /** Whether no more should be read. */
        boolean full() {
            return mine >= (bytes > room / 2 ? 1 : MOST_OF_ONE);
        }

        /** Whether one that was {@link #full} may be read again. */
        boolean hasRoom() {
            return mine <= (bytes > room / 2 ? 0 : MOST_OF_ONE / 2);
        }
    }
}
