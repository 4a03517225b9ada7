package dev.reveille.proxy;

import java.util.Locale;

/**
 * Whom a sandbox's cookie reaches. In path mode all sandboxes share one origin, and a cookie for {@code /} would go to all of
 * them: clients that keep one jar have swapped sessions by that. So each goes to its own runtime only.
 *
 * <p>What remains: a script of one sandbox's page can still reach another's paths, and a name that starts with {@code
 * __Host-} promises {@code Path=/} and is left alone.
 */
final class CookieScope {
    private static final String PATH = "path=";

    private CookieScope() {}

    /** {@code cookie}, a value of {@code Set-Cookie}, for no more than the paths of its runtime. */
    static String narrowed(String cookie, SandboxPath from) {
        if (cookie.startsWith("__Host-")) {
            return cookie;
        }
        String own = "/" + from.runtimeId();
        StringBuilder narrowed = new StringBuilder();
        boolean within = false;
        for (String part : cookie.split(";", -1)) {
            String attribute = part.trim();
            boolean path =
                    !narrowed.isEmpty() && attribute.toLowerCase(Locale.ROOT).startsWith(PATH);
            if (!path) {
                narrowed.append(narrowed.isEmpty() ? "" : ";").append(part);
            } else {
                within = attribute.substring(PATH.length()).equals(own)
                        || attribute.substring(PATH.length()).startsWith(own + "/");
                narrowed.append(within ? ";" + part : "");
            }
        }
        return within
                ? narrowed.toString()
                : narrowed.append("; Path=").append(own).toString();
    }
}
