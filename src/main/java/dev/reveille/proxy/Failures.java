package dev.reveille.proxy;

import dev.reveille.registry.Route;
import dev.reveille.session.Cause;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;

/** What is told to clients whose request could not be forwarded, in words for outsiders. */
final class Failures {
    private static final int BAD_GATEWAY = 502;

    private Failures() {}

    static GatewayFailure unknown(String runtimeId) {
        return new GatewayFailure.UnknownSession(
                RuntimeId.isOne(runtimeId)
                        ? "there is no sandbox " + runtimeId + ", or it was stopped"
                        : "there is no sandbox at this address, or it was stopped");
    }

    /** For a probe that came too early. */
    static GatewayFailure starting(Route route) {
        return new GatewayFailure.RuntimeStarting(
                "the sandbox is " + route.session().state().word() + " and does not answer yet; try again",
                Duration.ofSeconds(1));
    }

    /** @param because why the request does not wake it */
    static GatewayFailure asleep(Route route, String because, Duration expected) {
        return new GatewayFailure.RuntimePaused(
                "the sandbox is " + route.session().state().word() + ", and " + because, expected);
    }

    /**
     * For one that was under way when its sandbox was put to sleep.
     *
     * @param status what the way answered
     */
    static GatewayFailure putToSleep(Route route, int status, Duration expected) {
        return route.session().state() instanceof SandboxState.Paused
                ? new GatewayFailure.RuntimePaused("the sandbox was paused while this request was under way", expected)
                : new GatewayFailure.RuntimeDisconnected(
                        orBadGateway(status),
                        "the sandbox is being paused, and has not answered this request; try again");
    }

    /** @param status what the way answered */
    static GatewayFailure disconnected(int status) {
        return new GatewayFailure.RuntimeDisconnected(
                orBadGateway(status),
                "the sandbox cannot be reached and is not paused; this may be temporary, try again");
    }

    /**
     * For one that is known to have failed. What failed in a start or a wake is told to whoever comes later as it was to
     * those who waited for it. What the runtime API says to have broken outside of either was first met by a request that
     * did not get through to a sandbox that ran, so it is a disconnect for all. Which of the two it was, the cause of the
     * session's last change says.
     *
     * @param status what the way answered
     */
    static GatewayFailure broken(int status, Session session, GatewayFailure stored) {
        boolean foundBroken = session.cause() == Cause.UPSTREAM || session.cause() == Cause.ADOPTED;
        boolean stopFailed = stored instanceof GatewayFailure.StepFailed failed && failed.step() == Step.STOP;
        if (!stopFailed && !(foundBroken && stored instanceof GatewayFailure.RuntimeCrashed)) {
            return stored;
        }
        return new GatewayFailure.RuntimeDisconnected(
                orBadGateway(status),
                "the sandbox cannot be reached: " + stored.detail() + "; opening its session again starts it anew");
    }

    /** For one that waited for a runtime which its session does not have any more. */
    static GatewayFailure lost(Session session, String runtimeId) {
        return session.state() instanceof SandboxState.Failed failed
                ? broken(BAD_GATEWAY, session, failed.failure())
                : unknown(runtimeId);
    }

    /** @param method of the request, which tells whether it may be sent again */
    static GatewayFailure lost(Loss loss, HttpMethod method) {
        return loss.kind().harmless() || Methods.idempotent(method)
                ? new GatewayFailure.RuntimeDisconnected(
                        loss.kind().status(), loss.kind().words())
                : GatewayFailure.RuntimeDisconnected.halfWay(
                        loss.kind().status(), loss.kind().words());
    }

    static GatewayFailure switched() {
        return new GatewayFailure.RuntimeDisconnected(
                BAD_GATEWAY, "the sandbox changed to a protocol that nobody asked it for");
    }

    static GatewayFailure outside() {
        return new GatewayFailure.InvalidRequest(
                "the dots in the path lead out of the sandbox (expected: a path that stays below its own)");
    }

    /**
     * For one whose answer a router gave in place of a sandbox that it may have lost half-way.
     *
     * @param why what is known of the sandbox beyond that; null: nothing
     */
    static GatewayFailure begun(int status, Throwable why) {
        String what = why instanceof FailureException known
                        && known.failure() instanceof GatewayFailure.RuntimeDisconnected disconnected
                ? disconnected.detail()
                : "the sandbox cannot be reached, which may be temporary";
        return GatewayFailure.RuntimeDisconnected.halfWay(
                orBadGateway(status), what + "; it may have begun what was asked, so it was not asked again");
    }

    static GatewayFailure bodyGone() {
        return new GatewayFailure.BodyNotReplayable(
                "the sandbox was asleep and is awake now, but the request's body is gone: send it again");
    }

    /** A 503 is only for sandboxes that sleep. */
    private static int orBadGateway(int status) {
        return status == 503 ? BAD_GATEWAY : status;
    }
}
