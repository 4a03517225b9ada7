package dev.reveille.testing;

/**
 * Which calls are meant: {@code POST /resume}, {@code GET /sessions/*}, {@code * *}.
 *
 * @param method a method, or {@code *} for any
 * @param path a path without query; a {@code *} at its end stands for any rest
 */
record CallPattern(String method, String path) {
    static CallPattern of(String what) {
        String[] words = what.split(" ", -1);
        if (words.length != 2) {
            throw new IllegalArgumentException("call: '" + what + "' (expected: METHOD /path)");
        }
        return new CallPattern(words[0], words[1]);
    }

    boolean matches(String calledMethod, String calledPath) {
        boolean pathFits = path.endsWith("*")
                ? calledPath.startsWith(path.substring(0, path.length() - 1))
                : calledPath.equals(path);
        return pathFits && (method.equals("*") || method.equals(calledMethod));
    }
}
