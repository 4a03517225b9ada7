package dev.reveille.webhook;

import dev.reveille.config.WebhookSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The server that wants to hear of changes. Belongs to one event loop. */
final class Receiver {
    /** How many may be on their way to it at once. */
    static final int TOGETHER = 16;

    private final URI url;
    private final Duration timeout;
    private final Signature signature;
    private final InstantSource clock;
    private final HttpClientAgent client;

    /** @param url has a host; what it answers beside the status is not read */
    Receiver(Vertx vertx, URI url, WebhookSettings settings, InstantSource clock) {
        this.url = url;
        this.timeout = settings.timeout();
        this.signature = new Signature(settings.secret().orElseThrow());
        this.clock = clock;
        this.client = vertx.httpClientBuilder()
                .with(new HttpClientOptions()
                        .setSsl("https".equalsIgnoreCase(url.getScheme()))
                        .setConnectTimeout((int) timeout.toMillis())
                        .setKeepAliveTimeout(30))
                .with(new PoolOptions().setHttp1MaxSize(TOGETHER))
                .withConnectHandler(connection -> connection.exceptionHandler(broke -> {}))
                .build();
    }

    /**
     * Posts once.
     *
     * @param id the same each time that this is posted
     * @return done; fails with {@link Refused}, or with what happened on the way
     */
    Future<Void> post(String id, String body) {
        long at = clock.instant().getEpochSecond();
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(url.toString())
                .setFollowRedirects(false)
                .putHeader(HttpHeaders.CONTENT_TYPE.toString(), "application/json")
                .putHeader(HttpHeaders.USER_AGENT.toString(), "Reveille")
                .putHeader("webhook-id", id)
                .putHeader("webhook-timestamp", Long.toString(at))
                .putHeader("webhook-signature", signature.of(id, at, body));
        Future<HttpClientRequest> connected = client.request(options);
        return connected
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(late -> connected.onSuccess(HttpClientRequest::reset))
                .compose(request -> answered(request, body));
    }

    private Future<Void> answered(HttpClientRequest request, String body) {
        return request.send(Buffer.buffer(body))
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(late -> request.reset())
                .compose(answer -> {
                    Optional<Duration> later = retryAfter(answer);
                    boolean taken = answer.statusCode() / 100 == 2;
                    unread(answer);
                    return taken
                            ? Future.succeededFuture()
                            : Future.failedFuture(new Refused(answer.statusCode(), later));
                });
    }

    /** A short body leaves the connection usable; of a long one nobody knows when it ends. */
    private void unread(HttpClientResponse answer) {
        String length = answer.getHeader(HttpHeaders.CONTENT_LENGTH);
        boolean brief = length != null && length.length() <= 4;
        answer.exceptionHandler(broke -> {});
        if (brief) {
            answer.end()
                    .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .onFailure(late -> answer.request().reset());
            answer.handler(ignored -> {});
        } else {
            answer.request().reset().onFailure(gone -> {});
        }
    }

    private static Optional<Duration> retryAfter(HttpClientResponse answer) {
        String seconds = answer.getHeader(HttpHeaders.RETRY_AFTER);
        return seconds != null && seconds.matches("[0-9]{1,6}")
                ? Optional.of(Duration.ofSeconds(Long.parseLong(seconds)))
                : Optional.empty();
    }

    Future<Void> close() {
        return client.close();
    }

    /** It answered, and does not want it, or not now. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient Optional<Duration> retryAfter;

        private Refused(int status, Optional<Duration> retryAfter) {
            super("it answered " + status);
            this.retryAfter = retryAfter;
        }

        Optional<Duration> retryAfter() {
            return retryAfter;
        }
    }
}
