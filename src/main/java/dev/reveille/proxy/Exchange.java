package dev.reveille.proxy;

import dev.reveille.http.ClientStream;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Origin;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/**
 * One request's whole life: find the route; if the sandbox sleeps, wait for it; forward; if the answer looks like one of the
 * way, find out; wake and forward again, or say what is wrong. Belongs to its connection's event loop.
 */
final class Exchange {
    /** A second try that fails is no accident. */
    private static final int MOST_ATTEMPTS = 3;

    private static final int NOT_FOUND = 404;
    private static final int SERVICE_UNAVAILABLE = 503;

    private final ProxyContext proxy;
    private final HttpServerRequest in;
    private final SandboxPath path;
    private final ClientStream stream;
    private final InboundBody body;
    private final boolean upgrade;
    private final TimeLeft time;
    private final AwakeRoute way;
    private final Usage usage;
    private final Answers answers;
    private final long arrived = System.nanoTime();
    private final Promise<Void> gone = Promise.promise();
    private Attempt attempt;
    private int attempts;
    private int wakes;
    private boolean over;

    Exchange(ProxyContext proxy, HttpServerRequest in, SandboxPath path) {
        this.proxy = proxy;
        this.in = in;
        this.path = path;
        this.stream = ClientStream.of(in);
        this.body = new InboundBody(in, stream, proxy.settings().replayBuffer().bytes());
        this.upgrade = EndToEnd.asksForUpgrade(in);
        this.time = new TimeLeft(proxy.holdDeadline(), proxy.lookPatience());
        this.way = new AwakeRoute(proxy, in, path, body, time, gone.future(), arrived);
        this.usage = new Usage(proxy.registry().activity(), in, upgrade);
        this.answers = new Answers(proxy, in, path, stream, body);
    }

    void serve() {
        in.response().closeHandler(v -> clientLeft());
        in.response().exceptionHandler(error -> clientLeft());
        way.find().compose(this::pass).onComplete(this::ended);
    }

