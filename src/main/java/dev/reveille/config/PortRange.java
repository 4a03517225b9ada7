package dev.reveille.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TCP ports in a row, written {@code 20000-20399}.
 *
 * @param first the lowest
 * @param last the highest, at least {@code first}
 */
public record PortRange(int first, int last) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,5}) ?- ?([0-9]{1,5})");
    private static final int HIGHEST = 65_535;

    /** @throws IllegalArgumentException if these are no ports in a row */
    public PortRange {
        if (first < 1 || last < first || last > HIGHEST) {
            throw new IllegalArgumentException(
                    "ports: " + first + "-" + last + " (expected: the lower one first, both 1 to " + HIGHEST + ")");
        }
    }

    static PortRange read(String text) throws MismatchException {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new MismatchException("a range of ports such as 20000-20399, or nothing");
        }
        try {
            return new PortRange(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        } catch (IllegalArgumentException e) {
            throw new MismatchException(
                    "a range of ports such as 20000-20399, the lower one first, both 1 to " + HIGHEST);
        }
    }

    /** How many ports. */
    public int size() {
        return last - first + 1;
    }

    boolean contains(int port) {
        return port >= first && port <= last;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
