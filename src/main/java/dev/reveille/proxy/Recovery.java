package dev.reveille.proxy;

import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What becomes of a request whose answer looks like one of the way to its sandbox, or that has none: whose answer it is, whether
 * the sandbox is to be woken, and whether the request may be sent again. For one request.
 */
final class Recovery {
    /** What it may do with the request. */
    interface Forwarding {
        /** Sends it, unless its sandbox is to be spared. */
        Future<Void> forward(Route route);

        /** Sends it. */
        Future<Void> send(Route route);

        /** Passes the answer on. */
        Future<Void> relay(Route route, HttpClientResponse answer);

        /** The answer is not wanted. */
        void cancel();

        /** How often it was sent. */
        int attempts();

        /** The session's revision when the last of it was handed over; empty if that is still to come. */
        OptionalLong handedOver();
    }

    /** A second try that fails is no accident. */
    private static final int MOST_ATTEMPTS = 3;

    private static final int NOT_FOUND = 404;
    private static final int SERVICE_UNAVAILABLE = 503;

    private final ProxyContext proxy;
    private final HttpServerRequest in;
    private final SandboxPath path;
    private final InboundBody body;
    private final TimeLeft time;
    private final AwakeRoute way;
    private final Forwarding next;
    private int wakes;

    Recovery(
            ProxyContext proxy,
            HttpServerRequest in,
            SandboxPath path,
            InboundBody body,
            TimeLeft time,
            AwakeRoute way,
            Forwarding next) {
        this.proxy = proxy;
        this.in = in;
        this.path = path;
        this.body = body;
        this.time = time;
        this.way = way;
        this.next = next;
    }

    /**
     * {@code answer} looks like one of the way to the sandbox.
     *
     * @return when the request was answered; fails with what its client is to be told
     */
    Future<Void> judged(Route route, HttpClientResponse answer) {
        if (proxy.settings().strict()) {
            return judgedStrictly(route, answer);
        }
        int status = answer.statusCode();
        body.hold();
        // No more of it is handed over from now on.
        long until = next.handedOver().orElse(now(route).session().revision());
        // What was seen of it before a wake says nothing of it any more.
        return time.counted(() -> proxy.verdicts().alive(now(route))).compose(alive -> {
            // That it answers now says nothing of then if it was woken meanwhile.
            boolean slept = mayHaveSleptSince(route, status, until);
            if (alive && !slept) {
                body.release();
                return next.relay(route, answer);
            }
            next.cancel();
            return slept ? again(route, status) : notReached(route, status, until);
        });
    }

    /** A 503 says that the sandbox slept, the second that it is the sandbox's own; the others are of the way. */
    private Future<Void> judgedStrictly(Route route, HttpClientResponse answer) {
        int status = answer.statusCode();
        if (status == SERVICE_UNAVAILABLE && wakes > 0) {
            return next.relay(route, answer);
        }
        next.cancel();
        if (status != SERVICE_UNAVAILABLE) {
            return failed(Failures.disconnected(status));
        }
        return way.whyNotWaking(route).isEmpty() ? again(route, status) : looked(route, status, false);
    }

    /**
     * There is no answer, or half of one, to what was sent to {@code route}.
     *
     * @return when the request was answered all the same; fails with what its client is to be told
     */
    Future<Void> lost(Route route, Loss loss) {
        GatewayFailure failure = Failures.lost(loss, in.method());
        boolean harmless = loss.kind().harmless() || (loss.kind() == Loss.Kind.BROKEN && idempotent());
        boolean sendable = harmless && body.replayable() && next.attempts() < MOST_ATTEMPTS;
        if (proxy.settings().strict()) {
            return sendable ? retried(route, failure) : failed(failure);
        }
        return time.counted(() -> proxy.verdicts().alive(route)).compose(alive -> {
            if (sendable) {
                return alive
                        ? retried(route, failure)
                        : looked(route, loss.kind().status(), false);
            }
            // It is not sent again, but the next one should meet a sandbox that is known to sleep.
            return (alive
                            ? Future.<Route>succeededFuture()
                            : way.inspect(route, loss.kind().status()))
                    .transform(known -> failed(failure));
        });
    }

    private boolean idempotent() {
        return Methods.idempotent(in.method());
    }

    /** Sends it once more, if the budget allows it. */
    private Future<Void> retried(Route route, GatewayFailure otherwise) {
        boolean may = proxy.retries().spend(System.nanoTime());
        proxy.meters().retry(may);
        return may ? next.send(latest(route)) : failed(otherwise);
    }

