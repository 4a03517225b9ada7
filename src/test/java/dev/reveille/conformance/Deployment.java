package dev.reveille.conformance;

import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What can stand behind the gateway. The same cases run before each. */
enum Deployment {
    /** A runtime API that does as it is told. */
    SCRIPTED {
        @Override
        Stage open(Vertx vertx, Path folder, String... settings) {
            return Stage.scripted(vertx, settings);
        }
    },
    /** The embedded host, with real processes. */
    EMBEDDED {
        @Override
        Stage open(Vertx vertx, Path folder, String... settings) {
            Stream<String> host = Stream.of("embedded.directory=" + folder, "embedded.isolation=none");
            return Stage.embedded(
                    vertx, Stream.concat(host, Stream.of(settings)).toArray(String[]::new));
        }
    };

    /** @param folder for the sandboxes of the embedded host */
    abstract Stage open(Vertx vertx, Path folder, String... settings);
}
