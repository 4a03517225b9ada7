package dev.reveille.config;

/**
 * A setting as somebody wrote it, not yet understood.
 *
 * @param text without spaces around it; a list is written as JSON
 * @param origin where it was written, in words
 */
record Given(String text, String origin) {
    Given {
        text = text.strip();
    }
}
