package dev.reveille.proxy;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.http.ClientStream;
import dev.reveille.problem.Problem;
import dev.reveille.registry.Activity;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Origin;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One request's whole life: find the route; if the sandbox sleeps, wait for it; forward; if the answer looks like one of the
 * way, find out; wake and forward again, or say what is wrong. Belongs to its connection's event loop.
 */
final class Exchange {
    /** A second try that fails is no accident. */
    private static final int MOST_ATTEMPTS = 3;

    private static final int NOT_FOUND = 404;
    private static final int BAD_GATEWAY = 502;
    private static final int SERVICE_UNAVAILABLE = 503;

    private static final String EVENT_STREAM = "text/event-stream";

    /** May be done twice without harm (RFC 9110, 9.2.2). */
    private static final Set<HttpMethod> IDEMPOTENT = Set.of(
            HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE, HttpMethod.PUT, HttpMethod.DELETE);

    private final ProxyContext proxy;
    private final HttpServerRequest in;
    private final SandboxPath path;
    private final ClientStream stream;
    private final InboundBody body;
    private final boolean upgrade;
    private final boolean listener;
    private final long arrived = System.nanoTime();
    private final Promise<Void> gone = Promise.promise();
    private Attempt attempt;
    private Turn turn;
    private Intent intent;
    private Activity.Use use;
    private boolean listening;
    private int attempts;
    private long spentNanos;
    private long waitedNanos;
    private boolean early;
    private boolean over;

    Exchange(ProxyContext proxy, HttpServerRequest in, SandboxPath path) {
        this.proxy = proxy;
        this.in = in;
        this.path = path;
        this.stream = ClientStream.of(in);
        this.body = new InboundBody(in, stream, proxy.settings().replayBuffer().bytes());
        this.upgrade = EndToEnd.asksForUpgrade(in);
        this.listener = upgrade || asksForEvents(in);
    }

    void serve() {
        in.response().closeHandler(v -> clientLeft());
        in.response().exceptionHandler(error -> clientLeft());
        route().compose(this::pass).onComplete(this::ended);
    }

    // Find the route.

    private Future<Route> route() {
        Route known = proxy.registry().route(path.runtimeId());
        return known == null ? adopted() : Future.succeededFuture(known);
    }

    /** A runtime that this node has never heard of: upstream may have. */
    private Future<Route> adopted() {
        if (!RuntimeId.isOne(path.runtimeId())) {
            return failed(Failures.unknown(path.runtimeId()));
        }
        return counted(() ->
                        Catalogue.ADOPT.askHere(proxy.vertx().eventBus(), new RuntimeId(path.runtimeId()), patience()))
                .recover(error -> left().isZero() ? failed(Waker.late()) : Future.failedFuture(error))
                .compose(found -> known(Failures.unknown(path.runtimeId())));
    }

    private Future<Route> known(GatewayFailure otherwise) {
        Route route = proxy.registry().route(path.runtimeId());
        return route == null ? failed(otherwise) : Future.succeededFuture(route);
    }

    // If the sandbox sleeps, wait for it.

    private Future<Void> pass(Route route) {
        String prefix = origin(route).prefix();
        if (SandboxPath.leavesPrefix(path.below(prefix), prefix)) {
            return failed(Failures.outside());
        }
        begun(route);
        return awake(route).compose(this::forward);
    }

