package dev.reveille.testing;

import dev.reveille.bus.ClusterNode;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;

/** Registries of nodes that nobody asks where they route to, by the machine's clock. */
public final class Registries {
    private static final Duration RETAINED = Duration.ofHours(1);

    private Registries() {}

    /** What one node knows of the sessions in {@code store}. */
    public static SessionRegistry registry(Vertx vertx, SessionStore store, ClusterNode node) {
        return new SessionRegistry(vertx, store, node, routed -> {}, unrouted -> {}, RETAINED, InstantSource.system());
    }
}
