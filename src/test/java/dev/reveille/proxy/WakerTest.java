package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.config.HoldSettings;
import dev.reveille.registry.Route;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Lease;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import dev.reveille.testing.Registries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class WakerTest {
    private static final SandboxRuntime RUNTIME =
            new SandboxRuntime(new RuntimeId("rt"), URI.create("http://127.0.0.1:1"), Optional.empty(), Map.of());

    private final Holds holds = new Holds(new HoldSettings(ofSeconds(10), 9, 9, 9, 1), new SimpleMeterRegistry());
    private final AtomicInteger asked = new AtomicInteger();
    private final Promise<JsonObject> second = Promise.promise();
    private Vertx vertx;
    private Context loop;
    private SessionRegistry registry;
    private Session asleep;

    @BeforeEach
    void start(Vertx given) {
        vertx = given;
        loop = vertx.getOrCreateContext();
        registry = Registries.registry(
                vertx,
                new SessionStore(await(vertx.sharedData().<String, String>getLocalAsyncMap("sessions"))),
                ClusterNode.alone());
        SessionSpec spec = new SessionSpec("{}", Map.of(), ClosePolicy.STOP, false, Optional.empty());
        Session first = Session.first(
                new SessionId("s"), "t", spec, new SandboxState.Paused(RUNTIME), Cause.CLIENT, Instant.EPOCH);
        asleep = await(registry.create(first)).orElseThrow();
    }

    private Waker waker(Duration deadline) {
        return new Waker(vertx, registry, holds, deadline);
    }

    private Future<Route> waits(Waker waker) {
        Promise<Route> done = Promise.promise();
        loop.runOnContext(v -> Future.succeededFuture()
                .compose(now -> waker.await(
                        new Route(asleep, RUNTIME, Map.of()),
                        new Waker.Patience(ofSeconds(10), Duration.ZERO),
                        Promise.<Void>promise().future(),
                        new Turn(vertx, null, System.nanoTime(), false)))
                .onComplete(done));
        return done.future();
    }

    /** The first wake fails at once, the second is on its way until {@link #second} says otherwise. */
    private void wakesFailOnce(boolean seen) {
        Catalogue.RESUME.serve(vertx.eventBus(), command -> {
            if (asked.incrementAndGet() == 1) {
                return Future.failedFuture(
                        new GatewayFailure.StepFailed(GatewayFailure.Step.RESUME, "no").asException());
            }
            if (!seen) {
                return second.future();
            }
            Lease lease = new Lease("here", Instant.now().plusSeconds(60));
            return registry.change(
                            asleep, asleep.to(new SandboxState.Resuming(lease, RUNTIME), Instant.EPOCH.plusSeconds(1)))
                    .compose(resuming -> second.future());
        });
    }

    /** The later wake is the same event loop's, or another's. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoWaitsForALaterWakeIsNotSentOnForTheOneThatFailed(boolean other) {
        wakesFailOnce(other);
        Waker waker = waker(ofSeconds(10));
        assertThat(waits(waker).otherwiseEmpty())
                .satisfies(first -> assertThat(await(first)).isNull());

        Future<Route> later = waits(other ? waker(ofSeconds(10)) : waker);
        Rig.eventually("it is being woken", () -> asked.get() == 2);
        await(vertx.timer(1_200, TimeUnit.MILLISECONDS));

        assertThat(later.isComplete()).isFalse();
        assertThat(holds.of("t")).isEqualTo(1);
    }

    @Test
    void aWakeThatCannotBeAskedForLeavesNoSeatTaken() {
        Future<Route> never = waits(waker(ofHours(2)));

        assertThatThrownBy(() -> await(never)).isInstanceOf(IllegalArgumentException.class);
        assertThat(holds.of("t")).isZero();
    }

    @Test
    void whoWaitsWhenTheNodeLeavesIsToldSoAndGivesItsSeatBack() {
        Catalogue.RESUME.serve(vertx.eventBus(), command -> second.future());
        Waker waker = waker(ofSeconds(10));
        Future<Route> early = waits(waker);
        Future<Route> alike = waits(waker);
        Rig.eventually("both wait", () -> holds.of("t") == 2);

        loop.runOnContext(v -> waker.leave());

        for (Future<Route> told : List.of(early, alike, waits(waker))) {
            assertThatThrownBy(() -> await(told)).hasMessageContaining("shutting_down");
        }
        assertThat(holds.of("t")).isZero();
    }

    @Test
    void whoLinesUpForASandboxThatIsAwakeMayDoSoWhileTheNodeLeaves() {
        Promise<Route> inLine = Promise.promise();
        holds.close();

        loop.runOnContext(v -> waker(ofSeconds(10))
                .lineUp(
                        new Route(asleep, RUNTIME, Map.of()),
                        new Waker.Patience(ofSeconds(10), ofSeconds(10)),
                        Promise.<Void>promise().future(),
                        new Turn(vertx, null, System.nanoTime(), false))
                .onComplete(inLine));

        assertThat(await(inLine.future())).isNotNull();
        assertThat(holds.of("t")).isZero();
    }
}
