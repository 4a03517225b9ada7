package dev.reveille.registry;

import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The wakes of the last hour, of all nodes, as far as this one has heard of them. It is told of every change, and picks out
 * what it needs. Of each tenant it remembers so much and no more, and of those that are none, nothing. May be used from
 * every thread.
 */
public final class WakeHistory {
    /** The last minutes that are counted, the one that runs included. */
    public static final int MINUTES = 60;

    /** Of so many wakes of a tenant it is remembered how long they took. */
    public static final int REMEMBERED = 200;

    /** News may be lost, and a wake whose end nobody heard of must not be remembered for ever. */
    private static final int MOST_UNDER_WAY = 10_000;

    private final InstantSource clock;
    private final Instant since;
    private final Map<String, Wakes> byTenant = new HashMap<>();
    private final Map<SessionId, Instant> underWay = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SessionId, Instant> eldest) {
            return size() > MOST_UNDER_WAY;
        }
    };

    /** @param tenants whose wakes are remembered */
    public WakeHistory(Collection<String> tenants, InstantSource clock) {
        this.clock = clock;
        this.since = clock.instant();
        tenants.forEach(tenant -> byTenant.put(tenant, new Wakes()));
    }

    /**
     * A wake that has ended.
     *
     * @param at when it ended
     * @param took from its begin to its end
     * @param ready whether the sandbox woke up; else the wake failed
     */
    public record Wake(SessionId sessionId, Instant at, Duration took, boolean ready) {}

    /**
     * How many wakes ended in a minute.
     *
     * @param begin the moment at which the minute begins
     */
    public record Minute(Instant begin, int ready, int failed) {}

    /**
     * What is known of a tenant's wakes.
     *
     * @param since from when on there was anybody to hear of them
     * @param minutes the last {@value #MINUTES}, the oldest first
     * @param recent the last ones, at most {@value #REMEMBERED}, the oldest first
     */
    public record Report(Instant since, List<Minute> minutes, List<Wake> recent) {}

    /** Takes notice of a change. A wake that was overtaken by a close is none that has ended. */
    public synchronized void saw(SessionChange change) {
        Wakes wakes = byTenant.get(change.tenant());
        if (wakes == null) {
            return;
        }
        boolean goesOn = change.previous().filter("resuming"::equals).isPresent();
        if (change.state().equals("resuming")) {
            // A wake may take several steps, and another node may go on with it.
            if (!goesOn || !underWay.containsKey(change.sessionId())) {
                underWay.put(change.sessionId(), change.at());
            }
            return;
        }
        Instant begun = Optional.ofNullable(underWay.remove(change.sessionId())).orElse(Instant.MAX);
        if (endsWake(change)) {
            boolean ready = change.state().equals("running");
            wakes.ended(new Wake(change.sessionId(), change.at(), took(begun, change), ready), minute(clock.instant()));
        }
    }

    /**
     * How long the wake took that has led {@code session} to where it is; empty if none has. For who has a part in it, and
     * counts as is counted here.
     */
    public static Optional<Duration> wakeThatLedTo(Session session) {
        List<SessionChange> changes = session.changes();
        int last = changes.size() - 1;
        if (!endsWake(changes.get(last))) {
            return Optional.empty();
        }
        Instant begun = Instant.MAX;
        for (int i = last - 1; i >= 0 && changes.get(i).state().equals("resuming"); i--) {
            begun = changes.get(i).at();
        }
        return Optional.of(took(begun, changes.get(last)));
    }

    private static boolean endsWake(SessionChange change) {
        return change.previous().filter("resuming"::equals).isPresent()
                && (change.state().equals("running") || change.state().equals("failed"));
    }

    /** Of one whose begin is not known, or not yet by this clock, how long its last step took. */
    private static Duration took(Instant begun, SessionChange end) {
        return begun.isAfter(end.at()) ? end.took() : Duration.between(begun, end.at());
    }

    /** What is known of {@code tenant}'s; nothing of one that is none. */
    public synchronized Report of(String tenant) {
        long now = minute(clock.instant());
        Wakes wakes = byTenant.getOrDefault(tenant, new Wakes());
        return new Report(since, wakes.minutes(now), List.copyOf(wakes.recent));
    }

    private static long minute(Instant moment) {
        return Math.floorDiv(moment.getEpochSecond(), 60L);
    }

    /** One tenant's. Each minute has a place, which the one an hour later takes. */
    private static final class Wakes {
        private final long[] minute = new long[MINUTES];
        private final int[] ready = new int[MINUTES];
        private final int[] failed = new int[MINUTES];
        private final Deque<Wake> recent = new ArrayDeque<>();

        private void ended(Wake wake, long now) {
            int place = (int) Math.floorMod(now, (long) MINUTES);
            if (minute[place] != now) {
                minute[place] = now;
                ready[place] = 0;
                failed[place] = 0;
            }
            int[] counts = wake.ready() ? ready : failed;
            counts[place]++;
            recent.addLast(wake);
            if (recent.size() > REMEMBERED) {
                recent.removeFirst();
            }
        }

        private List<Minute> minutes(long now) {
            List<Minute> all = new ArrayList<>(MINUTES);
            for (long each = now - MINUTES + 1; each <= now; each++) {
                int place = (int) Math.floorMod(each, (long) MINUTES);
                boolean there = minute[place] == each;
                all.add(new Minute(
                        Instant.ofEpochSecond(each * 60), there ? ready[place] : 0, there ? failed[place] : 0));
            }
            return all;
        }
    }
}
