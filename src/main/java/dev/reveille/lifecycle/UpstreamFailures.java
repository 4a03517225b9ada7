package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What went wrong at upstream, in the words that callers of this gateway get. */
final class UpstreamFailures {
    private static final Logger LOG = LoggerFactory.getLogger(UpstreamFailures.class);
    private static final int TOO_MANY_REQUESTS = 429;

    private UpstreamFailures() {}

    /** The failure of {@code step} that {@code error} means. */
    static GatewayFailure of(Step step, Throwable error) {
        if (error instanceof FailureException known) {
            return known.failure();
        }
        if (error instanceof RuntimeApiException upstream) {
            return of(step, upstream);
        }
        if (error instanceof TimedOut late) {
            return late(step, late.getMessage());
        }
        LOG.error("step={} failed", step.word(), error);
        return GatewayFailure.Internal.inTheLog();
    }

    /** What a question that upstream did not answer as it should fails with. */
    static GatewayFailure unavailable(Throwable error) {
        if (error instanceof TimeoutException) {
            return new GatewayFailure.RuntimeApiUnavailable("the runtime API did not answer in time");
        }
        GatewayFailure failure = of(Step.START, error);
        boolean ours = failure instanceof GatewayFailure.Internal;
        return ours ? failure : new GatewayFailure.RuntimeApiUnavailable(failure.detail());
    }

    /** Whether the runtime API is the one to blame for {@code error}. */
    static boolean isUpstreams(Throwable error) {
        return error instanceof RuntimeApiException;
    }

    private static GatewayFailure late(Step step, String lastSeen) {
        return switch (step) {
            case START -> new GatewayFailure.StartTimeout("the sandbox was not ready in time: " + lastSeen);
            case RESUME, ENVIRONMENT ->
                new GatewayFailure.WakeTimeout("the sandbox was not ready in time: " + lastSeen);
            case BUILD -> new GatewayFailure.BuildTimeout("the image build was not done in time: " + lastSeen);
            case PAUSE, STOP -> new GatewayFailure.StepFailed(step, "it was not done in time: " + lastSeen);
        };
    }

    private static GatewayFailure of(Step step, RuntimeApiException upstream) {
        return switch (upstream.kind()) {
            case UNREACHABLE, UNANSWERED -> new GatewayFailure.RuntimeApiUnavailable(upstream.detail());
            case GARBLED -> new GatewayFailure.StepFailed(step, upstream.detail());
            case REFUSED ->
                upstream.status() == TOO_MANY_REQUESTS
                        ? new GatewayFailure.QuotaExceeded(
                                "the runtime API allows no more now: " + upstream.detail(), Duration.ofSeconds(5))
                        : new GatewayFailure.StepFailed(step, upstream.getMessage());
        };
    }
}