    private Future<Void> pass(Route route) {
        String prefix = origin(route).prefix();
        if (SandboxPath.leavesPrefix(path.below(prefix), prefix)) {
            return failed(Failures.outside());
        }
        // Who waits for a wake is at work already; who is turned away never was.
        if (!route.awake() && way.whyNotWaking(route).isEmpty()) {
            usage.begun(route, arrived);
        }
        return way.awake(route).compose(this::forward);
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
        return time.counted(() -> proxy.verdicts().alive(route)).compose(alive -> {
            proxy.breakers().tried(route, alive);
            return alive ? send(route) : looked(route, status, false);
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
        if (way.intent() != Intent.IGNORES) {
            usage.begun(route, arrived);
        }
        way.tried();
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
        way.endTurn(true);
        proxy.breakers().answered(route);
        if (upgrade && answer.statusCode() == Attempt.SWITCHING_PROTOCOLS) {
            usage.listens();
            sayHowLongItWaited();
            return proxy.tunnels().join(answer, in, path, origin(route), usage.of(route));
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
        usage.answeredWith(answer);
        answers.aboutToAnswer();
        sayHowLongItWaited();
        Runnable unwatch = stream.watchReader(proxy.vertx(), proxy.settings().stallTimeout());
        return Relay.answer(proxy, answer, in, path, origin(route), attempt.fresh())
                .onComplete(done -> unwatch.run())
                .onSuccess(through -> attempt.close(answer));
    }

    private void sayHowLongItWaited() {
        if (way.waitedNanos() > 0) {
            in.response().putHeader("Server-Timing", "wake;dur=" + way.waitedNanos() / 1_000_000);
        }
    }

    // If the answer looks like one of the way, find out.

    private Future<Void> judged(Route route, HttpClientResponse answer) {
        if (proxy.settings().strict()) {
            return judgedStrictly(route, answer);
        }
        int status = answer.statusCode();
        body.hold();
        return time.counted(() -> proxy.verdicts().alive(route)).compose(alive -> {
            // That it answers now says nothing of then if it was woken meanwhile.
            boolean slept = mayHaveSleptSince(route);
            if (alive && !slept) {
                body.release();
                return relay(route, answer);
            }
            attempt.cancel();
            return slept ? again(route) : notReached(route, status);
        });
    }

    /** A 503 says that the sandbox slept, the second that it is the sandbox's own; the others are of the way. */
    private Future<Void> judgedStrictly(Route route, HttpClientResponse answer) {
        int status = answer.statusCode();
        if (status == SERVICE_UNAVAILABLE && wakes > 0) {
            return relay(route, answer);
        }
        attempt.cancel();
        if (status != SERVICE_UNAVAILABLE) {
            return failed(Failures.disconnected(status));
        }
        return way.whyNotWaking(route).isEmpty() ? again(route) : looked(route, status, false);
    }

    private Future<Void> lost(Route route, Throwable error) {
        if (gone.future().isComplete() || !(error instanceof Loss loss)) {
            return Future.failedFuture(error);
        }
        way.endTurn(false);
        if (route.comingUp()) {
            return failed(Failures.starting(route));
        }
        proxy.breakers().lost(route, loss.kind());
        boolean harmless = loss.kind() == Loss.Kind.NOT_SENT || (loss.kind() == Loss.Kind.BROKEN && idempotent());
        boolean sendable = harmless && body.replayable() && attempts < MOST_ATTEMPTS;
        if (proxy.settings().strict()) {
            return sendable
                    ? retried(route, Failures.lost(loss, in.method()))
                    : failed(Failures.lost(loss, in.method()));
        }
        return time.counted(() -> proxy.verdicts().alive(route)).compose(alive -> {
            if (sendable) {
                return alive
                        ? retried(route, Failures.lost(loss, in.method()))
                        : looked(route, loss.kind().status(), false);
            }
            // It is not sent again, but the next one should meet a sandbox that is known to sleep.
            return (alive ? Future.<Route>succeededFuture() : way.inspect(route))
                    .transform(known -> failed(Failures.lost(loss, in.method())));
        });
    }

    private boolean idempotent() {
        return Methods.idempotent(in.method());
    }

    /** Sends it once more, if the budget allows it. */
    private Future<Void> retried(Route route, GatewayFailure otherwise) {
        boolean may = proxy.retries().spend(System.nanoTime());
        proxy.meters().retry(may);
        return may ? send(route) : failed(otherwise);
    }

    /** It was answered by a router, as neither the sandbox nor {@code /alive} answers. */
    private Future<Void> notReached(Route route, int status) {
        boolean wakes = status == SERVICE_UNAVAILABLE && way.whyNotWaking(route).isEmpty();
        if (idempotent()) {
            return wakes ? again(route) : looked(route, status, false);
        }
        // A router says 502 and 504 of a sandbox that it does not reach, and of one that it lost half-way.
        return status == NOT_FOUND || status == SERVICE_UNAVAILABLE
                ? asleepOrLost(route, status, wakes)
                : looked(route, status, true);
    }

    /**
     * A router that says 503 or 404 means that the sandbox was not there, as a rule, and some say so of one that they lost
     * half-way. What must not be done twice is sent again only if upstream, too, says that the sandbox slept.
     */
    private Future<Void> asleepOrLost(Route route, int status, boolean wakes) {
        return asked(route, status)
                .compose(now -> {
                    if (now.session().wasFoundAsleepSince(route.session().revision())) {
                        return Future.succeededFuture(true);
                    }
                    // Upstream may be wrong. The wake is harmless, and the next request may find it well.
                    return wakes && stands(route, now) && now.awake()
                            ? way.hold(now).map(false)
                            : Future.succeededFuture(false);
                })
                .transform(slept -> slept.succeeded() && slept.result()
                        ? again(route)
                        : failed(Failures.begun(status, slept.cause())));
    }

    /** Upstream knows whether it sleeps, or was woken since; otherwise it is a disconnect. */
    private Future<Void> looked(Route route, int status, boolean mayHaveBegun) {
        Future<Route> asked = asked(route, status);
        return mayHaveBegun
                ? asked.transform(now -> failed(Failures.begun(status, now.cause())))
                : asked.compose(now -> stands(route, now) ? failed(Failures.disconnected(status)) : again(route));
    }

    private Future<Route> asked(Route route, int status) {
        return way.inspect(route)
                .compose(now -> now.session().state() instanceof SandboxState.Failed broken
                        ? Future.failedFuture(Failures.broken(status, now.session(), broken.failure())
                                .asException())
                        : Future.succeededFuture(now));
    }

    /** Whether upstream, too, has nothing new: the sandbox runs as it did, or is being stopped. */
    private static boolean stands(Route seen, Route now) {
        return now.session().state() instanceof SandboxState.Stopping
                || (now.awake() && now.session().revision() == seen.session().revision());
    }

    // Wake and forward again.

    /** What must not be done twice asks for certainty. */
    private boolean mayHaveSleptSince(Route seen) {
        Session now = now(seen).session();
        long revision = seen.session().revision();
        return idempotent() ? now.revision() != revision : now.wasFoundAsleepSince(revision);
    }

    private Route now(Route seen) {
        Route now = proxy.registry().route(path.runtimeId());
        return now == null ? seen : now;
    }

    /** For a sandbox that slept when it had {@code seen}, whatever that says; it may have been woken since. */
    private Future<Void> again(Route seen) {
        if (attempts >= MOST_ATTEMPTS) {
            return failed(Failures.disconnected(SERVICE_UNAVAILABLE));
        }
        boolean sendable = body.replayable();
        boolean before = wakes > 0;
        wakes++;
        Route latest = now(seen);
        boolean woken =
                latest.awake() && latest.session().revision() != seen.session().revision();
        return (woken ? way.awake(latest) : way.hold(latest)).compose(now -> {
            if (!sendable) {
                return failed(Failures.bodyGone());
            }
            // The first time the sandbox has seen nothing of it. One that sleeps again and again is another matter.
            return before ? retried(now, Failures.disconnected(SERVICE_UNAVAILABLE)) : forward(now);
        });
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
        way.endTurn(false);
        usage.ended(now, body.bytes());
        if (served.failed() && attempt != null) {
            attempt.cancel();
        }
        ProxyMeters.Outcome outcome = served.succeeded()
                ? ProxyMeters.Outcome.of(in.response().getStatusCode())
                : answers.tell(served.cause(), gone.future().isComplete(), time.left());
        if (!way.early()) {
            // Our own look whether a sandbox has arrived comes this way too, and is no request of anybody's.
            proxy.meters().request(path.service(), outcome, now - arrived, way.waitedNanos());
        }
        // One that is to be closed behind its answer counts as closed from then on.
        if (!gone.future().isComplete()) {
            body.discard(proxy.vertx());
        }
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
