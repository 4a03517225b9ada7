package dev.reveille.api;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code Prefer: wait=N} (RFC 7240, 4.3): how many seconds the client would wait for the whole of it. */
final class Preference {
    static final String HEADER = "Prefer";
    static final String APPLIED = "Preference-Applied";

    private static final Pattern WAIT =
            Pattern.compile("\\s*wait\\s*=\\s*\"?(\\d{1,9})\"?\\s*", Pattern.CASE_INSENSITIVE);
    private static final Duration LONGEST = Duration.ofMinutes(30);

    private Preference() {}

    /** The first wait among {@code headers}, at most half an hour; zero if there is none. What is odd is ignored, as the RFC says. */
    static Duration wait(List<String> headers) {
        for (String header : headers) {
            for (String preference : header.split("[,;]", -1)) {
                Matcher wait = WAIT.matcher(preference);
                if (wait.matches()) {
                    Duration asked = Duration.ofSeconds(Long.parseLong(wait.group(1)));
                    return asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
                }
            }
        }
        return Duration.ZERO;
    }
}
