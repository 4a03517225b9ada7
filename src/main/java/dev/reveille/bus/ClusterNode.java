package dev.reveille.bus;

import java.util.Objects;
import java.util.UUID;

/**
 * This process as a member of the cluster.
 *
 * @param id its name among the members; another one after each start, so that leases of an earlier life are nobody's
 */
public record ClusterNode(String id) {
    public ClusterNode {
        Objects.requireNonNull(id, "id");
    }

    /** A node that is alone. */
    public static ClusterNode alone() {
        return new ClusterNode("node-" + UUID.randomUUID().toString().substring(0, 8));
    }

    /** Whether {@code node} is a member now. A node that is alone knows but itself. */
    public boolean knows(String node) {
        return id.equals(node);
    }
}
