package dev.reveille.bus;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One wait for a session that is on its way: by its news, and by a look now and then, since news may be lost. News tells
 * only that it is time to look: what the session is then, a node says.
 */
final class Settling {
    private static final Logger LOG = LoggerFactory.getLogger(Settling.class);

    private final Vertx vertx;
    private final Context context;
    private final SessionId id;
    private final Supplier<Future<SessionView>> look;
    private final Duration between;
    private final Promise<SessionView> settled = Promise.promise();
    private MessageConsumer<JsonObject> news;
    private SessionView seen;
    private long looks;
    private long end;
    private boolean looking;
    private boolean lookAgain;

    /**
     * @param look where the session stands
     * @param between two looks without news
     */
    Settling(Vertx vertx, SessionId id, Supplier<Future<SessionView>> look, Duration between) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.id = id;
        this.look = look;
        this.between = between;
    }

    /**
     * Waits; only once.
     *
     * @return the session once it has settled, or as it was last seen when time is over; fails with {@code unknown_session} if
     *     it is forgotten meanwhile
     */
    Future<SessionView> from(SessionView present, Deadline deadline) {
        context.runOnContext(v -> begin(present, deadline));
        return settled.future();
    }

    private void begin(SessionView present, Deadline deadline) {
        seen = present;
        news = Catalogue.changed(id).follow(vertx.eventBus(), this::heard);
        end = vertx.setTimer(Math.max(1, deadline.left().toMillis()), t -> settled.tryComplete(seen));
        looks = vertx.setPeriodic(between.toMillis(), t -> look());
        settled.future().onComplete(done -> release());
        // What happened before the news was followed is seen by the first look.
        news.completion().onComplete(following -> look());
    }

    private void release() {
        vertx.cancelTimer(end);
        vertx.cancelTimer(looks);
        news.unregister().onFailure(e -> LOG.warn("session={} is still followed: {}", id, e.getMessage()));
    }

    private void heard(SessionChange change) {
        if (SessionView.settled(change.state()) && change.revision() > seen.revision()) {
            look();
        }
    }

    private void look() {
        if (settled.future().isComplete()) {
            return;
        }
        lookAgain = looking;
        if (!looking) {
            looking = true;
            look.get().onComplete(this::looked, this::failed);
        }
    }

    private void looked(SessionView now) {
        looking = false;
        seen = now;
        if (now.settled()) {
            settled.tryComplete(now);
        } else if (lookAgain) {
            look();
        }
    }

    /** Only one failure is about the session. After others, there is a next look. */
    private void failed(Throwable error) {
        looking = false;
        if (error instanceof FailureException known && known.failure() instanceof GatewayFailure.UnknownSession) {
            settled.tryFail(error);
        } else {
            LOG.debug("session={} could not be looked at: {}", id, error.getMessage());
        }
    }
}
