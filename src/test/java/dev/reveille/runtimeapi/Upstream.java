package dev.reveille.runtimeapi;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.config.BreakerSettings;
import dev.reveille.config.UpstreamSettings;
import dev.reveille.testing.FakeRuntimeApi;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Settings and expectations that the tests of this room share. */
final class Upstream {
    static final Optional<String> KEY = Optional.of("up-key");
    /** Long enough for the first calls of a cold JVM on a busy machine. */
    static final Duration CALL_TIMEOUT = ofSeconds(1);

    private Upstream() {}

    /** Three attempts; the breaker opens after {@code failures}. */
    static RuntimeApi api(Vertx vertx, FakeRuntimeApi fake, int failures, MeterRegistry meters) {
        return api(vertx, fake.uri(), failures, meters);
    }

    static RuntimeApi api(Vertx vertx, URI base, int failures, MeterRegistry meters) {
        return new RuntimeApi(
                vertx,
                base,
                new UpstreamSettings(
                        Optional.of(base),
                        KEY,
                        CALL_TIMEOUT,
                        3,
                        ofMillis(5),
                        new BreakerSettings(failures, ofSeconds(10), ofMillis(200))),
                meters);
    }

    static <T> T result(Future<T> future) throws Exception {
        return future.await(10, SECONDS);
    }

    static RuntimeApiException failure(Future<?> future) {
        return catchThrowableOfType(RuntimeApiException.class, () -> future.await(10, SECONDS));
    }
}
