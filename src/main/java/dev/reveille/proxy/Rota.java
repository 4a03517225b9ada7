package dev.reveille.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * The long bodies of one event loop, of which a few are read each time the loop has looked at the network. So a request that
 * is short waits for those few, and not for hundreds. Who has nothing to give keeps nobody waiting: one is on the rota only
 * after it gave a lot.
 */
final class Rota {
    /** So many give something before the network is looked at again: half a millisecond's work. */
    static final int AT_ONCE = 4;

    private static final FastThreadLocal<Rota> HERE = new FastThreadLocal<>();

    private final EventLoop loop;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int given;
    private boolean turning;

    Rota(EventLoop loop) {
        this.loop = loop;
    }

    /** @param loop the one that calls */
    static Rota of(EventLoop loop) {
        Rota rota = HERE.get();
        if (rota == null) {
            rota = new Rota(loop);
            HERE.set(rota);
        }
        return rota;
    }

    /** Somebody gave a lot. @return whether it has to wait for its next turn */
    boolean gave() {
        given++;
        goOn();
        return isFull();
    }

    /** Whether others are to be read first. */
    boolean isFull() {
        return given > AT_ONCE || !waiting.isEmpty();
    }

    /** Calls {@code turn} when it is time. */
    void await(Runnable turn) {
        waiting.add(turn);
        goOn();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it is done at once, or the event loop has ended
    private void goOn() {
        if (!turning) {
            turning = true;
            // What is scheduled while tasks run, runs behind the network's next turn.
            loop.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
        }
    }

    private void turn() {
        turning = false;
        given = 0;
        for (int i = 0; i < AT_ONCE && !waiting.isEmpty(); i++) {
            waiting.remove().run();
        }
        if (!waiting.isEmpty()) {
            goOn();
        }
    }
}
