package dev.reveille.runtimeapi;

import static dev.reveille.runtimeapi.Upstream.KEY;
import static dev.reveille.runtimeapi.Upstream.failure;
import static dev.reveille.runtimeapi.Upstream.result;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.BreakerSettings;
import dev.reveille.runtimeapi.RuntimeApiException.Kind;
import dev.reveille.session.RuntimeId;
import dev.reveille.testing.FakeRuntimeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.circuitbreaker.CircuitBreakerState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class BreakerTest {
    private static final RuntimeId RUNTIME = new RuntimeId("rt1");

    @Test
    void itOpensAfterTheFailuresAndAnswersAtOnce(Vertx vertx) throws Exception {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        FakeRuntimeApi fake = FakeRuntimeApi.start(vertx);
        RuntimeApi api = Upstream.api(vertx, fake, 2, meters);
        fake.session("s-1").isPaused();
        fake.on("POST", "/resume").resets();
        assertThat(state(meters)).isZero();

        failure(api.resume(KEY, RUNTIME));
        failure(api.resume(KEY, RUNTIME));
        RuntimeApiException failure = failure(api.resume(KEY, RUNTIME));

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure.detail()).matches(".* it will be tried again in \\d+ ms");
        assertThat(fake.calls("POST /resume")).isEqualTo(2);
        assertThat(state(meters)).isEqualTo(2);
        result(api.close());
        assertThat(meters.find("reveille.upstream.breaker.state").gauge()).isNull();
        fake.close();
    }

    @Test
    void itClosesWhenTheTrialSucceeds(Vertx vertx) throws Exception {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        FakeRuntimeApi fake = FakeRuntimeApi.start(vertx);
        RuntimeApi api = Upstream.api(vertx, fake, 1, meters);
        fake.session("s-1").isPaused();
        fake.on("POST", "/resume").resets().then(200);
        failure(api.resume(KEY, RUNTIME));
        assertThat(state(meters)).isEqualTo(2);

        result(vertx.timer(250, TimeUnit.MILLISECONDS));
        assertThat(state(meters)).isEqualTo(1);
        assertThat(result(api.resume(KEY, RUNTIME)).alreadyAwake()).isFalse();

        assertThat(state(meters)).isZero();
        result(api.close());
        fake.close();
    }

    @Test
    void refusalsOfTheQuestionDoNotOpenIt(Vertx vertx) throws Exception {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        FakeRuntimeApi fake = FakeRuntimeApi.start(vertx);
        RuntimeApi api = Upstream.api(vertx, fake, 1, meters);
        for (int status : new int[] {400, 401, 404, 409, 429}) {
            fake.on("POST", "/pause").answers(status);
            assertThat(failure(api.pause(KEY, RUNTIME)).status()).isEqualTo(status);
        }
        assertThat(state(meters)).isZero();
        result(api.close());
        fake.close();
    }

    @Test
    void aRepetitionThatMeetsTheOpenBreakerDoesNotHideThatTheFirstMayHaveWorked(Vertx vertx) throws Exception {
        FakeRuntimeApi fake = FakeRuntimeApi.start(vertx);
        RuntimeApi api = Upstream.api(vertx, fake, 1, new SimpleMeterRegistry());
        fake.session("s-1").isPaused();
        fake.on("POST", "/resume").losesTheAnswer();

        assertThat(failure(api.resume(KEY, RUNTIME)).kind()).isEqualTo(Kind.UNANSWERED);
        assertThat(fake.calls("POST /resume")).isEqualTo(1);
        result(api.close());
        fake.close();
    }

    @Test
    void refusedConnectionsTimeoutsAndLossesOpenIt(Vertx vertx) {
        assertOpens(vertx, RuntimeApiException.notConnected());
        assertOpens(vertx, RuntimeApiException.timedOut(ofMillis(500)));
        assertOpens(vertx, RuntimeApiException.lost());
    }

    @Test
    void whatMayBeTheTroubleOfOneRuntimeDoesNotStandInTheWayOfOthers(Vertx vertx) {
        Breaker breaker = breaker(vertx);

        failure(breaker.around(() -> Future.failedFuture(RuntimeApiException.garbled("pod_status", "a text"))));
        failure(breaker.around(() -> Future.failedFuture(RuntimeApiException.refused(500, "", Optional.empty()))));

        assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
        breaker.close();
    }

    @Test
    void onlyOneTrialPassesWhileItIsHalfOpen(Vertx vertx) throws Exception {
        Breaker breaker = breaker(vertx);
        failure(breaker.around(() -> Future.failedFuture(RuntimeApiException.lost())));
        result(vertx.timer(250, TimeUnit.MILLISECONDS));
        Promise<String> trial = Promise.promise();

        Future<String> first = breaker.around(trial::future);
        RuntimeApiException second = failure(breaker.around(() -> Future.succeededFuture("never asked")));
        trial.complete("well");

        assertThat(second.detail()).endsWith("it is being tried again now");
        assertThat(result(first)).isEqualTo("well");
        assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
        breaker.close();
    }

    @Test
    void aTrialThatFailsOpensItAgain(Vertx vertx) throws Exception {
        Breaker breaker = breaker(vertx);
        failure(breaker.around(() -> Future.failedFuture(RuntimeApiException.lost())));
        result(vertx.timer(250, TimeUnit.MILLISECONDS));
        failure(breaker.around(() -> Future.failedFuture(RuntimeApiException.lost())));
        assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
        breaker.close();
    }

    private static void assertOpens(Vertx vertx, RuntimeApiException fault) {
        Breaker breaker = breaker(vertx);
        assertThat(failure(breaker.around(() -> Future.failedFuture(fault)))).isSameAs(fault);
        assertThat(breaker.state()).as(fault.getMessage()).isEqualTo(CircuitBreakerState.OPEN);
        breaker.close();
    }

    private static Breaker breaker(Vertx vertx) {
        return new Breaker(vertx, new BreakerSettings(1, ofSeconds(10), ofMillis(200)));
    }

    private static double state(SimpleMeterRegistry meters) {
        return meters.get("reveille.upstream.breaker.state").gauge().value();
    }
}
