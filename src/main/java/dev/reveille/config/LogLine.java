package dev.reveille.config;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** What both formats of the log have in common. */
final class LogLine {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final String OURS = "dev.reveille.";

    private LogLine() {}

    /** In UTC, always with three digits of a second, so that columns line up. */
    static String time(long epochMillis) {
        return TIME.format(Instant.ofEpochMilli(epochMillis));
    }

    /** The room of Reveille that a logger is in; of another logger its last word. */
    static String room(String logger) {
        if (!logger.startsWith(OURS)) {
            return logger.substring(logger.lastIndexOf('.') + 1);
        }
        int end = logger.indexOf('.', OURS.length());
        return end < 0
                ? logger.substring(OURS.length()).toLowerCase(Locale.ROOT)
                : logger.substring(OURS.length(), end);
    }
}
