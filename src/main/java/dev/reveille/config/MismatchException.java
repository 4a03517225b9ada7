package dev.reveille.config;

/** A text does not have the form of its setting. The message is what was expected, the text itself is not in it. */
final class MismatchException extends Exception {
    MismatchException(String expected) {
        super(expected, null, false, false);
    }
}
