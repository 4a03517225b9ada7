package dev.reveille.watch;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The watchers that are connected to one event loop. */
final class Desk {
    private static final Logger LOG = LoggerFactory.getLogger(Desk.class);

    /** RFC 6455, section 7.4, and the IANA registry behind it. */
    private static final short RESTARTING = 1012;

    private static final short DEFECT = 1011;
    private static final short TRY_AGAIN_LATER = 1013;
    private static final int STEPS = 15;

    /** So many are written to before the network has its turn. */
    static final int SENT_AT_ONCE = 256;

    /** So many with more to take than {@link Watcher#AT_ONCE}. */
    private static final int LONG_AT_ONCE = 8;

    /** So often somebody hears of something, which is not yet sent, before the network has its turn. */
    private static final int HEARD_AT_ONCE = 10_000;

    private final Vertx vertx;
    private final Context context;
    private final Hub hub;
    private final Places places;
    private final StreamTimes times;
    private final InstantSource clock;
    private final Map<SessionId, Set<Watcher>> bySession = new HashMap<>();
    private final Map<String, Set<Watcher>> byTenant = new HashMap<>();
    private final Set<Watcher> toBeSent = new LinkedHashSet<>();
    private final Set<Watcher> unfinished = new LinkedHashSet<>();
    private final Queue<Runnable> unheard = new ArrayDeque<>();
    private final Wheel wheel = new Wheel(STEPS);
    private final Turns turns;
    private int heard;
    private int together;
    private boolean sending;
    private long turning = -1;
    private boolean leaving;

    /** @param context the event loop */
    Desk(Vertx vertx, Context context, Hub hub, Places places, StreamTimes times, InstantSource clock) {
        this.vertx = vertx;
        this.context = context;
        this.hub = hub;
        this.places = places;
        this.times = times;
        this.clock = clock;
        this.turns = new Turns(context, new Turns.Work() {
            @Override
            public void some() {
                hearAndSend();
            }

            @Override
            public boolean isLeft() {
                return !unheard.isEmpty() || !toBeSent.isEmpty() || !unfinished.isEmpty();
            }
        });
    }

    void run(Runnable what) {
        context.runOnContext(v -> what.run());
    }

    /**
     * Lets somebody watch who cannot be spoken to yet. From now on nothing escapes it; {@link #reached} or {@link #ends} has
     * to follow.
     *
     * @return fails with {@code too_many_waiting}, {@code shutting_down}, or {@code unknown_session}
     */
    Future<Watcher> admit(Wish wish) {
        if (leaving) {
            return Future.failedFuture(new GatewayFailure.ShuttingDown(
                            "this node is about to leave: try again, another one answers", Duration.ofSeconds(1))
                    .asException());
        }
        return places.take(wish.tenant()).compose(taken -> begun(wish));
    }

    private Future<Watcher> begun(Wish wish) {
        Promise<Watcher> admitted = Promise.promise();
        hub.admit(this, wish, opening -> {
            if (opening.isPresent()) {
                admitted.complete(begins(wish, opening.get()));
            } else {
                places.giveBack(wish.tenant());
                admitted.fail(new GatewayFailure.UnknownSession("it was closed just now").asException());
            }
        });
        return admitted.future();
    }

    private Watcher begins(Wish wish, Opening opening) {
        Watcher watcher = new Watcher(wish);
        watcher.begins(opening);
        wish.session()
                .ifPresentOrElse(
                        id -> bySession
                                .computeIfAbsent(id, first -> new LinkedHashSet<>())
                                .add(watcher),
                        () -> byTenant.computeIfAbsent(wish.tenant(), first -> new LinkedHashSet<>())
                                .add(watcher));
        wheel.add(watcher);
        if (turning < 0) {
            turning = vertx.setPeriodic(Math.max(1, times.heartbeat().toMillis() / STEPS), t -> turn());
        }
        return watcher;
    }

    /** {@code watcher} can be spoken to. */
    void reached(Watcher watcher, Outlet outlet) {
        watcher.isReachedBy(outlet);
        outlet.onClosed(() -> ends(watcher));
        outlet.onDrain(() -> {
            watcher.drained();
            // Not before others have heard what is new: it may take and take.
            unfinished.add(watcher);
            turns.begin();
        });
        toBeSent(watcher);
        if (leaving) {
            leaves(watcher);
        }
    }

    /** {@code watcher} watches no more. May be called again. */
    void ends(Watcher watcher) {
        Wish wish = watcher.wish();
        boolean watched = wish.session()
                .map(id -> leave(bySession, id, watcher))
                .orElseGet(() -> leave(byTenant, wish.tenant(), watcher));
        if (!watched) {
            return;
        }
        watcher.hasEnded();
        places.giveBack(wish.tenant());
        wheel.remove(watcher);
        if (wheel.isEmpty()) {
            vertx.cancelTimer(turning);
            turning = -1;
        }
    }

