package dev.reveille.registry;

import static dev.reveille.session.Examples.NOON;
import static dev.reveille.session.Examples.paused;
import static dev.reveille.session.Examples.running;
import static dev.reveille.session.Examples.session;
import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class SessionStoreTest {
    private final Session running = session("s-1", running("rt1"));
    private final Session paused = running.to(paused("rt1"), NOON.plusSeconds(1));
    private AsyncMap<String, String> map;
    private SessionStore store;

    @BeforeEach
    void start(Vertx vertx) {
        map = await(vertx.sharedData().getAsyncMap(SessionStore.MAP));
        store = new SessionStore(map);
    }

    @Test
    void aSessionIsCreatedOnlyOnce() {
        assertThat(await(store.create(running))).isTrue();
        assertThat(await(store.create(session("s-1", new SandboxState.Stopped()))))
                .isFalse();

        assertThat(await(store.get(running.id()))).contains(running);
    }

    @Test
    void aRecordIsSwappedOnlyForTheOneThatStandsThere() {
        await(store.create(running));

        assertThat(await(store.replace(paused, running))).isFalse();
        assertThat(await(store.replace(running, paused))).isTrue();
        assertThat(await(store.replace(running, paused))).isFalse();

        assertThat(await(store.get(running.id()))).contains(paused);
    }

    @Test
    void ofManyWhoSwapAtOnceOneWins() {
        await(store.create(running));

        List<Future<Boolean>> swaps = IntStream.range(0, 50)
                .mapToObj(i -> store.replace(running, running.to(paused("rt1"), NOON.plusSeconds(i))))
                .toList();
        await(Future.all(swaps));

        assertThat(swaps.stream().map(Future::result).filter(won -> won)).hasSize(1);
    }

    @Test
    void onlyTheRecordThatIsMeantIsRemoved() {
        await(store.create(paused));

        assertThat(await(store.remove(running))).isFalse();
        assertThat(await(store.remove(paused))).isTrue();
        assertThat(await(store.get(paused.id()))).isEmpty();
    }

    @Test
    void aRecordThatThisVersionCannotReadHidesNoOther() {
        await(store.create(running));
        await(map.put("s-2", "{\"v\":9}"));
        await(map.put("s-3", "no json"));

        assertThat(await(store.all()).stream().map(SessionStore::understood).flatMap(Optional::stream))
                .containsExactly(running);
        assertThat(await(store.get(new SessionId("s-2")).map(Objects::toString).otherwise("failed")))
                .isEqualTo("failed");
    }
}
