package dev.reveille.bus;

import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * This process as a member of the cluster. May be called from every thread; whom it tells of something is told on a thread
 * of its own, and must be quick.
 */
public interface ClusterNode {
    /** Its name among the members; another one after each start, so that leases of an earlier life are nobody's. */
    String id();

    /** Whether {@code node} is a member now. */
    boolean knows(String node);

    /** Whether {@code node} has been a member and is none any more. */
    boolean hasLeft(String node);

    /** How many nodes there are now, this one included. */
    int size();

    /** The names of all nodes that there are now, this one included. */
    default Set<String> members() {
        return Set.of(id());
    }

    /** Tells {@code listener} each time that members have come or gone, or a map may have lost something. */
    void onChange(Runnable listener);

    /** Tells {@code listener} what becomes of the entries of a shared map, whoever changed them. */
    void follow(String map, MapListener listener);

    /** Hears of changes of a shared map. */
    interface MapListener {
        /** @param value what the entry is now */
        void put(String value);

        /** @param value what it was */
        void removed(String value);
    }

    /** A node that is alone. */
    static ClusterNode alone() {
        return named("node-" + UUID.randomUUID().toString().substring(0, 8));
    }

    /** A node that is alone, with a name of the caller's choice. */
    static ClusterNode named(String id) {
        return new Alone(id);
    }

    /**
     * Without a cluster: nobody else was ever there, and whatever changes, changes here.
     *
     * @param id its name
     */
    record Alone(String id) implements ClusterNode {
        public Alone {
            Objects.requireNonNull(id, "id");
        }

        @Override
        public boolean knows(String node) {
            return id.equals(node);
        }

        @Override
        public boolean hasLeft(String node) {
            return !knows(node);
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public void onChange(Runnable listener) {
            Objects.requireNonNull(listener, "listener");
        }

        @Override
        public void follow(String map, MapListener listener) {
            Objects.requireNonNull(listener, "listener");
        }
    }
}
