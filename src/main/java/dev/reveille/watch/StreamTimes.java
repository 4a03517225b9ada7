package dev.reveille.watch;

import java.time.Duration;
import java.util.Objects;

/**
 * How long things take on streams.
 *
 * @param heartbeat from one ping of a watcher to the next
 * @param stalledAfter how long one may take nothing
 * @param goodbyes over how long the closing is spread when this node leaves; may be zero
 */
record StreamTimes(Duration heartbeat, Duration stalledAfter, Duration goodbyes) {
    StreamTimes {
        Objects.requireNonNull(heartbeat, "heartbeat");
        Objects.requireNonNull(stalledAfter, "stalledAfter");
        Objects.requireNonNull(goodbyes, "goodbyes");
    }
}
