package dev.reveille.proxy;

import dev.reveille.http.ClientStream;
import dev.reveille.problem.Problem;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.RuntimeId;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;

/** What the gateway itself says to the client of one request. */
final class Answers {
    private final ProxyContext proxy;
    private final HttpServerRequest in;
    private final SandboxPath path;
    private final ClientStream stream;
    private final InboundBody body;

    Answers(ProxyContext proxy, HttpServerRequest in, SandboxPath path, ClientStream stream, InboundBody body) {
        this.proxy = proxy;
        this.in = in;
        this.path = path;
        this.stream = stream;
        this.body = body;
    }

    /** A client that was not told to go on may send its body or not: nobody could tell where its next request begins. */
    void aboutToAnswer() {
        if (body.withheld()) {
            stream.last();
        }
    }

    /**
     * Tells the client, if there is a way to.
     *
     * @param left whether it has left
     * @param patience what is left of the request's time
     * @return what became of the request
     */
    ProxyMeters.Outcome tell(Throwable error, boolean left, Duration patience) {
        HttpServerResponse response = in.response();
        if (left || error instanceof ClientLeft || response.closed()) {
            return ProxyMeters.Outcome.CLIENT_LEFT;
        }
        if (response.headWritten()) {
            // Half an answer must not look like a whole one.
            stream.reset();
            return ProxyMeters.Outcome.BROKEN;
        }
        GatewayFailure failure =
                error instanceof Loss loss ? Failures.lost(loss, in.method()) : withTime(Problem.failureOf(error));
        Optional<Route> route = Optional.ofNullable(proxy.registry().route(path.runtimeId()));
        Problem problem = new Problem(
                failure,
                route.map(r -> r.session().id().value()),
                Optional.of(path.runtimeId()).filter(RuntimeId::isOne));
        aboutToAnswer();
        (Navigation.isOne(in) ? page(problem, route, patience) : problem.answer(in)).onFailure(closed -> {});
        return ProxyMeters.Outcome.of(response.getStatusCode());
    }

    /** Who was late is told when to come again, as far as anybody knows. */
    private GatewayFailure withTime(GatewayFailure failure) {
        return failure instanceof GatewayFailure.WakeTimeout late
                        && late.after().isEmpty()
                ? new GatewayFailure.WakeTimeout(
                        late.detail(), Optional.of(proxy.holds().wakeTimes().expected()))
                : failure;
    }

    private Future<Void> page(Problem problem, Optional<Route> route, Duration patience) {
        boolean mayWake = route.filter(r -> proxy.wakeRight().has(in, r)).isPresent();
        return proxy.pages().answer(in, path, problem, route, mayWake, patience);
    }
}
