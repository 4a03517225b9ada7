package dev.reveille.proxy;

import dev.reveille.session.Origin;
import java.util.Locale;

/**
 * Whom a sandbox's cookie reaches. In path mode all sandboxes share one origin, and a cookie for {@code /} would go to all of
 * them: clients that keep one jar have swapped sessions by that. So each goes to its own runtime only.
 *
 * <p>What remains: a script of one sandbox's page can still reach another's paths, and a name that starts with {@code
 * __Host-} promises {@code Path=/} and is left alone.
 *
 * <p>On a host name or port of its own a sandbox's paths are as it sees them, without upstream's prefix, and a cookie is for
 * that name alone, since one for a domain would go to all names below it. Browsers do not tell ports apart: in port
 * mode all sandboxes share their cookies, and nothing here can help that.
 */
final class CookieScope {
    private static final String PATH = "path=";
    private static final String DOMAIN = "domain=";

    private CookieScope() {}

    /** {@code cookie}, a value of {@code Set-Cookie} from {@code origin}, as it is right for clients of {@code from}. */
    static String mapped(String cookie, SandboxPath from, Origin origin) {
        return from.ownOrigin() ? unprefixed(cookie, origin.prefix()) : narrowed(cookie, "/" + from.runtimeId());
    }

    /** For no more than the paths of its runtime. */
    private static String narrowed(String cookie, String own) {
        if (cookie.startsWith("__Host-")) {
            return cookie;
        }
        StringBuilder narrowed = new StringBuilder();
        boolean within = false;
        for (String part : cookie.split(";", -1)) {
            if (narrowed.isEmpty() || !is(part, PATH)) {
                narrowed.append(narrowed.isEmpty() ? "" : ";").append(part);
            } else {
                String path = part.trim().substring(PATH.length());
                within = path.equals(own) || path.startsWith(own + "/");
                narrowed.append(within ? ";" + part : "");
            }
        }
        return within
                ? narrowed.toString()
                : narrowed.append("; Path=").append(own).toString();
    }

    /** For the host alone, and without upstream's prefix in its path. */
    private static String unprefixed(String cookie, String prefix) {
        StringBuilder mapped = new StringBuilder();
        for (String part : cookie.split(";", -1)) {
            if (mapped.isEmpty()) {
                mapped.append(part);
            } else if (is(part, PATH)) {
                mapped.append("; Path=").append(without(prefix, part.trim().substring(PATH.length())));
            } else if (!is(part, DOMAIN)) {
                mapped.append(';').append(part);
            }
        }
        return mapped.toString();
    }

    private static String without(String prefix, String path) {
        String rest =
                !prefix.isEmpty() && SandboxPath.startsWith(path, prefix) ? path.substring(prefix.length()) : path;
        return rest.isEmpty() && !path.isEmpty() ? "/" : rest;
    }

    private static boolean is(String part, String attribute) {
        return part.trim().toLowerCase(Locale.ROOT).startsWith(attribute);
    }
}
