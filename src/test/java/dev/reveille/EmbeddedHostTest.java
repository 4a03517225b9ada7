package dev.reveille;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.ClusterNode;
import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.TestSettings;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Nodes of one machine share a host, also after the members are gone that held what the shared map said of it. */
@ExtendWith(VertxExtension.class)
class EmbeddedHostTest {
    private final Member member = new Member();

    @Test
    void goesOnAtTheSamePortThoughTheSharedMapHasLostIt(Vertx vertx, @TempDir Path folder) {
        EmbeddedHost first = new EmbeddedHost(vertx, ClusterNode.named("node-1"), settings(folder));
        EmbeddedHost second = new EmbeddedHost(vertx, member, settings(folder));
        URI at = await(first.start());
        assertThat(await(second.start())).isEqualTo(at);

        await(map(vertx).clear());
        await(first.stop());
        member.changes();

        untilTold(vertx, at.getPort());
        await(second.stop());
    }

    @Test
    void tellsItsPortAgainOnceTheSharedMapHasLostIt(Vertx vertx, @TempDir Path folder) {
        EmbeddedHost host = new EmbeddedHost(vertx, member, settings(folder));
        URI at = await(host.start());

        await(map(vertx).clear());
        member.changes();

        untilTold(vertx, at.getPort());
        await(host.stop());
    }

    private static EmbeddedSettings settings(Path folder) {
        return TestSettings.of("embedded.directory=" + folder, "embedded.isolation=none")
                .embedded();
    }

    private static AsyncMap<String, Integer> map(Vertx vertx) {
        return await(vertx.sharedData().getAsyncMap("reveille.embedded"));
    }

    private static void untilTold(Vertx vertx, int port) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (await(map(vertx).get("port")) == null && System.nanoTime() < end) {
            await(vertx.timer(5));
        }
        assertThat(await(map(vertx).get("port"))).isEqualTo(port);
    }

    /** One of two, that is told of changes when the test says so. */
    private static final class Member implements ClusterNode {
        private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

        void changes() {
            listeners.forEach(Runnable::run);
        }

        @Override
        public String id() {
            return "node-2";
        }

        @Override
        public boolean knows(String node) {
            return true;
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
        public void follow(String map, MapListener listener) {
            // Nobody asks here.
        }
    }
}
