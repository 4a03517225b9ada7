package dev.reveille.api;

import dev.reveille.registry.WakeHistory;
import dev.reveille.runtimeapi.BreakerReport;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * What a node can tell of itself that the API does not see. All of it may be asked on every thread, and answers at once.
 *
 * @param version of the gateway
 * @param nodes the names of the cluster's nodes, this one included
 * @param holds how many requests of a tenant wait on this node
 * @param breaker whether the runtime API is called at all
 * @param wakes the wakes of all nodes
 */
public record NodeFacts(
        String version,
        Supplier<Set<String>> nodes,
        ToIntFunction<String> holds,
        Supplier<BreakerReport> breaker,
        WakeHistory wakes) {
    public NodeFacts {
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(nodes, "nodes");
        Objects.requireNonNull(holds, "holds");
        Objects.requireNonNull(breaker, "breaker");
        Objects.requireNonNull(wakes, "wakes");
    }
}
