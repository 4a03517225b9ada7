package dev.reveille.session;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Upstream's name for one sandbox. It becomes a path segment or a DNS label, and is never changed on the way.
 *
 * @param value 1 to 128 letters, digits, {@code - _ .}, the first a letter or digit
 */
public record RuntimeId(String value) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    /** @throws IllegalArgumentException if {@code value} has another form */
    public RuntimeId {
        Objects.requireNonNull(value, "value");
        if (!isOne(value)) {
            throw new IllegalArgumentException("runtime_id: " + Quoted.shortly(value)
                    + " (expected: 1 to 128 characters out of A-Z a-z 0-9 - _ . starting with a letter or digit)");
        }
    }

    /** Whether {@code text} has the form of a runtime id. */
    public static boolean isOne(String text) {
        return FORM.matcher(text).matches();
    }

    @Override
    public String toString() {
        return value;
    }
}