    private static <K> boolean leave(Map<K, Set<Watcher>> index, K key, Watcher watcher) {
        Set<Watcher> those = index.getOrDefault(key, Set.of());
        boolean watched = those.contains(watcher) && those.remove(watcher);
        if (those.isEmpty()) {
            index.remove(key);
        }
        return watched;
    }

    /** All are told, in turn. */
    void tell(List<Bulletin> news) {
        news.forEach(bulletin -> unheard.add(() -> hear(bulletin)));
        turns.begin();
    }

    /** Runs {@code what} when all have heard of the news until now. */
    void behindNews(Runnable what) {
        unheard.add(what);
        turns.begin();
    }

    private void toBeSent(Watcher watcher) {
        toBeSent.add(watcher);
        turns.begin();
    }

    private void hearAndSend() {
        if (!sending) {
            hearSome();
        }
        if (sending) {
            some(toBeSent, SENT_AT_ONCE).forEach(this::send);
            sending = !toBeSent.isEmpty();
        }
        some(unfinished, LONG_AT_ONCE).forEach(this::send);
    }

    /**
     * What is new goes to each watcher together; but so much may come at once, after a pause of the whole process, that one
     * who takes all of it would be taken for slow.
     */
    private void hearSome() {
        heard = 0;
        while (together < Watcher.WAITING && heard < HEARD_AT_ONCE && !unheard.isEmpty()) {
            unheard.remove().run();
            together++;
        }
        if (together == Watcher.WAITING || unheard.isEmpty()) {
            together = 0;
            sending = true;
        }
    }

    /** Takes them out. */
    private static List<Watcher> some(Set<Watcher> watchers, int most) {
        List<Watcher> those = watchers.stream().limit(most).toList();
        those.forEach(watchers::remove);
        return those;
    }

    private void hear(Bulletin bulletin) {
        bulletin.forSession()
                .ifPresent(message -> tell(bySession.getOrDefault(bulletin.session(), Set.of()), bulletin, message));
        tell(byTenant.getOrDefault(bulletin.tenant(), Set.of()), bulletin, bulletin.forTenant());
    }

    private void tell(Set<Watcher> watchers, Bulletin bulletin, Message message) {
        heard += watchers.size();
        for (Watcher watcher : watchers) {
            // An id may have been another tenant's, in a life before.
            if (watcher.wish().tenant().equals(bulletin.tenant())) {
                watcher.hears(bulletin, message);
                toBeSent.add(watcher);
            }
        }
    }

    private void send(Watcher watcher) {
        try {
            if (watcher.pump()) {
                beginAgain(watcher);
            } else if (watcher.hasMore()) {
                unfinished.add(watcher);
            }
        } catch (RuntimeException broken) {
            LOG.warn("a watcher of tenant={} is dropped", watcher.wish().tenant(), broken);
            end(watcher, DEFECT, "something went wrong; come back");
        }
    }

    private void beginAgain(Watcher watcher) {
        hub.admit(
                this,
                watcher.wish().afresh(),
                opening -> opening.ifPresent(now -> {
                    watcher.begins(now.behind(Messages.reset(watcher.lost())));
                    toBeSent(watcher);
                }));
    }

    private void turn() {
        Instant now = clock.instant();
        wheel.turn().stream().filter(Watcher::reached).forEach(watcher -> look(watcher, now));
    }

    private void look(Watcher watcher, Instant now) {
        watcher.forgetsWhereItCameFrom(now, hub.latestNews());
        if (!watcher.lost().isEmpty()) {
            toBeSent(watcher);
        }
        Optional<Instant> since = watcher.fullSince(now);
        if (since.isEmpty()) {
            keepsInTouch(watcher);
        } else if (!now.isBefore(since.get().plus(times.stalledAfter()))) {
            LOG.info(
                    "a watcher of tenant={} has taken nothing since {}: closed",
                    watcher.wish().tenant(),
                    since.get());
            end(watcher, TRY_AGAIN_LATER, "nothing was taken for too long");
        }
    }

    /** Who wants only some states may hear nothing for long, and would have to go on from long ago. */
    private static void keepsInTouch(Watcher watcher) {
        Outlet outlet = watcher.outlet();
        watcher.passed()
                .ifPresentOrElse(
                        id -> {
                            outlet.write(Messages.live(id));
                            outlet.flush();
                        },
                        outlet::ping);
    }

    private void end(Watcher watcher, short code, String reason) {
        ends(watcher);
        Outlet outlet = watcher.outlet();
        outlet.close(code, reason);
        vertx.setTimer(times.lastWords().toMillis(), t -> outlet.cut());
    }

    /** Nobody is let in any more, and those who are here go, one after the other. */
    void leave() {
        leaving = true;
        wheel.all().stream().filter(Watcher::reached).forEach(this::leaves);
    }

    /** Clients that come back together would trample who takes them. */
    private void leaves(Watcher watcher) {
        long moment = ThreadLocalRandom.current().nextLong(1, times.goodbyes().toMillis() + 2);
        vertx.setTimer(moment, t -> end(watcher, RESTARTING, "this node is about to leave"));
    }
}
