package dev.reveille.runtimeapi;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends one request and takes its whole answer, within a time and up to a size. */
final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    /** Below the 5 s after which common Python servers close an idle connection, so that we do not send into a closing one. */
    private static final int IDLE_SECONDS = 4;

    /** A connection that was given up stays until what is written has left, so for ever if upstream takes nothing more. */
    private static final int STALL_MILLIS = 60_000;

    /** The client's own 5 would let a few hanging calls block all others. */
    private static final int CONNECTIONS_PER_HOST = 256;

    private final HttpClient client;
    private final Duration timeout;
    private final int longestBody;

    /**
     * @param timeout from the call of {@link #send} to the last byte of the answer
     * @param longestBody in bytes
     */
    Exchange(Vertx vertx, Duration timeout, int longestBody) {
        this.client = vertx.httpClientBuilder()
                .with(new HttpClientOptions().setKeepAliveTimeout(IDLE_SECONDS).setTcpUserTimeout(STALL_MILLIS))
                .with(new PoolOptions().setHttp1MaxSize(CONNECTIONS_PER_HOST))
                // A connection that breaks while idle is nobody's trouble; Vert.x would report it as an error.
                .withConnectHandler(connection ->
                        connection.exceptionHandler(broken -> LOG.debug("connection broke: {}", broken.toString())))
                .build();
        this.timeout = timeout;
        this.longestBody = longestBody;
    }

    /**
     * Any status is a success. Fails as {@code UNREACHABLE} or {@code UNANSWERED}.
     *
     * <p>The reading is attached where the request is sent, on its event loop. Attached out here, by a caller on another
     * thread, it came now and then after the end of a quick answer.
     */
    Future<Answer> send(RequestOptions options, Optional<Buffer> body) {
        Attempt attempt = new Attempt();
        return request(options)
                .compose(request -> attempt.send(request, body).compose(this::read))
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .recover(cause -> Future.failedFuture(attempt.abandon(cause)));
    }

    /** A request that its taker sends, and for whose end it cares. Fails as {@code UNREACHABLE}. */
    Future<HttpClientRequest> open(RequestOptions options) {
        return request(options).recover(cause -> Future.failedFuture(RuntimeApiException.notConnected()));
    }

    /** A client that was closed says so by throwing, whatever its node had in mind still. */
    private Future<HttpClientRequest> request(RequestOptions options) {
        try {
            return client.request(options.setConnectTimeout(timeout.toMillis()));
        } catch (IllegalStateException closed) {
            return Future.failedFuture(closed);
        }
    }

    Future<Void> close() {
        return client.close();
    }

    /** The whole answer, or its first bytes if it is too long. Takes any time. */
    Future<Answer> read(HttpClientResponse response) {
        Promise<Answer> answer = Promise.promise();
        Buffer body = Buffer.buffer();
        response.exceptionHandler(answer::tryFail);
        response.handler(chunk -> {
            if (body.length() + chunk.length() <= longestBody) {
                body.appendBuffer(chunk);
            } else if (answer.tryComplete(answer(response, body, false))) {
                cut(response.request());
            }
        });
        response.endHandler(end -> answer.tryComplete(answer(response, body, true)));
        return answer.future();
    }

    private static Answer answer(HttpClientResponse response, Buffer body, boolean whole) {
        return new Answer(
                response.statusCode(),
                response.getHeader("Content-Type"),
                response.getHeader("Retry-After"),
                body,
                whole);
    }

    static void cut(HttpClientRequest request) {
        request.reset().onFailure(cause -> LOG.trace("reset of a request that had ended: {}", cause.toString()));
    }

    /** Knows whether anything was sent. The timer may run on another thread than the client. */
    private final class Attempt {
        private HttpClientRequest sent;
        private boolean abandoned;

        synchronized Future<HttpClientResponse> send(HttpClientRequest request, Optional<Buffer> body) {
            if (abandoned) {
                cut(request);
                return Future.failedFuture(RuntimeApiException.notConnected());
            }
            sent = request;
            return body.isPresent() ? request.send(body.get()) : request.send();
        }

        synchronized RuntimeApiException abandon(Throwable cause) {
            abandoned = true;
            LOG.debug(
                    "exchange failed sent={} cause={}",
                    sent != null,
                    cause.getClass().getSimpleName());
            if (sent == null) {
                return RuntimeApiException.notConnected();
            }
            cut(sent);
            return cause instanceof TimeoutException
                    ? RuntimeApiException.timedOut(timeout)
                    : RuntimeApiException.lost();
        }
    }
}
