package dev.reveille.bus;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class SharedSecretTest {
    /** A node that a test tells of changes. */
    private static final class Told implements ClusterNode {
        private final List<Runnable> listeners = new ArrayList<>();

        @Override
        public String id() {
            return "told";
        }

        @Override
        public boolean knows(String node) {
            return false;
        }

        @Override
        public boolean hasLeft(String node) {
            return false;
        }

        @Override
        public int size() {
            return 2;
        }

        @Override
        public void onChange(Runnable listener) {
            listeners.add(listener);
        }

        @Override
        public void follow(String map, MapListener listener) {}

        private void change() {
            listeners.forEach(Runnable::run);
        }
    }

    private static AsyncMap<String, String> map(Vertx vertx) {
        return await(vertx.sharedData().getAsyncMap("reveille.secrets"));
    }

    @Test
    void allNodesHaveTheSame(Vertx vertx) {
        byte[] first = await(SharedSecret.of(vertx, new Told(), "tickets")).get();
        byte[] second = await(SharedSecret.of(vertx, new Told(), "tickets")).get();

        assertThat(first).hasSize(32).isEqualTo(second);
        assertThat(await(SharedSecret.of(vertx, new Told(), "others")).get()).isNotEqualTo(first);
    }

    @Test
    void whoeverKnowsItPutsItBackWhenTheClusterHasLostIt(Vertx vertx) {
        Told node = new Told();
        byte[] known = await(SharedSecret.of(vertx, node, "tickets")).get();
        await(map(vertx).clear());

        node.change();

        assertThat(await(SharedSecret.of(vertx, new Told(), "tickets")).get()).isEqualTo(known);
    }

    @Test
    void theOneOfAnotherHalfIsTakenOver(Vertx vertx) {
        Told node = new Told();
        SharedSecret secret = await(SharedSecret.of(vertx, node, "tickets"));
        await(map(vertx).put("tickets", "AQID"));

        node.change();
        await(map(vertx).get("tickets"));

        assertThat(secret.get()).containsExactly(1, 2, 3);
    }
}
