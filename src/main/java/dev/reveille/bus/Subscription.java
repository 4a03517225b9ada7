package dev.reveille.bus;

import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Somebody who hears of changes, until {@link #close}. */
public final class Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

    /** So many changes wait for a slow listener, and of so many sessions it is known what it heard last. */
    static final int MOST = 10_000;

    private final Consumer<SessionChange> listener;
    private final WorkerExecutor thread;
    private final Deque<SessionChange> waiting = new ArrayDeque<>();
    private final Map<SessionId, SessionChange> told = leastRecent();
    private MessageConsumer<JsonObject> news;
    private boolean telling;
    private boolean closed;
    private Future<Void> ended = Future.succeededFuture();

    private Subscription(Consumer<SessionChange> listener, WorkerExecutor thread) {
        this.listener = listener;
        this.thread = thread;
    }

    static Subscription to(Vertx vertx, Topic<SessionChange> topic, Consumer<SessionChange> listener) {
        WorkerExecutor thread = vertx.createSharedWorkerExecutor("reveille-listener-" + UUID.randomUUID(), 1);
        Subscription subscription = new Subscription(listener, thread);
        subscription.news = topic.follow(vertx.eventBus(), subscription::heard);
        return subscription;
    }

    /** Succeeds once no change escapes it any more, but for those that the network loses. */
    public Future<Void> ready() {
        return news.completion();
    }

    /** Ends it: the listener hears no more, but for what it is being told just now. May be called again. */
    public synchronized Future<Void> close() {
        if (!closed) {
            closed = true;
            waiting.clear();
            ended = news.unregister();
            if (!telling) {
                end();
            }
        }
        return ended;
    }

    private synchronized void heard(SessionChange change) {
        if (closed || !isNews(change)) {
            return;
        }
        if (waiting.size() >= MOST) {
            thinOut();
        }
        waiting.add(change);
        if (!telling) {
            telling = true;
            tellNext();
        }
    }

    /** A session that was forgotten and opened again counts from 1 again, but later. */
    private boolean isNews(SessionChange change) {
        SessionChange last = told.get(change.sessionId());
        if (last != null && change.revision() <= last.revision() && !change.at().isAfter(last.at())) {
            return false;
        }
        told.put(change.sessionId(), change);
        return true;
    }

    /** Only the newest of each session, and only so many that there is room for as many again. */
    private void thinOut() {
        Deque<SessionChange> newest = new ArrayDeque<>();
        Set<SessionId> seen = new HashSet<>();
        int before = waiting.size();
        while (!waiting.isEmpty() && newest.size() < MOST / 2) {
            SessionChange change = waiting.removeLast();
            if (seen.add(change.sessionId())) {
                newest.addFirst(change);
            }
        }
        waiting.clear();
        waiting.addAll(newest);
        LOG.warn("a listener is too slow: it misses {} changes", before - waiting.size());
    }

    private void tellNext() {
        SessionChange change = waiting.poll();
        if (change == null) {
            telling = false;
            if (closed) {
                end();
            }
            return;
        }
        thread.<Void>executeBlocking(() -> {
                    listener.accept(change);
                    return null;
                })
                .onComplete(done -> told(), defect -> {
                    LOG.error("a listener for changes failed", defect);
                    told();
                });
    }

    private synchronized void told() {
        tellNext();
    }

    /** Not before the listener has returned, which would interrupt it. */
    private void end() {
        thread.close().onFailure(e -> LOG.warn("a listener's thread has not ended: {}", e.getMessage()));
    }

    private static Map<SessionId, SessionChange> leastRecent() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<SessionId, SessionChange> eldest) {
                return size() > MOST;
            }
        };
    }
}
