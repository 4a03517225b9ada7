package dev.reveille.bus;

import java.time.Duration;

/**
 * How impatient {@link Sessions} is with single nodes.
 *
 * @param kept how long a node may keep a command until the session has settled
 * @param silence how long after that a node counts as gone that does not answer. The next one gets twice that, since it
 *     may be the runtime API that is slow, which all nodes ask
 * @param pause before asking again where nobody serves an address, or a node is leaving
 * @param look between two looks at a session that is on its way, in case the news of its arrival was lost
 * @param answer how long it may take until any node has answered, however short the caller's patience
 */
record Pace(Duration kept, Duration silence, Duration pause, Duration look, Duration answer) {
    /** A node that was killed is no member any more after half a second, and one that hangs after ten. */
    static final Pace USUAL = new Pace(
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(200),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10));
}
