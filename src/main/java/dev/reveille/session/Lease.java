package dev.reveille.session;

import java.time.Instant;
import java.util.Objects;

/**
 * The right of one node to carry a session through one transition.
 *
 * <p>The moment stands in the record, since map entries that expire by themselves do so early and in whole seconds.
 *
 * @param node who holds it
 * @param until when anybody else may take it over; also the transition's own deadline
 */
public record Lease(String node, Instant until) {
    public Lease {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(until, "until");
    }

    public boolean hasRunOut(Instant now) {
        return !now.isBefore(until);
    }
}
