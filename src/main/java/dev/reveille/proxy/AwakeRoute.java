package dev.reveille.proxy;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.config.Intent;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Optional;

/** Finds the route of one request, and has it wait until its sandbox is awake. */
final class AwakeRoute {
    private static final int NOT_FOUND = 404;
    private static final int BAD_GATEWAY = 502;

    private final ProxyContext proxy;
    private final HttpServerRequest in;
    private final SandboxPath path;
    private final InboundBody body;
    private final TimeLeft time;
    private final Future<Void> gone;
    private final long arrived;
    private Turn turn;
    private Intent intent;
    private long waitedNanos;
    private boolean early;
    private boolean tried;

    /**
     * @param gone completes when the client has left
     * @param arrived when the request came, on the clock of {@link System#nanoTime}
     */
    AwakeRoute(
            ProxyContext proxy,
            HttpServerRequest in,
            SandboxPath path,
            InboundBody body,
            TimeLeft time,
            Future<Void> gone,
            long arrived) {
        this.proxy = proxy;
        this.in = in;
        this.path = path;
        this.body = body;
        this.time = time;
        this.gone = gone;
        this.arrived = arrived;
    }

    /** Fails with {@code unknown_session} if nobody knows of one. */
    Future<Route> find() {
        Route known = proxy.registry().route(path.runtimeId());
        return known == null ? adopted() : Future.succeededFuture(known);
    }

    /** A runtime that this node has never heard of: upstream may have. */
    private Future<Route> adopted() {
        if (!RuntimeId.isOne(path.runtimeId())) {
            return failed(Failures.unknown(path.runtimeId()));
        }
        return time.counted(() -> Catalogue.ADOPT.askHere(
                        proxy.vertx().eventBus(), new RuntimeId(path.runtimeId()), time.patience()))
                .recover(error -> time.left().isZero() ? failed(Waker.late()) : Future.failedFuture(error))
                .recover(this::orHeardMeanwhile)
                .compose(found -> known(Failures.unknown(path.runtimeId())));
    }

    /** Another node's news of a runtime that is new may have been on its way. */
    private <T> Future<T> orHeardMeanwhile(Throwable error) {
        return proxy.registry().route(path.runtimeId()) == null ? Future.failedFuture(error) : Future.succeededFuture();
    }

    private Future<Route> known(GatewayFailure otherwise) {
        Route route = proxy.registry().route(path.runtimeId());
        return route == null ? failed(otherwise) : Future.succeededFuture(route);
    }

    /**
     * The route once its sandbox is awake; fails if this request may not wake it, or waking fails. A probe does not wait for a
     * sandbox that is on its way: it is there to ask whether it has arrived.
     */
    Future<Route> awake(Route route) {
        if (route.awake() && proxy.holds().releases().underWay(route.session().id()) && intent() != Intent.IGNORES) {
            return waiting(proxy.waker().lineUp(route, patience(), gone, nextTurn(route)))
                    .compose(this::arrived);
        }
        return awakeNow(route);
    }

    private Future<Route> awakeNow(Route route) {
        if (route.awake() || tooEarly(route)) {
            return Future.succeededFuture(route);
        }
        SandboxState state = route.session().state();
        if (state instanceof SandboxState.Stopping) {
            return failed(Failures.unknown(path.runtimeId()));
        }
        return state instanceof SandboxState.Failed ? recovered(route) : hold(route);
    }

    /** A sandbox that is known to have failed may be well again, or just asleep. */
    private Future<Route> recovered(Route route) {
        return inspect(route, NOT_FOUND)
                .compose(now -> now.session().state() instanceof SandboxState.Failed still
                        ? failed(Failures.broken(BAD_GATEWAY, now.session(), still.failure()))
                        : awake(now));
    }

    /** Waits for a sandbox that sleeps or is on its way, and wakes it if this request may. */
    Future<Route> hold(Route route) {
        if (gone.isComplete()) {
            return Future.failedFuture(new ClientLeft());
        }
        if (tooEarly(route)) {
            return failed(Failures.starting(route));
        }
        Optional<String> bar = whyNotWaking(route);
        if (bar.isPresent() && !route.comingUp()) {
            return failed(
                    Failures.asleep(route, bar.get(), proxy.holds().wakeTimes().expected()));
        }
        return waiting(
                        bar.isEmpty()
                                ? proxy.waker().await(route, patience(), gone, nextTurn(route))
                                : proxy.waker().join(route, patience(), gone, nextTurn(route)))
                .compose(this::arrived);
    }

    /** A page tells its reader how things are, and waits no longer than that takes. */
    private Waker.Patience patience() {
        Duration left = time.left();
        Duration forWake = proxy.pages().patience(in, left);
        boolean page = forWake.compareTo(left) < 0;
        return new Waker.Patience(
                forWake, page ? Duration.ZERO : proxy.settings().responseTimeout());
    }

    private Turn nextTurn(Route route) {
        endTurn(false);
        turn = new Turn(proxy.vertx(), body, arrived, !proxy.wakeRight().has(in, route));
        return turn;
    }

    /** Whoever waits behind this request may go on. Most have not waited themselves. */
    void endTurn(boolean answered) {
        if (turn != null) {
            turn.over(answered);
        }
    }

    private Future<Route> waiting(Future<Route> held) {
        long begun = System.nanoTime();
        body.stayOut();
        return time.counted(() -> held).onComplete(done -> {
            waitedNanos += System.nanoTime() - begun;
            // What others do in the sandbox is not what its time is for.
            time.giveBack(turn.inLineNanos());
            body.comeIn();
        });
    }

    /** For one that waited: by now the sandbox may sleep again, or never have come, and that is its answer. */
    private Future<Route> arrived(Route route) {
        return route.session().state() instanceof SandboxState.Failed still
                ? failed(Failures.broken(BAD_GATEWAY, route.session(), still.failure()))
                : awakeNow(route);
    }

    /** Whether this asks for an answer of a sandbox that is on its way, and need not have one. */
    private boolean tooEarly(Route route) {
        early = route.comingUp() && intent() == Intent.IGNORES;
        return early;
    }

    Intent intent() {
        if (intent == null) {
            intent = proxy.intents().of(in, path);
        }
        return intent;
    }

    /** Why this request may not wake the sandbox; empty if it may. */
    Optional<String> whyNotWaking(Route route) {
        if (intent() != Intent.WAKES) {
            return Optional.of("this kind of request does not wake it; " + Intents.HEADER + ": yes would");
        }
        return proxy.wakeRight().has(in, route)
                ? Optional.empty()
                : Optional.of("waking it takes its session key (X-Session-API-Key) or its tenant's X-API-Key");
    }

    /** From now on there is something else to say of the sandbox than that it is late. */
    void tried() {
        tried = true;
    }

    /**
     * The route as upstream sees it now. Without upstream the last known stands.
     *
     * @param status what the way answered, for the case that there is no route any more
     */
    Future<Route> inspect(Route route, int status) {
        SessionCommand command =
                SessionCommand.byTraffic(route.session().id(), route.session().revision(), Duration.ZERO);
        return time.counted(() -> Catalogue.INSPECT.askHere(proxy.vertx().eventBus(), command, time.patience()))
                .transform(asked -> asked.failed() && !tried && time.left().isZero()
                        ? failed(Waker.late())
                        : known(Failures.disconnected(status)));
    }

    /** How long it has waited for its sandbox. */
    long waitedNanos() {
        return waitedNanos;
    }

    /** Whether it asks for a sandbox that is on its way, and does not wait. */
    boolean early() {
        return early;
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
