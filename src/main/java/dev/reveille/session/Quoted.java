package dev.reveille.session;

/** Foreign text as it may stand in a message: bounded, and without control characters. */
public final class Quoted {
    private static final int LONGEST = 60;

    private Quoted() {}

    /** {@code text} in single quotes, cut after 60 characters, control characters replaced. */
    public static String shortly(String text) {
        return "'" + plain(text, LONGEST) + "'";
    }

    /** {@code text} without control characters, cut after {@code longest} characters with an ellipsis. */
    public static String plain(String text, int longest) {
        String clean = text.codePoints()
                .map(c -> Character.isISOControl(c) ? ' ' : c)
                .limit(longest + 1L)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return clean.codePointCount(0, clean.length()) <= longest
                ? clean
                : clean.substring(0, clean.offsetByCodePoints(0, longest)) + "…";
    }
}
