package dev.reveille.registry;

import dev.reveille.session.RuntimeId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * Whether anybody uses a sandbox, as far as this node sees: the other nodes of a cluster see what passes through them.
 *
 * <p>A request counts from its arrival to the end of its answer. Whoever merely listens, with an open websocket or event
 * stream, is told apart from that, since such clients come back by themselves and stay for as long as a tab is open; what
 * they say counts. Probes, preflights and the control frames of websockets do not.
 *
 * <p>May be called from every thread. What is called for each request takes no lock and allocates nothing once the sandbox
 * is known.
 */
public final class Activity {
    private final Map<String, Use> uses = new ConcurrentHashMap<>();
    private final LongAdder frames = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final InstantSource clock;
    private final Predicate<String> routed;

    /** @param routed whether there is a route to the runtime of that name */
    Activity(InstantSource clock, Predicate<String> routed) {
        this.clock = clock;
        this.routed = routed;
    }

    /** What is seen of that runtime now; empty if nobody has used it through this node yet. */
    public Optional<Seen> seen(RuntimeId runtime) {
        return Optional.ofNullable(uses.get(runtime.value())).map(this::seen);
    }

    /** For the requests to {@code route}'s runtime. */
    public Use of(Route route) {
        String runtime = route.runtime().id().value();
        Use known = uses.get(runtime);
        return known == null ? first(runtime) : known;
    }

    private Use first(String runtime) {
        Use use = uses.computeIfAbsent(runtime, r -> new Use());
        if (!routed.test(runtime)) {
            // It was forgotten before it was known, and will not be again.
            uses.remove(runtime, use);
        }
        return use;
    }

    /** Requests under way to all sandboxes. */
    public long inFlight() {
        return uses.values().stream().mapToLong(use -> use.inFlight.get()).sum();
    }

    /** Open websockets and event streams of all sandboxes. */
    public long listening() {
        return uses.values().stream().mapToLong(use -> use.listening.get()).sum();
    }

    /** Data frames that clients of websockets have sent since the start. */
    public long clientFrames() {
        return frames.sum();
    }

    /** Bytes of bodies, and over tunnels, that clients have sent since the start. */
    public long clientBytes() {
        return bytes.sum();
    }

    /** It has no route any more. Who still uses it keeps its {@link Use}, which nobody sees then. */
    void forget(RuntimeId runtime) {
        uses.remove(runtime.value());
    }

    private Seen seen(Use use) {
        long last = use.lastNanos.get();
        return new Seen(
                use.inFlight.get(),
                use.listening.get(),
                use.frames.sum(),
                use.bytes.sum(),
                last == Use.NEVER
                        ? Optional.empty()
                        : Optional.of(clock.instant().minusNanos(Math.max(0, System.nanoTime() - last))));
    }

    /**
     * What is known of one sandbox.
     *
     * @param inFlight requests under way
     * @param listening open websockets and event streams
     * @param clientFrames data frames that clients have sent
     * @param clientBytes bytes that clients have sent, of bodies and over tunnels
     * @param lastAt when a request began or ended or a client said something last; empty: never
     */
    public record Seen(int inFlight, int listening, long clientFrames, long clientBytes, Optional<Instant> lastAt) {}

    /** The use of one sandbox. All times are those of {@link System#nanoTime}. */
    public final class Use {
        private static final long NEVER = Long.MIN_VALUE;

        private final AtomicInteger inFlight = new AtomicInteger();
        private final AtomicInteger listening = new AtomicInteger();
        private final LongAdder frames = new LongAdder();
        private final LongAdder bytes = new LongAdder();
        private final AtomicLong lastNanos = new AtomicLong(NEVER);

        private Use() {}

        /**
         * A request has come, maybe some time ago. {@link #ended} follows, or {@link #listens}.
         *
         * @param arrived when
         */
        public void begun(long arrived) {
            inFlight.getAndIncrement();
            lastNanos.accumulateAndGet(arrived, Use::later);
        }

        /** A client has come to listen, which says little. {@link #ended} follows, or {@link #listens}. */
        public void begunToListen() {
            inFlight.getAndIncrement();
        }

        /**
         * It was answered, or not.
         *
         * @param sent how much of a body came
         */
        public void ended(long now, long sent) {
            inFlight.getAndDecrement();
            lastNanos.lazySet(now);
            count(sent);
        }

        /** The same for one that was refused what it wanted to listen to. */
        public void endedBefore() {
            inFlight.getAndDecrement();
        }

        /** From now on it only listens. {@link #hushed} follows. */
        public void listens() {
            inFlight.getAndDecrement();
            listening.getAndIncrement();
        }

        public void hushed() {
            listening.getAndDecrement();
        }

        /** Something came over a tunnel. */
        public void said(long now, long newFrames, long newBytes) {
            if (newFrames > 0) {
                frames.add(newFrames);
                Activity.this.frames.add(newFrames);
            }
            count(newBytes);
            lastNanos.lazySet(now);
        }

        private static long later(long known, long told) {
            return known == NEVER || told - known > 0 ? told : known;
        }

        private void count(long sent) {
            if (sent > 0) {
                bytes.add(sent);
                Activity.this.bytes.add(sent);
            }
        }
    }
}
