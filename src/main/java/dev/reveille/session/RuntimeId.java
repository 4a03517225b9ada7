package dev.reveille.session;

import java.util.Objects;

/**
 * Upstream's name for one sandbox. It becomes a path segment or a DNS label, and is never changed on the way.
 *
 * @param value 1 to 128 letters, digits, {@code - _ .}, the first a letter or digit
 */
public record RuntimeId(String value) {
    private static final int LONGEST = 128;

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
        if (text.isEmpty() || text.length() > LONGEST || !letterOrDigit(text.charAt(0))) {
            return false;
        }
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!letterOrDigit(c) && c != '-' && c != '_' && c != '.') {
                return false;
            }
        }
        return true;
    }

    private static boolean letterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    @Override
    public String toString() {
        return value;
    }
}
