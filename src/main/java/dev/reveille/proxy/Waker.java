package dev.reveille.proxy;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.registry.Route;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Lets requests wait for their sandbox. However many wait on one event loop, one command asks for the wake, and its outcome
 * is everybody's. Belongs to one event loop.
 */
final class Waker {
    private static final Duration REPLY_SLACK = Duration.ofSeconds(10);

    private static final long LATER_MILLIS = 1_000;

    /**
     * How long one request may wait.
     *
     * @param forWake until its sandbox is awake
     * @param inLine from then on behind others; zero: not at all
     */
    record Patience(Duration forWake, Duration inLine) {}

    private final Vertx vertx;
    private final SessionRegistry registry;
    private final Holds holds;
    private final Duration deadline;
    private final Map<SessionId, Future<JsonObject>> underWay = new HashMap<>();
    private final Set<SessionId> openedLater = new HashSet<>();
    private final Set<Promise<Route>> waiting = new HashSet<>();
    private boolean left;

    Waker(Vertx vertx, SessionRegistry registry, Holds holds, Duration deadline) {
        this.vertx = vertx;
        this.registry = registry;
        this.holds = holds;
        this.deadline = deadline;
    }

    /**
     * Waits until the sandbox behind {@code asleep} is ready.
     *
     * @param patience how long it may wait
     * @param gone completes when the client leaves
     * @param turn is the request's from when it may go on; whoever made it says when it is over
     * @return the route to it then; fails with what the wake failed with, {@code wake_timeout} or a hold limit
     */
    Future<Route> await(Route asleep, Patience patience, Future<Void> gone, Turn turn) {
        return held(asleep, patience, gone, turn, false, held -> follow(asleep, held));
    }

    /** Waits behind those that wait for the sandbox behind {@code awake} already. Fails as {@link #await} does. */
    Future<Route> lineUp(Route awake, Patience patience, Future<Void> gone, Turn turn) {
        return held(awake, patience, gone, turn, true, held -> {});
    }

    /**
     * Waits until the sandbox behind {@code comingUp} has arrived, or not. Asks nobody for it, so nothing is woken.
     *
     * @return the route then, to a sandbox in whatever state; fails with {@code unknown_session}, {@code wake_timeout} or a
     *     hold limit
     */
    Future<Route> join(Route comingUp, Patience patience, Future<Void> gone, Turn turn) {
        return held(comingUp, patience, gone, turn, false, held -> arrival(comingUp, patience.forWake(), held));
    }

    /**
     * From now on nobody waits here: this node is about to close its connections. All that wait fail with {@code
     * shutting_down}, and so do those that come.
     */
    void leave() {
        left = true;
        Set.copyOf(waiting).forEach(held -> held.tryFail(Holds.leaving().asException()));
    }

    private Future<Route> held(
            Route route,
            Patience patience,
            Future<Void> gone,
            Turn turn,
            boolean awake,
            Consumer<Promise<Route>> wait) {
        if (left) {
            return Future.failedFuture(Holds.leaving().asException());
        }
        var refusal = awake ? holds.lineUp(route, turn.guest()) : holds.enter(route, turn.guest());
        if (refusal.isPresent()) {
            return Future.failedFuture(refusal.get().asException());
        }
        Promise<Route> held = Promise.promise();
        waiting.add(held);
        long[] timer = {-1};
        Future<Route> over = held.future().onComplete(done -> {
            waiting.remove(held);
            vertx.cancelTimer(timer[0]);
            holds.leave(route, turn.guest());
            if (done.failed()) {
                turn.over(false);
            }
        });
        timer[0] = vertx.setTimer(Math.max(1, patience.forWake().toMillis()), t -> {
            if (isAwake(route) && patience.inLine().toMillis() > 0) {
                timer[0] = vertx.setTimer(patience.inLine().toMillis(), last -> held.tryFail(behindOthers()));
            } else {
                held.tryFail(late().asException());
            }
        });
        turn.await(holds.releases(), route.session().id(), awake, () -> came(route, held, turn));
        gone.onComplete(v -> held.tryFail(new ClientLeft()));
        try {
            wait.accept(held);
        } catch (RuntimeException defect) {
            held.tryFail(defect);
        }
        return over;
    }

