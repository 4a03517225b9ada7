package dev.reveille.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody may have meant. */
public final class Nearest {
    private Nearest() {}

    /** The one of {@code known} that the fewest typing errors turn into {@code word}, unless they would be too many. */
    public static Optional<String> to(String word, Collection<String> known) {
        int tolerated = 1 + word.length() / 6;
        return known.stream()
                .filter(candidate -> Math.abs(candidate.length() - word.length()) <= tolerated)
                .min(Comparator.comparingInt(candidate -> errors(word, candidate)))
                .filter(candidate -> errors(word, candidate) <= tolerated);
    }

    /**
     * Letters to insert, delete, replace or swap with the next one (optimal string alignment); case and the choice of {@code
     * _} or {@code -} are free.
     */
    private static int errors(String word, String candidate) {
        String from = plain(word);
        String to = plain(candidate);
        int[][] errors = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                errors[i][j] = i == 0 || j == 0 ? i + j : fewest(errors, from, to, i, j);
            }
        }
        return errors[from.length()][to.length()];
    }

    private static int fewest(int[][] errors, String from, String to, int i, int j) {
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        int fewest = Math.min(errors[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(errors[i - 1][j], errors[i][j - 1]));
        boolean swapped =
                i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2) && from.charAt(i - 2) == to.charAt(j - 1);
        return swapped ? Math.min(fewest, 1 + errors[i - 2][j - 2]) : fewest;
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