    /** It was answered by a router, as neither the sandbox nor {@code /alive} answers. */
    private Future<Void> notReached(Route route, int status, long until) {
        boolean wakes = status == SERVICE_UNAVAILABLE && way.whyNotWaking(route).isEmpty();
        if (idempotent()) {
            return wakes ? again(route, status) : looked(route, status, false);
        }
        return saysNotThere(status) ? asleepOrLost(route, status, until, wakes) : looked(route, status, true);
    }

    /**
     * A router that says 503 or 404 means that the sandbox was not there, as a rule, and some say so of one that they lost
     * half-way. What must not be done twice is sent again only if upstream, too, says that the sandbox slept.
     */
    private Future<Void> asleepOrLost(Route route, int status, long until, boolean wakes) {
        return asked(route, status)
                .compose(now -> {
                    // While it is on its way and does not answer, nobody is there to begin anything.
                    long since = route.session().revision();
                    if (now.session().wasFoundAsleepSince(since)
                            && changes(now.session(), since, until).noneMatch("running"::equals)) {
                        return Future.succeededFuture(true);
                    }
                    // Upstream may be wrong. The wake is harmless, and the next request may find it well.
                    return wakes && stands(route, now) && now.awake()
                            ? way.hold(now).map(false)
                            : Future.succeededFuture(false);
                })
                .transform(slept -> slept.succeeded() && slept.result()
                        ? again(route, status)
                        : failed(Failures.begun(status, slept.cause())));
    }

    /**
     * Upstream knows whether it sleeps, or was woken since; otherwise it is a disconnect.
     *
     * @param status what the way said
     * @param mayHaveBegun whether it may have begun what must not be done twice
     */
    Future<Void> looked(Route route, int status, boolean mayHaveBegun) {
        Future<Route> asked = asked(route, status);
        return mayHaveBegun
                ? asked.transform(now -> failed(Failures.begun(status, now.cause())))
                : asked.compose(
                        now -> stands(route, now) ? failed(Failures.disconnected(status)) : again(route, status));
    }

    private Future<Route> asked(Route route, int status) {
        return way.inspect(route, status)
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

    /**
     * What must not be done twice asks for certainty: a router may wait for the whole body, so the last of it must have been
     * handed over before anybody woke the sandbox.
     */
    private boolean mayHaveSleptSince(Route seen, int status, long until) {
        Session now = now(seen).session();
        long since = seen.session().revision();
        if (idempotent()) {
            return !now.wasUpSince(since);
        }
        return saysNotThere(status)
                && now.wasFoundAsleepSince(since)
                && changes(now, since, until).allMatch("paused"::equals);
    }

    /** What it became from the one revision to the other; only of one whose changes are all known. */
    private static Stream<String> changes(Session session, long since, long until) {
        return session.changesSince(since).orElse(List.of()).stream()
                .filter(change -> change.revision() <= until)
                .map(SessionChange::state);
    }

    /** A router says 502 and 504 of a sandbox that it does not reach, and of one that it lost half-way. */
    private static boolean saysNotThere(int status) {
        return status == NOT_FOUND || status == SERVICE_UNAVAILABLE;
    }

    /** The route to go by when it is sent once more: what was true of the sandbox before says nothing of that. */
    Route latest(Route seen) {
        Route now = now(seen);
        return now.awake() ? now : seen;
    }

    /** The route as it stands; the one that was {@code seen} if there is none any more. */
    Route now(Route seen) {
        Route now = proxy.registry().route(path.runtimeId());
        return now == null ? seen : now;
    }

    /**
     * For a sandbox that slept when it had {@code seen}, whatever that says; it may have been woken since. If somebody has put
     * it to sleep meanwhile, it sleeps on: that is what broke the request, and only one that comes later wakes it.
     *
     * @param status what the way said
     */
    private Future<Void> again(Route seen, int status) {
        Route latest = now(seen);
        if (latest.session().wasPutToSleepSince(seen.session().revision())) {
            return failed(Failures.putToSleep(
                    latest, status, proxy.holds().wakeTimes().expected()));
        }
        if (next.attempts() >= MOST_ATTEMPTS) {
            return failed(Failures.disconnected(SERVICE_UNAVAILABLE));
        }
        boolean sendable = body.replayable();
        boolean before = wakes > 0;
        wakes++;
        boolean changed = latest.session().revision() != seen.session().revision();
        return (changed ? way.awake(latest) : way.hold(latest)).compose(now -> {
            if (!sendable) {
                return failed(Failures.bodyGone());
            }
            // The first time the sandbox has seen nothing of it. One that sleeps again and again is another matter.
            return before ? retried(now, Failures.disconnected(SERVICE_UNAVAILABLE)) : next.forward(now);
        });
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