    /**
     * The route once its sandbox is awake; fails if this request may not wake it, or waking fails. A probe does not wait for a
     * sandbox that is on its way: it is there to ask whether it has arrived.
     */
    private Future<Route> awake(Route route) {
        if (route.awake() && proxy.holds().releases().underWay(route.session().id()) && intent() != Intent.IGNORES) {
            return waiting(proxy.waker().lineUp(route, left(), gone.future(), nextTurn()))
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
        return inspect(route)
                .compose(now -> now.session().state() instanceof SandboxState.Failed still
                        ? failed(Failures.broken(BAD_GATEWAY, now.session(), still.failure()))
                        : awake(now));
    }

    private Future<Route> hold(Route route) {
        if (gone.future().isComplete()) {
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
        Duration patience = proxy.pages().patience(in, left());
        return waiting(
                        bar.isEmpty()
                                ? proxy.waker().await(route, patience, gone.future(), nextTurn())
                                : proxy.waker().join(route, patience, gone.future(), nextTurn()))
                .compose(this::arrived);
    }

    private Turn nextTurn() {
        endTurn(false);
        turn = new Turn(proxy.vertx(), body, arrived);
        return turn;
    }

    /** Whoever waits behind this request may go on. Most have not waited themselves. */
    private void endTurn(boolean answered) {
        if (turn != null) {
            turn.over(answered);
        }
    }

    private Future<Route> waiting(Future<Route> held) {
        long begun = System.nanoTime();
        body.stayOut();
        return counted(() -> held).onComplete(done -> {
            waitedNanos += System.nanoTime() - begun;
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

    private Intent intent() {
        if (intent == null) {
            intent = proxy.intents().of(in, path);
        }
        return intent;
    }

    /** Why this request may not wake the sandbox; empty if it may. */
    private Optional<String> whyNotWaking(Route route) {
        if (intent() != Intent.WAKES) {
            return Optional.of("this kind of request does not wake it; " + Intent.HEADER + ": yes would");
        }
        return proxy.wakeRight().has(in, route)
                ? Optional.empty()
                : Optional.of("waking it takes its session key (X-Session-API-Key) or its tenant's X-API-Key");
    }

    // Forward.

    private Future<Void> forward(Route route) {
        if (gone.future().isComplete()) {
            return Future.failedFuture(new ClientLeft());
        }
        return switch (route.comingUp() ? Breakers.Pass.FREE : proxy.breakers().pass(route)) {
            case FREE -> send(route);
            case TRIAL -> tried(route);
            case NONE -> failedFast(route);
        };
    }

    private Future<Void> tried(Route route) {
        int status = proxy.breakers().status(route);
        return counted(() -> proxy.verdicts().alive(route)).compose(alive -> {
            proxy.breakers().tried(route, alive);
            return alive ? send(route) : notReached(route, status, false);
        });
    }

    private Future<Void> failedFast(Route route) {
        proxy.meters().failedFast();
        return failed(Failures.disconnected(proxy.breakers().status(route)));
    }

    private Future<Void> send(Route route) {
        if (gone.future().isComplete()) {
            return Future.failedFuture(new ClientLeft());
        }
        if (attempts == 0) {
            proxy.retries().forwarded();
        }
        attempts++;
        attempt = new Attempt(
                proxy.vertx(), proxy.connections(), proxy.silence(), origin(route), in, path, body, upgrade);
        if (proxy.wakeRight().authorizesHere(in)) {
            attempt.withholdAuthorization();
        }
        Duration silence =
                route.comingUp() ? proxy.probePatience() : proxy.settings().responseTimeout();
        return attempt.send(silence).compose(answer -> answered(route, answer), error -> lost(route, error));
    }

    private Origin origin(Route route) {
        return route.origins().get(path.service());
    }

    private Future<Void> answered(Route route, HttpClientResponse answer) {
        endTurn(true);
        proxy.breakers().answered(route);
        if (upgrade && answer.statusCode() == Attempt.SWITCHING_PROTOCOLS) {
            listens();
            return proxy.tunnels().join(answer, in, path, origin(route), use(route));
        }
        if (!Verdicts.suspicious(answer.statusCode())) {
            return relay(route, answer);
        }
        if (route.comingUp()) {
            attempt.cancel();
            return failed(Failures.starting(route));
        }
        return judged(route, answer);
    }

    private Future<Void> relay(Route route, HttpClientResponse answer) {
        if (attempt.brokenOff()) {
            return Future.failedFuture(new Loss(Loss.Kind.BROKEN, new IllegalStateException("the answer broke off")));
        }
        body.forget();
        if (isEventStream(answer)) {
            listens();
        }
        aboutToAnswer();
        if (waitedNanos > 0) {
            in.response().putHeader("Server-Timing", "wake;dur=" + waitedNanos / 1_000_000);
        }
        Runnable unwatch = stream.watchReader(proxy.vertx(), proxy.settings().stallTimeout());
        return Relay.answer(proxy.vertx(), answer, in, path, origin(route), attempt.fresh())
                .onComplete(done -> unwatch.run())
                .onSuccess(through -> attempt.close(answer));
    }

    private static boolean asksForEvents(HttpServerRequest in) {
        return HttpMethod.GET.equals(in.method()) && EVENT_STREAM.equals(in.getHeader(HttpHeaders.ACCEPT));
    }

    /** Who asks for one does as a client of a websocket does. What answers a POST with one is at work. */
    private boolean isEventStream(HttpClientResponse answer) {
        String type = HttpMethod.GET.equals(in.method()) ? answer.getHeader(HttpHeaders.CONTENT_TYPE) : null;
        return type != null && type.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
    }

    /** A client that was not told to go on may send its body or not: nobody could tell where its next request begins. */
    private void aboutToAnswer() {
        if (body.withheld()) {
            stream.last();
        }
    }

    // If the answer looks like one of the way, find out.

    private Future<Void> judged(Route route, HttpClientResponse answer) {
        int status = answer.statusCode();
        if (proxy.settings().strict()) {
            attempt.cancel();
            return status == SERVICE_UNAVAILABLE ? again(route) : failed(Failures.disconnected(status));
        }
        // A router says so of a sandbox that it does not reach, and of one that it lost half-way.
        boolean mayHaveBegun =
                status != NOT_FOUND && status != SERVICE_UNAVAILABLE && !IDEMPOTENT.contains(in.method());
        body.hold();
        return counted(() -> proxy.verdicts().alive(route)).compose(alive -> {
            if (alive) {
                body.release();
                return relay(route, answer);
            }
            attempt.cancel();
            return notReached(route, status, mayHaveBegun);
        });
    }

    private Future<Void> lost(Route route, Throwable error) {
        if (gone.future().isComplete() || !(error instanceof Loss loss)) {
            return Future.failedFuture(error);
        }
        endTurn(false);
        if (route.comingUp()) {
            return failed(Failures.starting(route));
        }
        proxy.breakers().lost(route, loss.kind());
        boolean harmless = loss.kind() == Loss.Kind.NOT_SENT
                || (loss.kind() == Loss.Kind.BROKEN && IDEMPOTENT.contains(in.method()));
        if (!harmless || !body.replayable() || attempts >= MOST_ATTEMPTS) {
            return failed(Failures.lost(loss));
        }
        return counted(() -> proxy.verdicts().alive(route))
                .compose(alive -> alive
                        ? retried(route, Failures.lost(loss))
                        : notReached(route, loss.kind().status(), false));
    }

    /** Sends it once more, if the budget allows it. */
    private Future<Void> retried(Route route, GatewayFailure otherwise) {
        boolean may = proxy.retries().spend(System.nanoTime());
        proxy.meters().retry(may);
        return may ? send(route) : failed(otherwise);
    }

    /**
     * The sandbox does not answer. A 503 says that it sleeps; anything else is asked of the runtime API. What sleeps, or
     * was woken since, gets the request again unless it may have begun what must not be done twice; the rest is a
     * disconnect.
     */
    private Future<Void> notReached(Route route, int status, boolean mayHaveBegun) {
        if (status == SERVICE_UNAVAILABLE && whyNotWaking(route).isEmpty()) {
            return again(route);
        }
        return inspect(route).compose(now -> {
            if (now.session().state() instanceof SandboxState.Failed broken) {
                return failed(Failures.broken(status, now.session(), broken.failure()));
            }
            if (stands(route, now)) {
                return failed(Failures.disconnected(status));
            }
            return mayHaveBegun ? failed(Failures.begun(status)) : again(now);
        });
    }

    /** Whether upstream, too, has nothing new: the sandbox runs as it did, or is being stopped. */
    private static boolean stands(Route seen, Route now) {
        return now.session().state() instanceof SandboxState.Stopping
                || (now.awake() && now.session().revision() == seen.session().revision());
    }

    /** The route as upstream sees it now. Without upstream the last known stands. */
    private Future<Route> inspect(Route route) {
        SessionCommand command =
                SessionCommand.byTraffic(route.session().id(), route.session().revision(), Duration.ZERO);
        return counted(() -> Catalogue.INSPECT.askHere(proxy.vertx().eventBus(), command, patience()))
                .transform(asked -> asked.failed() && attempts == 0 && left().isZero()
                        ? failed(Waker.late())
                        : known(Failures.disconnected(NOT_FOUND)));
    }

    // A request has one time for all that is not the sandbox's own work.

    /** Counts what {@code wait} takes, from before it begins: its own time must not run out first. */
    private <T> Future<T> counted(Supplier<Future<T>> wait) {
        long begun = System.nanoTime();
        return wait.get().onComplete(done -> spentNanos += System.nanoTime() - begun);
    }

    /** What is left of the request's time. */
    private Duration left() {
        Duration left = proxy.holdDeadline().minusNanos(spentNanos);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** How long a question may take: no longer than the request has, and not a part of a millisecond less. */
    private Duration patience() {
        Duration left = left().plusMillis(1);
        return left.compareTo(proxy.lookPatience()) < 0 ? left : proxy.lookPatience();
    }

    // Wake and forward again.

    /** For a sandbox that sleeps, whatever the route says, or that was woken since. */
    private Future<Void> again(Route route) {
        if (attempts >= MOST_ATTEMPTS) {
            return failed(Failures.disconnected(SERVICE_UNAVAILABLE));
        }
        boolean sendable = body.replayable();
        boolean before = attempts > 1;
        return hold(route).compose(now -> {
            if (!sendable) {
                return failed(Failures.bodyGone());
            }
            // The first time the sandbox has seen nothing of it. One that sleeps again and again is another matter.
            return before ? retried(now, Failures.disconnected(SERVICE_UNAVAILABLE)) : forward(now);
        });
    }

    // Say who uses the sandbox.

    private void begun(Route route) {
        if (use != null || intent() == Intent.IGNORES) {
            return;
        }
        use = proxy.registry().activity().of(route);
        if (listener) {
            use.begunToListen();
        } else {
            use.begun(arrived);
        }
    }

    private Activity.Use use(Route route) {
        return use == null ? proxy.registry().activity().of(route) : use;
    }

    private void listens() {
        if (use != null && !listening) {
            listening = true;
            use.listens();
        }
    }

    private void unused(long now) {
        if (use == null) {
            return;
        }
        if (listening) {
            use.hushed();
        } else if (listener) {
            use.endedBefore();
        } else {
            use.ended(now, body.bytes());
        }
    }

    // Say what is wrong, and clear up.

    private void clientLeft() {
        if (over || !gone.tryComplete()) {
            return;
        }
        if (attempt != null) {
            attempt.cancel();
        }
        body.drop();
    }

    private void ended(AsyncResult<Void> served) {
        over = true;
        long now = System.nanoTime();
        endTurn(false);
        unused(now);
        if (served.failed() && attempt != null) {
            attempt.cancel();
        }
        ProxyMeters.Outcome outcome =
                served.succeeded() ? ProxyMeters.Outcome.of(in.response().getStatusCode()) : told(served.cause());
        if (!early) {
            // Our own look whether a sandbox has arrived comes this way too, and is no request of anybody's.
            proxy.meters().request(path.service(), outcome, now - arrived, waitedNanos);
        }
        // One that is to be closed behind its answer counts as closed from then on.
        if (!gone.future().isComplete()) {
            body.discard(proxy.vertx());
        }
    }

    /** Tells the client, if there is a way to. */
    private ProxyMeters.Outcome told(Throwable error) {
        HttpServerResponse response = in.response();
        if (gone.future().isComplete() || error instanceof ClientLeft || response.closed()) {
            return ProxyMeters.Outcome.CLIENT_LEFT;
        }
        if (response.headWritten()) {
            // Half an answer must not look like a whole one.
            stream.reset();
            return ProxyMeters.Outcome.BROKEN;
        }
        GatewayFailure failure = error instanceof Loss loss ? Failures.lost(loss) : Problem.failureOf(error);
        Optional<Route> route = Optional.ofNullable(proxy.registry().route(path.runtimeId()));
        Problem problem = new Problem(
                failure,
                route.map(r -> r.session().id().value()),
                Optional.of(path.runtimeId()).filter(RuntimeId::isOne));
        aboutToAnswer();
        (Navigation.isOne(in) ? page(problem, route) : problem.answer(response)).onFailure(closed -> {});
        return ProxyMeters.Outcome.of(response.getStatusCode());
    }

    private Future<Void> page(Problem problem, Optional<Route> route) {
        boolean mayWake = route.filter(r -> proxy.wakeRight().has(in, r)).isPresent();
        return proxy.pages().answer(in, path, problem, route, mayWake, left());
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
