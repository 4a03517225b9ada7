package dev.reveille.config;

import java.util.List;

/**
 * The settings can't be used. Names everything that is wrong with them at once, and never a secret.
 *
 * <p>Its reader is the operator, so it carries no stack trace.
 */
public final class SettingsException extends RuntimeException {
    private final transient List<String> problems;

    SettingsException(List<String> problems) {
        super(numbered(problems), null, false, false);
        this.problems = List.copyOf(problems);
    }

    /** Each in the form {@code key: value (expected: …); from where}. */
    public List<String> problems() {
        return problems;
    }

    private static String numbered(List<String> problems) {
        StringBuilder text = new StringBuilder(
                problems.size() == 1
                        ? "The settings have a problem:"
                        : "The settings have " + problems.size() + " problems:");
        for (int i = 0; i < problems.size(); i++) {
            text.append("\n  ").append(i + 1).append(". ").append(problems.get(i));
        }
        return text.toString();
    }
}
