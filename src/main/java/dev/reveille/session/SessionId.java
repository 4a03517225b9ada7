package dev.reveille.session;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A client's own name for at most one live runtime.
 *
 * <p>Clients put it unescaped into a path, and event-bus addresses end in it, so it holds no slash, dot or escape.
 *
 * @param value 1 to 128 letters, digits, {@code -} or {@code _}
 */
public record SessionId(String value) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    /** @throws IllegalArgumentException if {@code value} has another form; the message names what was expected */
    public SessionId {
        Objects.requireNonNull(value, "value");
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "session_id: " + Quoted.shortly(value) + " (expected: 1 to 128 characters out of A-Z a-z 0-9 - _)");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
