package dev.reveille.config;

import java.util.List;

/**
 * One thing that is wrong.
 *
 * @param key the setting that is complained about
 * @param value what it is, fit to be shown
 * @param expected what it should be
 * @param concerns the settings that the complaint compares; it is void when one of them is wrong by itself
 */
record Problem(String key, String value, String expected, List<String> concerns) {
    private static final int LONGEST_VALUE = 100;

    Problem {
        value = shown(value);
        concerns = List.copyOf(concerns);
    }

    static Problem of(String key, String value, String expected) {
        return new Problem(key, value, expected, List.of(key));
    }

    /** The same problem of the item at {@code index} of {@code list}; an item's record does not know its place. */
    Problem at(String list, int index) {
        String place = list + "." + index + key.substring(list.length());
        return Problem.of(place, value, expected);
    }

    @Override
    public String toString() {
        return key + ": " + value + " (expected: " + expected + ")";
    }

    private static String shown(String value) {
        if (value.isEmpty()) {
            return "''";
        }
        String clean = value.replaceAll("\\p{Cntrl}", " ");
        return clean.length() <= LONGEST_VALUE ? clean : clean.substring(0, LONGEST_VALUE) + "…";
    }
}
