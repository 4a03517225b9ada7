package dev.reveille.runtimeapi;

import dev.reveille.session.FailureException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Calls of clients that go on to upstream as they are, and whose answers go back as they are. {@code key} is the upstream
 * key to show; empty shows none.
 */
public final class PassThrough {
    /** How long nothing may move on either side of an upload, its answer included. */
    static final Duration SILENCE = Duration.ofSeconds(60);

    private static final int TOO_MANY_REQUESTS = 429;
    private static final Pattern FIELD = Pattern.compile("[\\x20-\\x7e]{1,200}");

    private final Vertx vertx;
    private final Caller caller;
    private final Discretion discretion;
    private final Duration silence;

    PassThrough(Vertx vertx, Caller caller, Discretion discretion, Duration silence) {
        this.vertx = vertx;
        this.caller = caller;
        this.discretion = discretion;
        this.silence = silence;
    }

    /**
     * A look, repeated as all looks are.
     *
     * @param operation its name in logs and metrics
     * @param target path and query, encoded
     * @param patience from now to the answer, whatever upstream does
     * @return upstream's yes or its refusal (4xx); fails with {@link RuntimeApiException} for all else
     */
    public Future<PassedAnswer> get(String operation, Optional<String> key, String target, Duration patience) {
        return caller.call(Call.get(operation, target, key), answer -> repeatable(answer, key))
                .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .recover(error -> ended(error, patience));
    }

    /**
     * The upload of what is to be built. No more of it is held in memory than one side is ahead of the other; what the
     * client sends after upstream's answer is left unread. To be called before anything of {@code in} is read; upstream is
     * asked once.
     *
     * @param gone completes when nobody waits for the answer any more; upstream is left alone then
     * @return as {@link #get}; fails with {@link FailureException} if nothing moves for a minute, {@code invalid_request} if
     *     that is the client's fault, {@code build_timeout} if it is upstream's
     */
    public Future<PassedAnswer> build(Optional<String> key, HttpServerRequest in, Future<?> gone) {
        in.pause();
        return caller.begin("/build", key, Upload.headers(in.headers()))
                .compose(out -> new Upload(vertx, in, out, silence).send(caller::read, gone))
                .map(answer -> passed(answer, key));
    }

    /** A refusal that the next attempt may not meet is a failure until the last one. */
    private PassedAnswer repeatable(Answer answer, Optional<String> key) {
        if (answer.status() == TOO_MANY_REQUESTS) {
            caller.accepted(answer, key);
        }
        return passed(answer, key);
    }

    private PassedAnswer passed(Answer answer, Optional<String> key) {
        if (answer.status() >= 400 && answer.status() < 500) {
            return refusal(answer, key);
        }
        caller.object(answer, key);
        String type = fit(answer.contentType()).orElse(PassedAnswer.JSON);
        return new PassedAnswer(answer.status(), type, answer.body(), fit(answer.retryAfter()));
    }

    private PassedAnswer refusal(Answer answer, Optional<String> key) {
        Optional<String> retryAfter = fit(answer.retryAfter());
        Optional<JsonObject> said = answer.objectIfAny();
        if (said.isEmpty()) {
            return told(answer.status(), words(answer, key), retryAfter);
        }
        JsonObject fit = discretion.apply(said.get(), key);
        Buffer body = fit.equals(said.get()) ? answer.body() : fit.toBuffer();
        return new PassedAnswer(answer.status(), PassedAnswer.JSON, body, retryAfter);
    }

    /** Upstream may write into a header field what cannot be written into one again. */
    private static Optional<String> fit(String field) {
        return Optional.ofNullable(field).filter(value -> FIELD.matcher(value).matches());
    }

    /** Clients read the {@code detail} of whatever is JSON, and of objects only. */
    private static PassedAnswer told(int status, String detail, Optional<String> retryAfter) {
        JsonObject body = new JsonObject().put("detail", detail);
        return new PassedAnswer(status, PassedAnswer.JSON, body.toBuffer(), retryAfter);
    }

    private String words(Answer answer, Optional<String> key) {
        boolean page = answer.contentType() != null
                && answer.contentType().toLowerCase(Locale.ROOT).contains("html");
        String text =
                page || !answer.whole() ? "" : discretion.apply(answer.body().toString(), key);
        return text.isEmpty() ? "the runtime API answered " + answer.status() : text;
    }

    private static Future<PassedAnswer> ended(Throwable error, Duration patience) {
        if (error instanceof TimeoutException) {
            return Future.failedFuture(RuntimeApiException.timedOut(patience));
        }
        if (error instanceof RuntimeApiException refused && refused.status() == TOO_MANY_REQUESTS) {
            String detail = refused.detail().isEmpty() ? refused.getMessage() : refused.detail();
            return Future.succeededFuture(told(
                    TOO_MANY_REQUESTS,
                    detail,
                    Optional.of(refused.retryAfter())
                            .filter(wish -> !wish.isZero())
                            .map(wish -> Long.toString(wish.toSeconds()))));
        }
        return Future.failedFuture(error);
    }
}
