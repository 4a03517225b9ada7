package dev.reveille.registry;

import static dev.reveille.session.Examples.running;
import static dev.reveille.session.Examples.session;
import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class WaitersTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private final Session running = session("s-1", running("rt1"));
    private final Session stopped = session("s-1", new SandboxState.Stopped());
    private Waiters waiters;

    @BeforeEach
    void start(Vertx vertx) {
        waiters = new Waiters(vertx);
    }

    @Test
    void whoWaitsIsToldWhenThePointIsReachedAndNotBefore() {
        Future<Optional<Session>> waiting = waiters.add(running.id(), running::equals, LONG);

        waiters.tell(stopped);
        waiters.tell(running);

        assertThat(await(waiting)).contains(running);
    }

    @Test
    void whoWaitsIsToldOnceWithWhatCameFirst() {
        AtomicInteger told = new AtomicInteger();
        Future<Optional<Session>> waiting =
                waiters.add(running.id(), s -> true, LONG).onComplete(done -> told.incrementAndGet());

        waiters.tell(stopped);
        waiters.tell(running);
        waiters.tell(running);

        assertThat(await(waiting)).contains(stopped);
        assertThat(told).hasValue(1);
    }

    @Test
    void otherSessionsAreNoNews() {
        Future<Optional<Session>> waiting = waiters.add(running.id(), s -> true, Duration.ofMillis(30));

        waiters.tell(session("s-2", running("rt2")));

        assertThat(await(waiting)).isEmpty();
    }

    @Test
    void patienceEndsInNothing() {
        assertThat(await(waiters.add(running.id(), s -> true, Duration.ofMillis(1))))
                .isEmpty();
        assertThat(await(waiters.add(running.id(), s -> true, Duration.ZERO))).isEmpty();
    }

    @Test
    void everyoneIsToldOnTheContextHeCameFrom(Vertx vertx) {
        Context context = vertx.getOrCreateContext();
        Promise<Boolean> onIt = Promise.promise();
        Promise<Void> waits = Promise.promise();
        context.runOnContext(v -> {
            waiters.add(running.id(), s -> true, LONG)
                    .onComplete(told -> onIt.complete(Vertx.currentContext() == context));
            waits.complete();
        });
        await(waits.future());

        waiters.tell(running);

        assertThat(await(onIt.future())).isTrue();
    }

    @Test
    void manyWaitForTheSameAndNobodyIsLeftOver() {
        var all = IntStream.range(0, 1000)
                .mapToObj(i -> waiters.add(running.id(), running::equals, LONG))
                .toList();

        waiters.tell(running);
        await(Future.all(all));

        assertThat(all).allSatisfy(w -> assertThat(w.result()).contains(running));
        assertThat(waiters.count()).isZero();
    }
}
