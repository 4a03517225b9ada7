package dev.reveille.webhook;

import dev.reveille.bus.Wire;
import dev.reveille.config.WebhookSettings;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts what is to be posted of the sessions that are this node's to post for: of one session one change at a time, of
 * many sessions a few at once. Belongs to one event loop.
 */
final class Courier {
    private static final Logger LOG = LoggerFactory.getLogger(Courier.class);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** So many changes of one session are kept that its record has forgotten. */
    private static final int MOST_OF_ONE = 1_000;

    /** So many of all; then the oldest of whoever would have more is let go. */
    private static final int MOST_OF_ALL = 100_000;

    /** So many are begun anew before others have their turn on the event loop. */
    private static final int AT_ONCE = 500;

    private final Vertx vertx;
    private final Context context;
    private final Receiver receiver;
    private final Map<SessionId, Round> rounds = new LinkedHashMap<>();
    private final Deque<Round> ready = new ArrayDeque<>();
    private final List<Round> parked = new ArrayList<>();
    private final Progress progress;
    private final WebhookSettings settings;
    private final WebhookMeters meters;
    private final InstantSource clock;
    private int under;
    private int kept;
    private boolean closed;
    private boolean full;

    Courier(
            Vertx vertx,
            Receiver receiver,
            Progress progress,
            WebhookSettings settings,
            WebhookMeters meters,
            InstantSource clock) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.receiver = receiver;
        this.progress = progress;
        this.settings = settings;
        this.meters = meters;
        this.clock = clock;
    }

    /** Where it is written how far the receiver was told. */
    interface Progress {
        /** @return how far; of nothing if that is not known */
        Future<Posted> of(Session session);

        /** Writes it down; what fails leads to something being posted twice. */
        Future<Void> reached(SessionId session, Posted posted);

        /** Sessions that were turned away may come again. */
        void roomAgain();

        /** Whether this node posts for the session. */
        boolean mine(SessionId session);

        /** Whether it may already: not while another may have something under way. {@link Courier#settled} says since when. */
        boolean mayPost(SessionId session);
    }

    /** Something has changed, to {@code now}. */
    void changed(Session now) {
        Round known = rounds.get(now.id());
        if (known != null) {
            known.heard(now);
            count(known);
        } else if (rounds.size() >= settings.most()) {
            turnedAway(now);
        } else {
            begin(new Unposted(now));
        }
    }

    private void turnedAway(Session now) {
        meters.postponed();
        if (!full) {
            full = true;
            LOG.error(
                    "session={} revision={} and more are not posted to the webhook: {} sessions wait for that already"
                            + " (webhook.most); they are once fewer wait",
                    now.id(),
                    now.revision(),
                    settings.most());
        }
    }

    private void count(Round round) {
        round.unposted.keep(Math.min(MOST_OF_ONE, round.counted + Math.max(0, MOST_OF_ALL - kept)));
        kept += round.unposted.size() - round.counted;
        round.counted = round.unposted.size();
    }

    /** Nobody else has something under way any more. */
    void settled() {
        List<Round> all = List.copyOf(parked);
        parked.clear();
        Batches.of(context, all.iterator(), AT_ONCE, () -> !closed, this::begin)
                .onFailure(defect -> LOG.error("webhook: what was waited for is not posted", defect));
    }

    /** Of how many sessions something is to be posted. */
    int behind() {
        return rounds.size();
    }

    void close() {
        closed = true;
        rounds.values().forEach(round -> vertx.cancelTimer(round.timer));
        rounds.clear();
        ready.clear();
        parked.clear();
    }

    private void begin(Unposted unposted) {
        Round round = new Round(unposted);
        rounds.put(unposted.latest().id(), round);
        count(round);
        begin(round);
    }

    private void begin(Round round) {
        progress.of(round.latest()).onComplete(found -> {
            if (found.failed()) {
                again(round, found.cause());
            } else {
                round.isPosted(found.result());
                ready(round);
            }
        });
    }

    private void ready(Round round) {
        ready.add(round);
        next();
    }

    private void next() {
        while (!closed && under < Receiver.TOGETHER && !ready.isEmpty()) {
            go(ready.poll());
        }
    }

    private void go(Round round) {
        SessionId session = round.latest().id();
        Optional<SessionChange> next = round.unposted.behind(round.posted.revision());
        count(round);
        if (next.isEmpty() || !progress.mine(session)) {
            end(round);
        } else if (progress.mayPost(session)) {
            post(round, next.get());
        } else {
            parked.add(round);
        }
    }

    private void end(Round round) {
        kept -= round.counted;
        rounds.remove(round.latest().id());
        round.nextLife.ifPresent(this::begin);
        if (full && rounds.size() <= settings.most() / 2) {
            full = false;
            progress.roomAgain();
        }
    }

    private void post(Round round, SessionChange change) {
        long skipped = change.revision() - round.posted.revision() - 1;
        JsonObject json = Wire.change(change);
        if (skipped > 0) {
            json.put("coalesced", true).put("skipped", skipped);
        }
        Session session = round.latest();
        String id =
                session.id() + "-" + Long.toString(session.createdAt().toEpochMilli(), 36) + "-" + change.revision();
        under++;
        receiver.post(id, json.encode())
                .onComplete(sent -> under--)
                .onSuccess(taken -> reached(round, change, skipped))
                .onFailure(error -> refused(round, change, error))
                .onComplete(sent -> next());
    }

    private void reached(Round round, SessionChange change, long skipped) {
        meters.delivered();
        round.failingSince = null;
        if (skipped > 0) {
            meters.skipped(skipped);
            LOG.warn(
                    "session={} revision={} stands for {} more in the webhook: so many came that they are not"
                            + " remembered",
                    change.sessionId(),
                    change.revision(),
                    skipped);
        }
        moveOn(round, change);
    }

    private void moveOn(Round round, SessionChange change) {
        round.failures = 0;
        round.posted = round.posted.to(change.revision());
        progress.reached(change.sessionId(), round.posted).onComplete(written -> {
            if (written.failed()) {
                LOG.warn(
                        "session={} it could not be noted that revision {} is posted: {}",
                        change.sessionId(),
                        change.revision(),
                        written.cause().getMessage());
            }
            ready(round);
        });
    }

    private void refused(Round round, SessionChange change, Throwable error) {
        Duration age = Duration.between(change.at(), clock.instant());
        if (round.failingFor(age, clock).compareTo(settings.giveUpAfter()) >= 0) {
            meters.dead();
            LOG.error(
                    "session={} revision={} state={} is given up after {} s: the webhook's receiver never took it: {}",
                    change.sessionId(),
                    change.revision(),
                    change.state(),
                    age.toSeconds(),
                    error.getMessage());
            moveOn(round, change);
        } else {
            meters.failed();
            again(round, error);
        }
    }

    private void again(Round round, Throwable error) {
        Duration pause = pause(round, error);
        round.failures++;
        if (Integer.bitCount(round.failures) == 1) {
            LOG.warn(
                    "session={} the webhook's receiver could not be told, {} times now, next in {} ms: {}",
                    round.latest().id(),
                    round.failures,
                    pause.toMillis(),
                    error.getMessage());
        }
        if (!closed) {
            // Meanwhile another node may post for it, and come further.
            round.timer = vertx.setTimer(pause.toMillis(), t -> begin(round));
        }
    }

    /** Twice as long each time, and never the same for two. */
    private Duration pause(Round round, Throwable error) {
        if (error instanceof Receiver.Refused refused && refused.retryAfter().isPresent()) {
            Duration asked = refused.retryAfter().get();
            Duration bounded = asked.compareTo(LONGEST_PAUSE) < 0 ? asked : LONGEST_PAUSE;
            // "At once" is no way to be rid of it.
            return bounded.compareTo(settings.retryDelay()) > 0 ? bounded : settings.retryDelay();
        }
        long longest = Math.max(
                1,
                Math.min(LONGEST_PAUSE.toMillis(), settings.retryDelay().toMillis() << Math.min(round.failures, 20)));
        return Duration.ofMillis(longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1) + 1);
    }

    /** One session that the receiver has to hear of. */
    private static final class Round {
        private final Unposted unposted;
        private int counted;
        private Optional<Unposted> nextLife = Optional.empty();
        private Posted posted;
        private Instant failingSince;
        private int failures;
        private long timer = -1;

        private Round(Unposted unposted) {
            this.unposted = unposted;
        }

        private Session latest() {
            return unposted.latest();
        }

        /** What could not be written down, or was forgotten there, is known here. */
        private void isPosted(Posted written) {
            if (posted == null || posted.isBehind(written)) {
                posted = written;
            }
        }

        /**
         * @param age of the change that was refused just now; one gets its tries when nothing was refused before it
         * @return how long it has been refused, or would have been if its turn had come
         */
        private Duration failingFor(Duration age, InstantSource clock) {
            if (failingSince == null) {
                failingSince = clock.instant();
            }
            Duration tried = Duration.between(failingSince, clock.instant());
            return tried.compareTo(age) < 0 ? tried : age;
        }

        /** One that was forgotten and opened again is told of when all of its earlier life was. */
        private void heard(Session now) {
            if (latest().sameLife(now)) {
                unposted.heard(now, posted == null ? 0 : posted.revision());
            } else if (nextLife.filter(next -> next.latest().sameLife(now)).isPresent()) {
                nextLife.get().heard(now, 0);
                nextLife.get().keep(MOST_OF_ONE);
            } else if (now.createdAt().isAfter(latest().createdAt())) {
                nextLife = Optional.of(new Unposted(now));
            }
        }
    }
}
