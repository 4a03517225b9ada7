package dev.reveille.runtimeapi;

import dev.reveille.config.UpstreamSettings;
import dev.reveille.runtimeapi.RuntimeApiException.Kind;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries a call out: each attempt inside the breaker, repeated as its {@link Repeat} allows. */
final class Caller {
    private static final Logger LOG = LoggerFactory.getLogger(Caller.class);

    private static final String API_KEY = "X-API-Key";

    /** Far above any list of runtimes seen. */
    private static final int LONGEST_ANSWER = 4 * 1024 * 1024;

    private final Vertx vertx;
    private final String base;
    private final int attempts;
    private final Backoff backoff;
    private final Exchange exchange;
    private final Breaker breaker;
    private final CallMeters meters;
    private final Discretion discretion;

    Caller(
            Vertx vertx,
            URI base,
            UpstreamSettings settings,
            MeterRegistry meters,
            RandomGenerator random,
            Discretion discretion) {
        this.vertx = vertx;
        this.base = base.toString().replaceAll("/+$", "");
        this.attempts = settings.attempts();
        this.backoff = new Backoff(settings.retryDelay(), settings.callTimeout(), random);
        this.exchange = new Exchange(vertx, settings.callTimeout(), LONGEST_ANSWER);
        this.breaker = new Breaker(vertx, settings.breaker());
        this.meters = new CallMeters(meters, breaker);
        this.discretion = discretion;
    }

    /** @param reading makes the result; throws a {@link RuntimeApiException} if the answer is a no or not understandable */
    <T> Future<T> call(Call call, Function<Answer, T> reading) {
        return attempt(call, reading, 1);
    }

    private <T> Future<T> attempt(Call call, Function<Answer, T> reading, int number) {
        long begin = System.nanoTime();
        return breaker.around(() -> once(call, reading))
                .onComplete(result -> {
                    long nanos = System.nanoTime() - begin;
                    String outcome = meters.record(call.operation(), result.cause(), nanos);
                    LOG.debug(
                            "upstream operation={} outcome={} attempt={} took={}ms",
                            call.operation(),
                            outcome,
                            number,
                            TimeUnit.NANOSECONDS.toMillis(nanos));
                })
                .recover(cause -> mayRepeat(call, cause, number)
                        ? again(call, reading, number, (RuntimeApiException) cause)
                        : Future.failedFuture(cause));
    }

    /** A repetition that did not reach upstream says nothing of what the attempt before it may have done there. */
    private <T> Future<T> again(Call call, Function<Answer, T> reading, int number, RuntimeApiException failure) {
        return pause(failure, number)
                .compose(v -> attempt(call, reading, number + 1))
                .recover(later -> Future.failedFuture(isUnreachable(later) ? failure : later));
    }

    private static boolean isUnreachable(Throwable cause) {
        return cause instanceof RuntimeApiException failure && failure.kind() == Kind.UNREACHABLE;
    }

    private <T> Future<T> once(Call call, Function<Answer, T> reading) {
        RequestOptions options = new RequestOptions()
                .setAbsoluteURI(base + call.path())
                .setMethod(call.method())
                .putHeader("Accept", "application/json");
        call.key().ifPresent(key -> options.putHeader(API_KEY, key));
        call.body().ifPresent(body -> options.putHeader("Content-Type", body.contentType()));
        return exchange.send(options, call.body().map(Body::bytes)).map(reading);
    }

    private boolean mayRepeat(Call call, Throwable cause, int number) {
        return number < attempts
                && cause instanceof RuntimeApiException failure
                && call.repeat().after(failure);
    }

    /** A POST with {@code headers} whose body is sent by somebody else. Fails as {@code UNREACHABLE}. */
    Future<HttpClientRequest> begin(String path, Optional<String> key, MultiMap headers) {
        RequestOptions options = new RequestOptions()
                .setAbsoluteURI(base + path)
                .setMethod(HttpMethod.POST)
                .setHeaders(headers);
        key.ifPresent(k -> options.putHeader(API_KEY, k));
        return breaker.unlessOpen(() -> exchange.open(options));
    }

    /** The whole answer to a request that was begun here. */
    Future<Answer> read(HttpClientResponse response) {
        return exchange.read(response);
    }

    private Future<Void> pause(RuntimeApiException failure, int number) {
        long millis = backoff.afterAttempt(number, failure.retryAfter()).toMillis();
        return vertx.timer(Math.max(1, millis), TimeUnit.MILLISECONDS);
    }

    /** The answer's JSON object. Throws {@code REFUSED} or {@code GARBLED}. */
    JsonObject object(Answer answer, Optional<String> key) {
        wholeYes(answer, key);
        return answer.objectIfAny().orElseThrow(() -> RuntimeApiException.garbled("body", "a JSON object"));
    }

    /** As {@link #object}, for an array. */
    JsonArray array(Answer answer, Optional<String> key) {
        wholeYes(answer, key);
        return answer.arrayIfAny().orElseThrow(() -> RuntimeApiException.garbled("body", "a JSON array"));
    }

    private void wholeYes(Answer answer, Optional<String> key) {
        accepted(answer, key);
        if (!answer.whole()) {
            throw RuntimeApiException.garbled("body", "at most " + LONGEST_ANSWER + " bytes");
        }
    }

    /** Nothing, if the answer is a yes. Throws {@code REFUSED}. */
    Void accepted(Answer answer, Optional<String> key) {
        if (!answer.isYes()) {
            String detail = answer.objectIfAny()
                    .map(body -> body.getValue("detail"))
                    .map(Object::toString)
                    .orElse("");
            throw RuntimeApiException.refused(
                    answer.status(), discretion.apply(detail, key), Backoff.parse(answer.retryAfter()));
        }
        return null;
    }

    BreakerReport breaker() {
        return breaker.report();
    }

    Future<Void> close() {
        breaker.close();
        meters.close();
        return exchange.close();
    }
}
