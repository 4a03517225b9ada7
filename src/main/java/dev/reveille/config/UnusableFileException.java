package dev.reveille.config;

import java.nio.file.Path;

/** A file that a setting names is not what it should be. No stack trace: it is expected. */
public final class UnusableFileException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String key;
    private final transient Path file;
    private final String expected;

    UnusableFileException(String key, Path file, String expected) {
        super("http.tls." + key + ": " + file + " (expected: " + expected + ")", null, false, false);
        this.key = key;
        this.file = file;
        this.expected = expected;
    }

    /** The last word of the setting's key. */
    String key() {
        return key;
    }

    Path file() {
        return file;
    }

    String expected() {
        return expected;
    }
}
