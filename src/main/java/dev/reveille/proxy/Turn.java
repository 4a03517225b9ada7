package dev.reveille.proxy;

import dev.reveille.session.SessionId;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One waiting request's turn to go to its sandbox, among those of {@link Releases}. It lasts until the request is
 * answered, or is known to take long. Belongs to the request's event loop, except where said.
 */
final class Turn implements Comparable<Turn> {
    /** What does not answer that long after it was sent is a long action, and those behind it need not wait for it. */
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** After that it is known whether a client is slow. */
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long SLOW_BYTES_A_SECOND = 64 * 1024;

    private static final long LOOK_MILLIS = 1_000;
    private static final AtomicLong NEXT = new AtomicLong();

    private final Vertx vertx;
    private final Context context;
    private final InboundBody body;
    private final long arrived;
    private final boolean guest;
    private final long number = NEXT.getAndIncrement();
    private Runnable begin = () -> {};
    private Releases releases;
    private SessionId session;
    private boolean over;
    private long joined;
    private long inLineNanos;
    private long begun;
    private long timer = -1;

    /**
     * @param arrived when the request came, on the clock of {@link System#nanoTime}
     * @param guest whether it shows no key
     */
    Turn(Vertx vertx, InboundBody body, long arrived, boolean guest) {
        this.guest = guest;
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.body = body;
        this.arrived = arrived;
    }

    boolean guest() {
        return guest;
    }

    /** How long its sandbox was awake before it was its turn. */
    long inLineNanos() {
        return inLineNanos;
    }

    /** Whoever came first goes first, guests behind all others. */
    @Override
    public int compareTo(Turn other) {
        if (guest != other.guest) {
            return guest ? 1 : -1;
        }
        long earlier = arrived - other.arrived;
        return earlier != 0 ? Long.signum(earlier) : Long.compare(number, other.number);
    }

    /**
     * Lines up.
     *
     * @param awake whether the sandbox is
     * @param onTurn runs when the request may go; if it then does not, {@link #over} says so
     */
    void await(Releases among, SessionId of, boolean awake, Runnable onTurn) {
        releases = among;
        session = of;
        begin = onTurn;
        joined = System.nanoTime();
        among.join(of, this, awake);
    }

    /**
     * It may go. From any thread, and never runs what waits for it at once.
     *
     * @param awakeSince on the clock of {@link System#nanoTime}
     */
    void come(long awakeSince) {
        context.runOnContext(v -> {
            if (over) {
                return;
            }
            begun = System.nanoTime();
            inLineNanos = begun - (awakeSince - joined > 0 ? awakeSince : joined);
            timer = vertx.setTimer(LOOK_MILLIS, t -> look());
            begin.run();
        });
    }

    /** The request was answered, or will not be. Only the first time counts; without a turn it means nothing. */
    void over(boolean answered) {
        if (over || releases == null) {
            return;
        }
        over = true;
        vertx.cancelTimer(timer);
        releases.leave(session, this, answered);
    }

    /** Slow for its client, that is: many that share a sandbox are slow together, and more of them would not help. */
    private boolean isSlow(long now) {
        double seconds = (now - begun) / 1e9;
        return now - begun >= SLOW_NANOS && body.bytes() / seconds < SLOW_BYTES_A_SECOND;
    }

    private void look() {
        long now = System.nanoTime();
        long movedAt = body.movedAt() - begun > 0 ? body.movedAt() : begun;
        boolean still = now - movedAt >= LONG_NANOS;
        if (still && body.ended()) {
            over(true);
        } else if (!body.ended() && !body.stuck() && (still || isSlow(now))) {
            over(false);
        } else {
            timer = vertx.setTimer(LOOK_MILLIS, t -> look());
        }
    }
}
