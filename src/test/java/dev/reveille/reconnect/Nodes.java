package dev.reveille.reconnect;

import dev.reveille.testing.JarCluster;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

/** Where one may go to: as a balancer sees them, which learns of a death only afterwards. */
final class Nodes {
    private final JarCluster cluster;
    private final List<Integer> living;

    Nodes(JarCluster cluster) {
        this.cluster = cluster;
        this.living = new CopyOnWriteArrayList<>(
                IntStream.range(0, cluster.size()).boxed().toList());
    }

    int any(Random random) {
        Integer[] those = living.toArray(Integer[]::new);
        return those[random.nextInt(those.length)];
    }

    URI url(int node) {
        return cluster.node(node).url();
    }

    List<Integer> living() {
        return List.copyOf(living);
    }

    /** {@code kill -9}. */
    void kill(int node) {
        cluster.kill(node);
        living.remove((Integer) node);
    }

    /** One more, ready when this returns. */
    void add() {
        cluster.add(Map.of());
        living.add(cluster.size() - 1);
    }
}
