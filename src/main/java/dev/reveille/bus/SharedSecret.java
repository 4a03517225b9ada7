package dev.reveille.bus;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Objects;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Random bytes that the nodes of a cluster have in common: who comes first makes them, and they are gone with the last node.
 * Two halves of a split cluster may have two; once they are one again, one of the two is everybody's. May be asked from
 * every thread.
 */
public final class SharedSecret implements Supplier<byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(SharedSecret.class);
    private static final String MAP = "reveille.secrets";
    private static final int BYTES = 32;

    private final AsyncMap<String, String> map;
    private final String name;
    private volatile String agreed;

    private SharedSecret(AsyncMap<String, String> map, String name, String proposed) {
        this.map = map;
        this.name = name;
        this.agreed = proposed;
    }

    /**
     * Finds it, or makes it.
     *
     * @param name tells it from others
     * @return once all nodes that are there have the same; fails if the shared map cannot be reached
     */
    public static Future<SharedSecret> of(Vertx vertx, ClusterNode node, String name) {
        Objects.requireNonNull(name, "name");
        byte[] proposed = new byte[BYTES];
        new SecureRandom().nextBytes(proposed);
        return vertx.sharedData()
                .<String, String>getAsyncMap(MAP)
                .map(map -> new SharedSecret(map, name, Base64.getEncoder().encodeToString(proposed)))
                .compose(secret -> secret.agree().map(secret))
                .onSuccess(secret -> node.onChange(secret::agreeAgain));
    }

    @Override
    public byte[] get() {
        return Base64.getDecoder().decode(agreed);
    }

    /** Members that left may have taken it with them, and those of another half bring their own. */
    private void agreeAgain() {
        agree().onFailure(error -> LOG.warn("the secret {} cannot be compared with other nodes'", name, error));
    }

    private Future<Void> agree() {
        return map.putIfAbsent(name, agreed)
                .onSuccess(there -> agreed = there == null ? agreed : there)
                .mapEmpty();
    }
}
