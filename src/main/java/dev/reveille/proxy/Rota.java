package dev.reveille.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

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
    private final Queue<BooleanSupplier> waiting = new ArrayDeque<>();
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

    /** One more gave a lot, or is about to. @return whether it is to wait for its turn, as others are first */
    boolean isFull() {
        given++;
        goOn();
        return given > AT_ONCE || !waiting.isEmpty();
    }

    /** @param turn called when it is time; says whether it reads anything */
    void await(BooleanSupplier turn) {
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
        int read = 0;
        while (read < AT_ONCE && !waiting.isEmpty()) {
            read += waiting.remove().getAsBoolean() ? 1 : 0;
        }
        if (!waiting.isEmpty()) {
            goOn();
        }
    }
}
