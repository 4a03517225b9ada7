package dev.reveille.proxy;

import java.util.Locale;

/**
 * Whether a path leads out of the one it is put below, to somebody who resolves its dots. Some routers do, some do not, and
 * some take backslashes, or what stands for a slash, for one: what is asked is whether any of them would be led out.
 */
final class DotSegments {
    private DotSegments() {}

    /** @param rest path and query behind a prefix, empty or with a slash at its begin; the query does not matter */
    static boolean leadOut(String rest) {
        int end = rest.indexOf('?') < 0 ? rest.length() : rest.indexOf('?');
        if (!mayHaveDots(rest, end)) {
            return false;
        }
        String path = rest.substring(0, end).toLowerCase(Locale.ROOT).replace("%2e", ".");
        int depth = 0;
        for (String segment : path.split("/", -1)) {
            int[] inner =
                    resolved(segment.replace("%2f", "/").replace("%5c", "/").replace('\\', '/'));
            if (depth + inner[1] < 0 || depth + step(segment) < 0) {
                return true;
            }
            depth += Math.min(inner[0], step(segment));
        }
        return false;
    }

    /** Hardly any path has two dots in a row, written in whatever way. */
    private static boolean mayHaveDots(String rest, int end) {
        for (int i = 0; i + 1 < end; i++) {
            char c = rest.charAt(i);
            if ((c == '.' && (rest.charAt(i + 1) == '.' || rest.charAt(i + 1) == '%'))
                    || (c == '%' && rest.charAt(i + 1) == '2' && i + 2 < end && (rest.charAt(i + 2) | 0x20) == 'e')) {
                return true;
            }
        }
        return false;
    }

    /** Where the segments in one segment lead, and how far out on the way. */
    private static int[] resolved(String segments) {
        int depth = 0;
        int least = 0;
        for (String segment : segments.split("/", -1)) {
            depth += step(segment);
            least = Math.min(least, depth);
        }
        return new int[] {depth, least};
    }

    /** Two slashes are one to some. What follows a semicolon is a parameter of the segment to some (RFC 3986, 3.3). */
    private static int step(String segment) {
        int parameters = segment.indexOf(';');
        String name = parameters < 0 ? segment : segment.substring(0, parameters);
        return switch (name) {
            case "", "." -> 0;
            case ".." -> -1;
            default -> 1;
        };
    }
}
