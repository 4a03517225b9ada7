package dev.reveille.runtimeapi;

import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A client's body on its way to upstream, read only as fast as upstream takes it. It ends with upstream's answer, whenever
 * that comes, or when nothing has moved for too long.
 */
final class Upload {
    /** Beside what tells of the body itself. Keys and cookies are between the client and this gateway. */
    private static final Set<String> GOING_ON = Set.of("user-agent", "traceparent", "tracestate", "x-request-id");

    private final Vertx vertx;
    private final HttpServerRequest in;
    private final HttpClientRequest out;
    private final Duration silence;
    private final Promise<Answer> answer = Promise.promise();
    private boolean ended;
    private boolean answered;
    private boolean blocked;
    private long movedAt = System.nanoTime();

    /** @param silence how long nothing may move, measured with an error of a quarter of it */
    Upload(Vertx vertx, HttpServerRequest in, HttpClientRequest out, Duration silence) {
        this.vertx = vertx;
        this.in = in;
        this.out = out;
        this.silence = silence;
    }

    /** What upstream gets of a request's head. */
    static MultiMap headers(MultiMap of) {
        MultiMap headers = HttpHeaders.headers();
        for (Map.Entry<String, String> field : of) {
            String name = field.getKey().toLowerCase(Locale.ROOT);
            if (name.startsWith("content-") || GOING_ON.contains(name)) {
                headers.add(field.getKey(), field.getValue());
            }
        }
        return headers.set(HttpHeaders.ACCEPT, PassedAnswer.JSON);
    }

    /**
     * Sends it.
     *
     * @param reading takes upstream's answer
     * @param gone completes when nobody waits for it any more
     */
    Future<Answer> send(Function<HttpClientResponse, Future<Answer>> reading, Future<?> gone) {
        if (gone.isComplete() || in.isEnded()) {
            // The client left while there was no connection yet, and nothing can be read of it any more.
            Exchange.cut(out);
            return Future.failedFuture(brokenOff());
        }
        long watch = vertx.setPeriodic(Math.max(1, silence.toMillis() / 4), t -> look());
        gone.onComplete(v -> broken());
        out.exceptionHandler(lost -> answer.tryFail(RuntimeApiException.lost()));
        out.response()
                .compose(head -> take(head, reading))
                .onSuccess(answer::tryComplete)
                .onFailure(lost -> answer.tryFail(RuntimeApiException.lost()));
        Future<Answer> over = answer.future().onComplete(done -> {
            vertx.cancelTimer(watch);
            end(done.succeeded());
        });
        begin();
        return over;
    }

    private void begin() {
        in.exceptionHandler(left -> broken());
        in.handler(this::write);
        in.endHandler(v -> {
            ended = true;
            moved();
            out.end().onFailure(lost -> {});
        });
        head();
        if ("100-continue".equalsIgnoreCase(in.getHeader(HttpHeaders.EXPECT))) {
            in.response().writeContinue().onFailure(left -> broken());
        }
        in.resume();
    }

    /** At once: upstream may refuse what it has seen only the head of. */
    private void head() {
        boolean chunked = in.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        if (!chunked && !out.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            out.putHeader(HttpHeaders.CONTENT_LENGTH, "0");
        }
        out.setChunked(chunked);
        out.sendHead().onFailure(lost -> {});
    }

    /** A write that fails is not the end: upstream may have answered before it closed. */
    private void write(Buffer chunk) {
        moved();
        if (answered) {
            return;
        }
        out.write(chunk).onFailure(lost -> {});
        if (out.writeQueueFull()) {
            blocked = true;
            in.pause();
            out.drainHandler(v -> {
                blocked = false;
                moved();
                if (!answered) {
                    in.resume();
                }
            });
        }
    }

    private Future<Answer> take(HttpClientResponse head, Function<HttpClientResponse, Future<Answer>> reading) {
        answered = true;
        moved();
        if (!ended) {
            in.pause();
        }
        return reading.apply(head);
    }

    /** A connection that expects more of a body can serve nobody else. */
    private void end(boolean succeeded) {
        answered = true;
        if (!ended) {
            in.pause();
        }
        if (!ended || !succeeded) {
            Exchange.cut(out);
        }
    }

    private void broken() {
        answer.tryFail(brokenOff());
    }

    private static Throwable brokenOff() {
        return new GatewayFailure.InvalidRequest(
                        "body: broken off (expected: all that was announced, and to wait for the answer)")
                .asException();
    }

    private void moved() {
        movedAt = System.nanoTime();
    }

    private void look() {
        if (System.nanoTime() - movedAt >= silence.toNanos()) {
            answer.tryFail(silent().asException());
        }
    }

    private GatewayFailure silent() {
        String time = silence.toSeconds() + " s";
        if (ended || answered) {
            return new GatewayFailure.BuildTimeout("the runtime API has it all and did not answer for " + time);
        }
        return blocked
                ? new GatewayFailure.BuildTimeout("the runtime API took nothing of the body for " + time)
                : new GatewayFailure.InvalidRequest(
                        "body: nothing of it came for " + time + " (expected: all that was announced)");
    }
}
