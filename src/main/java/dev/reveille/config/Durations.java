package dev.reveille.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 250ms}, {@code 10s}, {@code 5m}, {@code 1h}, {@code 1d} or {@code PT10S}. */
final class Durations {
    private static final String EXAMPLES = "a duration such as 250ms, 10s, 5m, 1h, 1d or PT10S";
    private static final Pattern FORM = Pattern.compile("([0-9]{1,10})(ms|s|m|h|d)");
    private static final Pattern NUMBER = Pattern.compile("[0-9.]+");
    private static final Map<String, Duration> UNITS = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1));

    private Durations() {}

    static Duration read(String text) throws MismatchException {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher matcher = FORM.matcher(text);
        if (matcher.matches()) {
            return UNITS.get(matcher.group(2)).multipliedBy(Long.parseLong(matcher.group(1)));
        }
        if (NUMBER.matcher(text).matches()) {
            throw new MismatchException(EXAMPLES + "; a unit is missing");
        }
        return iso(text);
    }

    /** In the largest unit that leaves a whole number, so that it reads back as the same duration. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) {
            return duration.isZero() ? "0s" : duration.toString();
        }
        for (String unit : new String[] {"d", "h", "m", "s"}) {
            long length = UNITS.get(unit).toMillis();
            if (millis % length == 0) {
                return millis / length + unit;
            }
        }
        return millis + "ms";
    }

    private static Duration iso(String text) throws MismatchException {
        try {
            Duration duration = Duration.parse(text);
            if (duration.equals(Duration.ofMillis(duration.toMillis()))) {
                return duration;
            }
            throw new MismatchException(EXAMPLES + ", in whole milliseconds");
        } catch (DateTimeException | ArithmeticException e) {
            throw new MismatchException(EXAMPLES);
        }
    }
}
