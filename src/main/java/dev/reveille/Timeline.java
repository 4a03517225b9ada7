package dev.reveille;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Status changes as a watcher saw them. Filled by an event loop, read by the main thread. */
final class Timeline {
    private final List<JsonObject> changes = new ArrayList<>();
    private boolean quiet;
    private int leftOut;

    /** While quiet, changes are only counted. */
    synchronized void quiet(boolean now) {
        quiet = now;
    }

    /** @param message of a stream; only states and changes are of interest */
    synchronized void add(JsonObject message) {
        if (!message.containsKey("cause")) {
            return;
        }
        if (quiet) {
            leftOut++;
        } else {
            changes.add(message);
        }
    }

    /** A line a change: milliseconds since the first, the state, why, and how long the state before lasted. */
    synchronized void print(PrintWriter out) {
        if (changes.isEmpty()) {
            return;
        }
        Instant first = Instant.parse(changes.get(0).getString("at"));
        out.println();
        out.println("Status changes, as a websocket saw them:");
        for (JsonObject change : changes) {
            long at = Duration.between(first, Instant.parse(change.getString("at")))
                    .toMillis();
            out.println(String.format(
                            "  %6d ms  %-9s  %-8s  %s %s",
                            at,
                            change.getString("state"),
                            change.getString("cause"),
                            change.getString("message").strip(),
                            change.getString("detail"))
                    .stripTrailing());
        }
        if (leftOut > 0) {
            out.println("  (and " + leftOut + " while the wakes were measured)");
        }
    }
}
