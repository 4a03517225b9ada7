package dev.reveille.watch;

import java.time.Duration;
import java.util.Objects;

/**
 * How long things take on streams.
 *
 * @param heartbeat from one ping of a watcher to the next
 * @param stalledAfter how long one may take nothing
 * @param lastWords from the closing of one that takes nothing until its connection is cut
 * @param repairInterval between two comparisons of what the registry knows here with the shared map
 * @param goodbyes over how long the closing is spread when this node leaves; may be zero
 */
record StreamTimes(
        Duration heartbeat, Duration stalledAfter, Duration lastWords, Duration repairInterval, Duration goodbyes) {
    StreamTimes {
        Objects.requireNonNull(heartbeat, "heartbeat");
        Objects.requireNonNull(stalledAfter, "stalledAfter");
        Objects.requireNonNull(lastWords, "lastWords");
        Objects.requireNonNull(repairInterval, "repairInterval");
        Objects.requireNonNull(goodbyes, "goodbyes");
    }
}
