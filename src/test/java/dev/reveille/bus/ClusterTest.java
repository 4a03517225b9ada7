package dev.reveille.bus;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever cannot join is told what about. */
class ClusterTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatIsNotThereIsNamed() {
        Path file = folder.resolve("none.xml");

        assertThatThrownBy(() -> join(file))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("NoSuchFile");
    }

    @Test
    void aFileThatIsWrongIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("wrong.xml"), "<hazelcast><nonsense/></hazelcast>");

        assertThatThrownBy(() -> join(file))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("InvalidConfiguration");
    }

    private static void join(Path file) throws Exception {
        Cluster.Options options =
                new Cluster.Options("test", "127.0.0.1", 5701, "127.0.0.1", 0, Optional.of(file), false);
        Cluster.join(options, new VertxOptions(), Vertx.builder()).await(10, SECONDS);
    }
}
