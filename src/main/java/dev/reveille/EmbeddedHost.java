package dev.reveille;

import dev.reveille.bus.ClusterNode;
import dev.reveille.config.EmbeddedSettings;
import dev.reveille.sandboxhost.SandboxHost;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one embedded sandbox host of a cluster, whose nodes are all on this machine: the node that has its directory runs it,
 * and the others use it. When that node leaves, another one goes on with the same directory and the same port, so that no
 * URL changes; the sandboxes are paused then.
 */
final class EmbeddedHost {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedHost.class);
    private static final String MAP = "reveille.embedded";
    private static final String PORT = "port";
    private static final int TRIES = 5;
    private static final long BETWEEN_TRIES_MILLIS = 500;

    private final Vertx vertx;
    private final ClusterNode node;
    private final EmbeddedSettings settings;
    private AsyncMap<String, Integer> shared;
    private volatile int port;
    private volatile SandboxHost own;
    private volatile boolean leaving;
    private volatile boolean endedInOrder;

    EmbeddedHost(Vertx vertx, ClusterNode node, EmbeddedSettings settings) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.node = Objects.requireNonNull(node, "node");
        this.settings = Objects.requireNonNull(settings, "settings");
    }

    /** @return its base; fails if it cannot be started and no other node runs it */
    Future<URI> start() {
        return vertx.sharedData()
                .<String, Integer>getAsyncMap(MAP)
                .compose(map -> {
                    shared = map;
                    node.onChange(() -> goOn(TRIES));
                    return port(TRIES);
                })
                .onSuccess(at -> port = at)
                .map(at -> URI.create("http://127.0.0.1:" + at));
    }

    /** As {@link SandboxHost#endsInOrder}, for a host that it takes over later, too. */
    void endsInOrder() {
        endedInOrder = true;
        SandboxHost host = own;
        if (host != null) {
            host.endsInOrder();
        }
    }

    Future<Void> stop() {
        leaving = true;
        return own == null ? Future.succeededFuture() : own.stop();
    }

    /** Another node that has the directory tells its port, at once or as soon as it listens. */
    private Future<Integer> port(int tries) {
        return shared.get(PORT)
                .compose(known -> run(known == null ? 0 : known)
                        .recover(taken -> known != null && node.size() > 1
                                ? Future.succeededFuture(known)
                                : again(tries, taken)));
    }

    private Future<Integer> again(int tries, Throwable taken) {
        return node.size() == 1 || tries == 0
                ? Future.failedFuture(taken)
                : vertx.timer(BETWEEN_TRIES_MILLIS, TimeUnit.MILLISECONDS).compose(later -> port(tries - 1));
    }

    private Future<Integer> run(int port) {
        SandboxHost host = new SandboxHost(vertx, settings);
        return host.start(port)
                .onSuccess(up -> {
                    own = host;
                    if (endedInOrder) {
                        host.endsInOrder();
                    }
                })
                .compose(at -> shared.put(PORT, at).map(at));
    }

    /**
     * For when a node has left: it may have been the one that had the directory, and takes a moment to let go of it. Or it
     * held what the shared map said of the port: this node's own memory counts, and those who join must find it.
     */
    private void goOn(int tries) {
        if (leaving || tries == 0 || port == 0) {
            return;
        }
        if (own != null) {
            shared.put(PORT, port).onFailure(e -> LOG.warn("the embedded host's port is not told: {}", e.getMessage()));
            return;
        }
        run(port).onFailure(taken -> {
            LOG.debug("the embedded host is somewhere else: {}", taken.getMessage());
            vertx.setTimer(BETWEEN_TRIES_MILLIS, t -> goOn(tries - 1));
        });
    }
}
