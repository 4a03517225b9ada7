package dev.reveille.config;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The log.
 *
 * @param level error, warn, info, debug or trace
 */
public record LogSettings(Format format, String level) {
    private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

    /** @throws IllegalArgumentException if there is no such level */
    public LogSettings {
        Objects.requireNonNull(format, "format");
        level = level.toLowerCase(Locale.ROOT);
        new Expectations("log")
                .that(LEVELS.contains(level), "level", level, "one of " + String.join(", ", LEVELS))
                .met();
    }

    /** How a line of the log looks. */
    public enum Format {
        /** For people: one line, columns first. */
        TEXT,
        /** For programs: one JSON object a line. */
        JSON
    }
}
