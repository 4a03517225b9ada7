package dev.reveille.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The embedded sandbox host.
 *
 * @param directory where each sandbox has its workspace
 * @param command run for each sandbox; empty: the built-in sandbox program
 * @param maxSandboxes how many run at once
 * @param startTimeout from starting a sandbox's process to its first answer
 */
public record EmbeddedSettings(
        Path directory, List<String> command, Isolation isolation, int maxSandboxes, Duration startTimeout) {
    /** @throws IllegalArgumentException naming all values that are out of range */
    public EmbeddedSettings {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(isolation, "isolation");
        command = List.copyOf(command);
        new Expectations("embedded")
                .that(
                        command.isEmpty() || !command.get(0).isBlank(),
                        "command",
                        command.toString(),
                        "a program to run first")
                .number("max-sandboxes", maxSandboxes, 1, 10_000)
                .time("start-timeout", startTimeout)
                .met();
    }
}
