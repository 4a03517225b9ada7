package dev.reveille.proxy;

import dev.reveille.config.Intent;
import dev.reveille.http.ClientStream;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Origin;
import dev.reveille.session.Service;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * One request's whole life: find the route; if the sandbox sleeps, wait for it; forward; if the answer looks like one of the
 * way, have {@link Recovery} find out; pass on the answer, or say what is wrong. Belongs to its connection's event loop.
 */
final class Exchange {
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
    private final Recovery recovery;
    private final long arrived = System.nanoTime();
    private final Promise<Void> gone = Promise.promise();
    private Attempt attempt;
    private int attempts;
    private OptionalLong handedOver = OptionalLong.empty();
    private boolean over;
    private boolean outlived;

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
        this.recovery = new Recovery(proxy, in, path, body, time, way, new Forwarding());
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
            return alive ? send(recovery.latest(route)) : recovery.looked(route, status, false);
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
        handedOver = OptionalLong.empty();
        attempt.onHandedOver(
                () -> handedOver = OptionalLong.of(recovery.now(route).session().revision()));
        if (proxy.wakeRight().authorizesHere(in)) {
            attempt.withholdAuthorization();
        }
        Duration silence =
                route.comingUp() ? proxy.probePatience() : proxy.settings().responseTimeout();
        return attempt.send(silence).compose(answer -> answered(route, answer), error -> lost(route, error));
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
        return recovery.lost(route, loss);
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
            return proxy.tunnels()
                    .join(answer, in, path, origin(route), usage.use())
                    .onSuccess(tunnel -> tunnel.closed().onComplete(outlived()))
                    .mapEmpty();
        }
        if (!Verdicts.suspicious(answer.statusCode())) {
            return relay(route, answer);
        }
        if (route.comingUp()) {
            attempt.cancel();
            return failed(Failures.starting(route));
        }
        return recovery.judged(route, answer);
    }

    private Future<Void> relay(Route route, HttpClientResponse answer) {
        if (attempt.brokenOff()) {
            return Future.failedFuture(new Loss(Loss.Kind.BROKEN, new IllegalStateException("the answer broke off")));
        }
        body.forget();
        usage.answeredWith(answer);
        answers.aboutToAnswer();
        sayHowLongItWaited();
        return Relay.answer(proxy, answer, in, path, origin(route), attempt.fresh())
                .onSuccess(through -> attempt.close(answer));
    }

    private void sayHowLongItWaited() {
        if (way.waitedNanos() > 0) {
            in.response().putHeader("Server-Timing", "wake;dur=" + way.waitedNanos() / 1_000_000);
        }
    }

    // Say what is wrong, and clear up.

    private void clientLeft() {
        if (over) {
            body.left();
            return;
        }
        if (!gone.tryComplete()) {
            return;
        }
        if (attempt != null) {
            attempt.cancel();
        }
        body.drop();
    }

    /**
     * What is left to do for a tunnel when it closes. It may be open for days and there may be many, so it holds nothing of
     * the request.
     */
    private Handler<AsyncResult<Void>> outlived() {
        outlived = true;
        ProxyMeters meters = proxy.meters();
        Service service = path.service();
        long arrivedAt = arrived;
        long waited = way.waitedNanos();
        boolean counts = !way.early();
        Runnable hush = usage.hush();
        return closed -> {
            hush.run();
            if (counts) {
                meters.request(
                        service,
                        ProxyMeters.Outcome.of(Attempt.SWITCHING_PROTOCOLS),
                        System.nanoTime() - arrivedAt,
                        waited);
            }
        };
    }

    private void ended(AsyncResult<Void> served) {
        over = true;
        way.endTurn(false);
        if (outlived) {
            return;
        }
        long now = System.nanoTime();
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

    /** What {@link Recovery} may do. */
    private final class Forwarding implements Recovery.Forwarding {
        @Override
        public Future<Void> forward(Route route) {
            return Exchange.this.forward(route);
        }

        @Override
        public Future<Void> send(Route route) {
            return Exchange.this.send(route);
        }

        @Override
        public Future<Void> relay(Route route, HttpClientResponse answer) {
            return Exchange.this.relay(route, answer);
        }

        @Override
        public void cancel() {
            attempt.cancel();
        }

        @Override
        public int attempts() {
            return attempts;
        }

        @Override
        public OptionalLong handedOver() {
            return handedOver;
        }
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
