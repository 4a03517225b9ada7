package dev.reveille.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The memory of sessions.
 *
 * @param retainStopped how long a stopped or failed session stays known; may be zero
 * @param repairInterval between two comparisons of the local routes with the shared registry
 * @param directory where the names of sandboxes are kept; empty: nowhere
 */
public record RegistrySettings(Duration retainStopped, Duration repairInterval, Optional<Path> directory) {
    /** @throws IllegalArgumentException naming all values that are out of range */
    public RegistrySettings {
        Objects.requireNonNull(directory, "directory");
        new Expectations("registry")
                .timeOrNone("retain-stopped", retainStopped)
                .time("repair-interval", repairInterval)
                .met();
    }
}
