package dev.reveille.webhook;

import dev.reveille.bus.ClusterNode;
import dev.reveille.config.WebhookSettings;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.watch.StatusEvent;
import dev.reveille.watch.StatusStreams;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.shareddata.AsyncMap;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears of changes, and lets the courier post those that are this node's to post. */
public final class WebhookVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookVerticle.class);

    /** The map's name in the cluster. */
    private static final String MAP = "reveille.webhook";

    private static final Duration STOCKTAKING = Duration.ofMinutes(10);

    /** So many sessions are looked at before others have their turn on the event loop. */
    private static final int AT_ONCE = 500;

    private final SessionRegistry registry;
    private final StatusStreams streams;
    private final ClusterNode node;
    private final URI url;
    private final WebhookSettings settings;
    private final MeterRegistry meters;
    private final InstantSource clock;
    private final Consumer<StatusEvent> follower = this::heard;
    private AsyncMap<String, String> map;
    private Receiver receiver;
    private Courier courier;
    private long stocktaking;
    private boolean settling;
    private long turns;

    /** Who there was when it last was settled who posts for which session. */
    private Set<String> settled = Set.of();

    /** @param settings with a URL and a secret */
    public WebhookVerticle(
            SessionRegistry registry,
            StatusStreams streams,
            ClusterNode node,
            WebhookSettings settings,
            MeterRegistry meters,
            InstantSource clock) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.streams = Objects.requireNonNull(streams, "streams");
        this.node = Objects.requireNonNull(node, "node");
        this.url = settings.url().orElseThrow();
        this.settings = settings;
        this.meters = Objects.requireNonNull(meters, "meters");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public Future<?> start() {
        receiver = new Receiver(vertx, url, settings, clock);
        WebhookMeters counts = new WebhookMeters(meters, () -> courier == null ? 0 : courier.behind());
        courier = new Courier(vertx, receiver, new Shared(), settings, counts, clock);
        return vertx.sharedData().<String, String>getAsyncMap(MAP).compose(shared -> {
            map = shared;
            streams.follow(follower);
            node.onChange(() -> context.runOnContext(v -> membersChanged()));
            stocktaking = vertx.setPeriodic(STOCKTAKING.toMillis(), t -> roomAgain());
            if (node.size() == 1) {
                settled = node.members();
                return takeStock();
            }
            membersChanged();
            return Future.succeededFuture();
        });
    }

    @Override
    public Future<?> stop() {
        turns++;
        vertx.cancelTimer(stocktaking);
        streams.unfollow(follower);
        courier.close();
        return receiver.close();
    }

    private void heard(StatusEvent event) {
        context.runOnContext(v -> {
            if (event instanceof StatusEvent.Changed news) {
                changed(news.session());
            }
        });
    }

    /** The courier keeps what it may not post yet, and what it may not post any more until that is settled. */
    private void changed(Session session) {
        if (isMineOrWas(session.id())) {
            courier.changed(session);
        }
    }

    /** Members that come may go again before anybody else has posted anything. */
    private boolean isMineOrWas(SessionId session) {
        return isMine(session) || (settling && wasMine(session));
    }

    /** Those who posted for it until just now may have one under way, unless that was this node. */
    private boolean mayPost(SessionId session) {
        return isMine(session) && (!settling || wasMine(session));
    }

    private boolean wasMine(SessionId session) {
        return settled.contains(node.id()) && Duty.isOf(node.id(), session, settled);
    }

    private boolean isMine(SessionId session) {
        return Duty.isOf(node.id(), session, node.members());
    }

    private void forget(SessionId session, String text) {
        map.removeIfPresent(session.value(), text)
                .onFailure(e -> LOG.debug("session={} is still in {}: {}", session, MAP, e.getMessage()));
    }

    /** Sessions have other nodes that post for them now. What those who did until now have under way comes first. */
    private void membersChanged() {
        settling = true;
        long turn = ++turns;
        // Connecting, sending and the answer's body may each take that long.
        vertx.setTimer(3 * settings.timeout().toMillis(), t -> {
            if (turn != turns) {
                return;
            }
            settling = false;
            settled = node.members();
            courier.settled();
            takeStock().onFailure(e -> {
                LOG.warn("what is still to be posted could not be read: {}", e.getMessage());
                membersChanged();
            });
        });
    }

    /**
     * Looks which of this node's sessions the receiver was not told all of, and forgets those that are no more. There may be
     * very many, so others have their turn on the event loop in between; if members come or go meanwhile the rest is left, as
     * it is begun anew then.
     */
    private Future<Void> takeStock() {
        long turn = turns;
        return map.entries()
                .compose(told -> inTurns(registry.all(), turn, session -> look(session, told))
                        .compose(looked -> inTurns(told.entrySet(), turn, this::forgetUnlessKnown)));
    }

    private <T> Future<Void> inTurns(Collection<T> all, long turn, Consumer<T> each) {
        return Batches.of(context, all.iterator(), AT_ONCE, () -> turn == turns, each);
    }

    private void look(Session session, Map<String, String> told) {
        if (isMine(session.id()) && isBehind(session, told)) {
            courier.changed(session);
        }
    }

    private void forgetUnlessKnown(Map.Entry<String, String> told) {
        SessionId session = new SessionId(told.getKey());
        if (isMine(session) && registry.seen(session).isEmpty()) {
            forget(session, told.getValue());
        }
    }

    private void roomAgain() {
        takeStock().onFailure(e -> LOG.warn("what is still to be posted could not be read: {}", e.getMessage()));
    }

    private static boolean isBehind(Session session, Map<String, String> told) {
        return Posted.read(told.get(session.id().value()))
                .filter(posted -> posted.isOf(session))
                .map(posted -> posted.revision() < session.revision())
                .orElse(true);
    }

    private final class Shared implements Courier.Progress {
        @Override
        public Future<Posted> of(Session session) {
            return map.get(session.id().value())
                    .map(text -> Optional.ofNullable(text)
                            .flatMap(Posted::read)
                            .filter(posted -> posted.isOf(session))
                            .orElseGet(() -> Posted.nothingOf(session)));
        }

        @Override
        public Future<Void> reached(SessionId session, Posted posted) {
            // Who posted for it before may write late.
            return map.get(session.value())
                    .compose(text -> Posted.read(text).filter(posted::isBehind).isPresent()
                            ? Future.succeededFuture()
                            : map.put(session.value(), posted.text()));
        }

        @Override
        public void roomAgain() {
            // Stock is taken anyhow when it is settled who posts.
            if (!settling) {
                WebhookVerticle.this.roomAgain();
            }
        }

        @Override
        public boolean mine(SessionId session) {
            return isMineOrWas(session);
        }

        @Override
        public boolean mayPost(SessionId session) {
            return WebhookVerticle.this.mayPost(session);
        }
    }
}
