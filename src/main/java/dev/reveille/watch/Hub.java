package dev.reveille.watch;

import dev.reveille.bus.Catalogue;
import dev.reveille.registry.SessionListener;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionProgress;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes changes out of what this node learns of sessions, in one order for all who watch here. What it was not told of it
 * finds in the records. It runs on a context of its own; desks and listeners come to it from theirs.
 */
final class Hub {
    private static final Logger LOG = LoggerFactory.getLogger(Hub.class);

    /** So much is done before others have their turn on the event loop: looking at what was learned is 1. */
    private static final int AT_ONCE = 1_000;

    private static final int OPENING = 100;

    private static final Duration SLACK = Duration.ofSeconds(20);
    private static final String REWRITTEN = "two halves of the cluster went different ways, and the other one counts";

    private final Vertx vertx;
    private final SessionRegistry registry;
    private final Duration repairInterval;
    private final InstantSource clock;
    private final SessionListener listener = this::learned;
    private final Queue<Runnable> unread = new ConcurrentLinkedQueue<>();
    private final Turns turns;
    private final List<Desk> desks = new CopyOnWriteArrayList<>();
    private final List<Consumer<StatusEvent>> followers = new CopyOnWriteArrayList<>();

    // Of the context.
    private final Map<String, TenantView> tenants = new HashMap<>();
    private final Backlog backlog = new Backlog();
    private List<Bulletin> news = new ArrayList<>();
    private MessageConsumer<JsonObject> progress;
    private boolean open;
    private int done;

    /**
     * @param context where it runs
     * @param repairInterval between two comparisons of what the registry knows here with the shared map
     */
    Hub(Vertx vertx, Context context, SessionRegistry registry, Duration repairInterval, InstantSource clock) {
        this.vertx = vertx;
        this.registry = registry;
        this.repairInterval = repairInterval;
        this.clock = clock;
        this.turns = new Turns(context, new Turns.Work() {
            @Override
            public void some() {
                read();
            }

            @Override
            public boolean isLeft() {
                return !unread.isEmpty();
            }
        });
    }

    /** Begins. What is known by then is no news. @return once it has taken that in */
    Future<Void> open() {
        registry.follow(listener);
        return inTurn(() -> {
                    open = true;
                    progress = Catalogue.PROGRESS.follow(vertx.eventBus(), told -> later(() -> progressed(told)));
                })
                .compose(up -> progress.completion());
    }

    Future<Void> close() {
        registry.unfollow(listener);
        return inTurn(() -> open = false)
                .compose(down -> progress == null ? Future.succeededFuture() : progress.unregister());
    }

    /**
     * After so long a change is known here, wherever it was made: if news of it was lost, a repair has found it. The rest is for
     * reading the shared map, and for clocks that differ. May be called from every thread.
     */
    Duration latestNews() {
        return repairInterval.multipliedBy(registry.repairs()).plus(SLACK);
    }

    void add(Desk desk) {
        desks.add(desk);
    }

    void follow(Consumer<StatusEvent> follower) {
        followers.add(follower);
    }

    void unfollow(Consumer<StatusEvent> follower) {
        followers.remove(follower);
    }

    /**
     * Lets {@code desk} have what a watcher is told at first, in such a way that all news that reaches the desk afterwards is
     * what follows, and none that came before.
     *
     * @param admitted told on the desk's context; of empty if there is no such session here
     */
    void admit(Desk desk, Wish wish, Consumer<Optional<Opening>> admitted) {
        caughtUp(wish)
                .onComplete(looked -> later(() -> {
                    done += OPENING;
                    tellDesks();
                    Optional<Opening> opening = opening(wish);
                    desk.run(() -> desk.behindNews(() -> admitted.accept(opening)));
                }));
    }

    /** Who comes from another node may know more of a session than this one. */
    private Future<?> caughtUp(Wish wish) {
        boolean behind = wish.session().flatMap(registry::seen).isPresent()
                && wish.since().map(Point::parse).map(Point::revision).orElse(0L)
                        > registry.seen(wish.session().get())
                                .map(Session::revision)
                                .orElse(0L);
        return behind ? registry.find(wish.session().get()) : Future.succeededFuture();
    }

    private Future<Void> inTurn(Runnable what) {
        Promise<Void> done = Promise.promise();
        later(() -> {
            what.run();
            done.complete();
        });
        return done.future();
    }

    /** On the context, behind all that was learned until now. */
    private void later(Runnable what) {
        unread.add(what);
        turns.begin();
    }

    private void learned(Optional<Session> before, Optional<Session> now) {
        later(() -> take(before, now));
    }

    private void read() {
        done = 0;
        Runnable next = unread.poll();
        while (next != null) {
            done++;
            safely(next);
            next = done < AT_ONCE ? unread.poll() : null;
        }
        tellDesks();
    }

    /** One defect less, and the rest is told still. */
    private static void safely(Runnable what) {
        try {
            what.run();
        } catch (RuntimeException defect) {
            LOG.error("a change of a session could not be told", defect);
        }
    }

