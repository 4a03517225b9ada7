package dev.reveille.proxy;

/** A text in which {@code *} stands for any text. What it is tried on may be long and hostile: it never goes back. */
final class Glob {
    private final String[] parts;

    Glob(String glob) {
        parts = glob.split("\\*", -1);
    }

    boolean fits(String text) {
        String first = parts[0];
        if (parts.length == 1) {
            return text.equals(first);
        }
        String last = parts[parts.length - 1];
        int end = text.length() - last.length();
        if (!text.startsWith(first) || end < first.length() || !text.endsWith(last)) {
            return false;
        }
        int at = first.length();
        for (int i = 1; i < parts.length - 1; i++) {
            // The first place is as good as any later one: nothing but a star follows.
            int found = text.indexOf(parts[i], at);
            if (found < 0 || found + parts[i].length() > end) {
                return false;
            }
            at = found + parts[i].length();
        }
        return true;
    }
}
