package dev.reveille.bus;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class EndpointTest {
    private static final Endpoint<JsonObject, JsonObject> ECHO =
            new Endpoint<>("test.echo", Shape.document(), Shape.document());

    @Test
    void aQuestionIsAnswered(Vertx vertx) throws Exception {
        served(vertx, ECHO, Future::succeededFuture);

        assertThat(ECHO.ask(vertx.eventBus(), new JsonObject().put("a", 1), Duration.ofSeconds(5))
                        .await(5, SECONDS))
                .isEqualTo(new JsonObject().put("a", 1));
    }

    @Test
    void aFailureArrivesAsItWas(Vertx vertx) throws Exception {
        GatewayFailure failure = new GatewayFailure.QuotaExceeded("too many", Duration.ofSeconds(2));
        served(vertx, ECHO, asked -> Future.failedFuture(failure.asException()));

        assertThat(failureOf(vertx, ECHO)).isEqualTo(failure);
    }

    @Test
    void aDefectIsInternalAndSaysNothingOfItself(Vertx vertx) throws Exception {
        served(vertx, ECHO, asked -> {
            throw new IllegalStateException("secret");
        });

        assertThat(failureOf(vertx, ECHO).code()).isEqualTo("internal");
        assertThat(failureOf(vertx, ECHO).detail()).doesNotContain("secret");
    }

    @Test
    void anAnswerThatCannotBeWrittenDownIsInternalAtOnce(Vertx vertx) throws Exception {
        Endpoint<JsonObject, JsonObject> broken = new Endpoint<>(
                "test.broken",
                Shape.document(),
                new Shape<>(
                        json -> {
                            throw new IllegalStateException("not writable");
                        },
                        Function.identity()));
        served(vertx, broken, asked -> vertx.timer(1).map(asked));

        assertThat(failureOf(vertx, broken).detail()).startsWith("something went wrong here");
    }

    @Test
    void aQuestionThatIsNotUnderstoodIsInvalid(Vertx vertx) throws Exception {
        served(vertx, Catalogue.GET, asked -> Future.succeededFuture(new JsonObject()));
        Endpoint<JsonObject, JsonObject> raw =
                new Endpoint<>(Catalogue.GET.address(), Shape.document(), Shape.document());

        assertThat(failureOf(vertx, raw).code()).isEqualTo("invalid_request");
    }

    @Test
    void withNobodyServingTheNodeIsOnItsWayInOrOut(Vertx vertx) {
        assertThat(failureOf(vertx, ECHO).code()).isEqualTo("shutting_down");
    }

    @Test
    void nobodyWaitsLongerThanHisPatience(Vertx vertx) throws Exception {
        Promise<JsonObject> never = Promise.promise();
        served(vertx, ECHO, asked -> never.future());

        FailureException late = catchThrowableOfType(
                FailureException.class,
                () -> ECHO.ask(vertx.eventBus(), new JsonObject(), Duration.ofMillis(20))
                        .await(5, SECONDS));

        assertThat(late.failure().detail()).isEqualTo("the gateway itself did not answer in time");
    }

    private static <A, R> void served(Vertx vertx, Endpoint<A, R> endpoint, Function<A, Future<R>> handler)
            throws Exception {
        endpoint.serve(vertx.eventBus(), handler).completion().await(5, SECONDS);
    }

    private static GatewayFailure failureOf(Vertx vertx, Endpoint<JsonObject, JsonObject> endpoint) {
        return catchThrowableOfType(
                        FailureException.class,
                        () -> endpoint.ask(vertx.eventBus(), new JsonObject(), Duration.ofSeconds(2))
                                .await(5, SECONDS))
                .failure();
    }
}