    private void tellDesks() {
        if (!news.isEmpty()) {
            List<Bulletin> all = Collections.unmodifiableList(news);
            news = new ArrayList<>();
            desks.forEach(desk -> desk.run(() -> desk.tell(all)));
        }
    }

    private void take(Optional<Session> known, Optional<Session> learned) {
        Optional<Session> told = known.flatMap(before -> view(before.tenant()).session(before.id()));
        boolean goesOn = told.isPresent() && learned.map(told.get()::sameLife).orElse(false);
        told.filter(old -> !goesOn).ifPresent(this::forgotten);
        learned.ifPresent(now -> changed(told.filter(old -> goesOn), now));
    }

    private TenantView view(String tenant) {
        return tenants.computeIfAbsent(tenant, t -> new TenantView(clock, this::latestNews));
    }

    private void changed(Optional<Session> told, Session now) {
        TenantView view = view(now.tenant());
        view.put(now);
        if (!open) {
            view.told(now, now.revision(), now.changedAt());
            return;
        }
        boolean descends = told.map(now::descendsFrom).orElse(true);
        long since = told.map(Session::revision).orElse(0L);
        Optional<List<SessionChange>> missed = descends ? now.changesSince(since) : Optional.empty();
        if (missed.isPresent()) {
            missed.get()
                    .forEach(
                            change -> publish(now, change, Optional.empty(), Optional.of(Messages.ofOne(now, change))));
        } else if (!told.equals(Optional.of(now))) {
            leap(now, descends ? now.changes() : lastOf(now), since, descends ? Opening.GAP : REWRITTEN);
        }
    }

    private static List<SessionChange> lastOf(Session session) {
        List<SessionChange> known = session.changes();
        return known.subList(known.size() - 1, known.size());
    }

    /** Who watches the session is told how it is, who watches all of them what is known: the first stands for the rest. */
    private void leap(Session now, List<SessionChange> known, long since, String why) {
        Optional<Long> skipped = Optional.of(Math.max(0, known.get(0).revision() - since - 1));
        Optional<Message> reset = Optional.of(Messages.reset(now, why));
        for (SessionChange change : known) {
            publish(now, change, skipped, reset);
            skipped = Optional.empty();
            reset = Optional.empty();
        }
    }

    private void publish(Session now, SessionChange change, Optional<Long> skipped, Optional<Message> forSession) {
        TenantView view = view(now.tenant());
        long print = Cursor.print(now);
        long number = backlog.next();
        view.told(now, change.revision(), change.at());
        Message forTenant = Messages.change(change, backlog.cursor(view).encode(), skipped);
        keep(new Bulletin(number, now.tenant(), now.id(), print, change.revision(), forSession, forTenant));
        tellFollowers(new StatusEvent.Changed(change, now, skipped));
    }

    private void forgotten(Session session) {
        TenantView view = view(session.tenant());
        view.remove(session);
        StatusEvent.Forgotten gone =
                new StatusEvent.Forgotten(session.id(), session.tenant(), session.revision(), session.createdAt());
        Instant at = clock.instant();
        view.isGone(new TenantView.Gone(gone, Cursor.print(session), at));
        if (!open) {
            return;
        }
        keep(new Bulletin(
                backlog.next(),
                session.tenant(),
                session.id(),
                Cursor.print(session),
                Long.MAX_VALUE,
                Optional.of(Messages.forgotten(gone, at, "")),
                Messages.forgotten(gone, at, backlog.cursor(view).encode())));
        tellFollowers(gone);
    }

    private void keep(Bulletin bulletin) {
        news.add(bulletin);
        backlog.keep(bulletin);
    }

    /** It comes behind the change that led there. */
    private void progressed(SessionProgress told) {
        view(told.tenant())
                .session(told.sessionId())
                .filter(session -> session.revision() <= told.revision())
                .ifPresent(session -> progressed(session, told));
    }

    private void progressed(Session session, SessionProgress told) {
        Message message = Messages.progress(told);
        news.add(new Bulletin(
                0,
                session.tenant(),
                session.id(),
                Cursor.print(session),
                told.revision(),
                Optional.of(message),
                message));
        tellFollowers(new StatusEvent.Progressed(told, session.tenant()));
    }

    private void tellFollowers(StatusEvent event) {
        for (Consumer<StatusEvent> follower : followers) {
            try {
                follower.accept(event);
            } catch (RuntimeException defect) {
                LOG.error("session={} a follower failed", event.sessionId(), defect);
            }
        }
    }

    private Optional<Opening> opening(Wish wish) {
        TenantView view = view(wish.tenant());
        if (wish.session().isPresent()) {
            return view.session(wish.session().get())
                    .map(now -> Opening.of(now, wish.since().map(Point::parse)));
        }
        return Optional.of(wish.since()
                .map(id -> backlog.since(wish.tenant(), view, Cursor.parse(id)))
                .orElseGet(() -> backlog.present(view)));
    }
}
