package dev.reveille.watch;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import dev.reveille.session.Session;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far the stream of one session had come.
 *
 * <pre>
 *   {revision}.{created at, milliseconds since 1970, base 36}
 * </pre>
 *
 * @param life when the session was created; empty if only a revision was given
 */
record Point(long revision, OptionalLong life) {
    private static final Pattern FORM = Pattern.compile("(0|[1-9][0-9]{0,17})(?:\\.([0-9a-z]{1,11}))?");
    private static final int RADIX = 36;

    static String of(Session session) {
        return of(session.revision(), session.createdAt());
    }

    static String of(long revision, Instant createdAt) {
        return revision + "." + Long.toString(createdAt.toEpochMilli(), RADIX);
    }

    /** @throws FailureException {@code invalid_request} if {@code text} has another form */
    static Point parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new GatewayFailure.InvalidRequest("since: " + Quoted.shortly(text)
                            + " (expected: the id of a message of this stream, or a revision)")
                    .asException();
        }
        String life = form.group(2);
        return new Point(
                Long.parseLong(form.group(1)),
                life == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(life, RADIX)));
    }

    boolean isOf(Session session) {
        return life.isEmpty() || life.getAsLong() == session.createdAt().toEpochMilli();
    }
}