    private boolean isAwake(Route route) {
        Route now = registry.route(route.runtime().id().value());
        return now != null && now.awake();
    }

    /** It is this request's turn. The sandbox may sleep again by now. */
    private void came(Route route, Promise<Route> held, Turn turn) {
        Route now = registry.route(route.runtime().id().value());
        boolean goes = now == null ? held.tryFail(lost(route)) : held.tryComplete(now);
        if (!goes) {
            turn.over(false);
        }
    }

    /** Its runtime is gone. If that is because it broke, this may be heard before whoever was waking it says so. */
    private Throwable lost(Route route) {
        String runtime = route.runtime().id().value();
        return registry.seen(route.session().id())
                .map(session -> Failures.lost(session, runtime))
                .orElseGet(() -> Failures.unknown(runtime))
                .asException();
    }

    private void arrival(Route comingUp, Duration left, Promise<Route> held) {
        String runtime = comingUp.runtime().id().value();
        registry.until(comingUp.session().id(), session -> !onItsWay(runtime), left)
                .onFailure(held::tryFail)
                .onSuccess(there -> {
                    Route route = registry.route(runtime);
                    if (route != null && there.isPresent() && route.awake()) {
                        holds.releases().open(route.session().id());
                        return;
                    }
                    openLater(comingUp);
                    if (route != null && there.isPresent()) {
                        held.tryComplete(route);
                    } else {
                        held.tryFail(there.map(session -> Failures.lost(session, runtime))
                                .orElseGet(Waker::late)
                                .asException());
                    }
                });
    }

    private boolean onItsWay(String runtime) {
        Route route = registry.route(runtime);
        return route != null && route.comingUp();
    }

    /**
     * The command's own patience may end before that of a request that joined it late, and the sandbox may have been put to
     * sleep again since; then it is asked again. The request's own time bounds that.
     */
    private void follow(Route asleep, Promise<Route> held) {
        wake(asleep).onFailure(held::tryFail).onSuccess(done -> {
            Route route = registry.route(asleep.runtime().id().value());
            if (route == null) {
                openLater(asleep);
                held.tryFail(lost(asleep));
            } else if (route.awake()) {
                holds.releases().open(route.session().id());
            } else if (!held.future().isComplete()) {
                follow(route, held);
            } else {
                holds.releases().open(route.session().id());
            }
        });
    }

    private Future<JsonObject> wake(Route asleep) {
        SessionId id = asleep.session().id();
        Future<JsonObject> known = underWay.get(id);
        if (known != null) {
            return known;
        }
        long begun = System.nanoTime();
        SessionCommand command = SessionCommand.byTraffic(id, asleep.session().revision(), deadline);
        Future<JsonObject> wake = Catalogue.RESUME.askHere(vertx.eventBus(), command, deadline.plus(REPLY_SLACK));
        underWay.put(id, wake);
        return wake.onComplete(done -> {
            underWay.remove(id);
            if (done.succeeded()) {
                holds.wakeTimes().saw(Duration.ofNanos(System.nanoTime() - begun));
            } else {
                openLater(asleep);
            }
        });
    }

    /**
     * Others may wait for their turn whose own wake went well. They look for themselves, once those are told whose wake
     * failed; but not while the sandbox is being woken once more, since for that one they wait anyway.
     */
    private void openLater(Route asleep) {
        if (openedLater.add(asleep.session().id())) {
            openInTime(asleep);
        }
    }

    private void openInTime(Route asleep) {
        SessionId id = asleep.session().id();
        vertx.setTimer(LATER_MILLIS, t -> {
            if (underWay.containsKey(id) || onItsWay(asleep.runtime().id().value())) {
                openInTime(asleep);
            } else {
                openedLater.remove(id);
                holds.releases().open(id);
            }
        });
    }

    private static Throwable behindOthers() {
        return new GatewayFailure.WakeTimeout("the sandbox is awake and still at work on requests that came before")
                .asException();
    }

    static GatewayFailure late() {
        return new GatewayFailure.WakeTimeout("the sandbox did not become ready in time; it may be ready soon");
    }
}
