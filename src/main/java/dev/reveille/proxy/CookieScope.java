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
    private static final String PATH = "path";
    private static final String DOMAIN = "domain";

    private CookieScope() {}

    /** {@code cookie}, a value of {@code Set-Cookie} from {@code origin}, as it is right for clients of {@code from}. */
    static String mapped(String cookie, SandboxPath from, Origin origin) {
        return from.ownOrigin() ? unprefixed(cookie, origin.prefix()) : narrowed(cookie, "/" + from.runtimeId());
    }

    /** For no more than the paths of its runtime, and for this host alone: upstream's name would be refused by clients. */
    private static String narrowed(String cookie, String own) {
        if (cookie.startsWith("__Host-")) {
            return cookie;
        }
        String[] parts = cookie.split(";", -1);
        StringBuilder narrowed = new StringBuilder(parts[0]);
        boolean within = false;
        for (int i = 1; i < parts.length; i++) {
            String name = name(parts[i]);
            boolean inside = name.equals(PATH) && isWithin(value(parts[i]), own);
            within |= inside;
            if (inside || !(name.equals(PATH) || name.equals(DOMAIN))) {
                narrowed.append(';').append(parts[i]);
            }
        }
        return within
                ? narrowed.toString()
                : narrowed.append("; Path=").append(own).toString();
    }

    private static boolean isWithin(String path, String own) {
        return path.equals(own) || path.startsWith(own + "/");
    }

    /** For the host alone, and without upstream's prefix in its path. */
    private static String unprefixed(String cookie, String prefix) {
        String[] parts = cookie.split(";", -1);
        StringBuilder mapped = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            String name = name(parts[i]);
            if (name.equals(PATH)) {
                mapped.append("; Path=").append(without(prefix, value(parts[i])));
            } else if (!name.equals(DOMAIN)) {
                mapped.append(';').append(parts[i]);
            }
        }
        return mapped.toString();
    }

    private static String without(String prefix, String path) {
        String rest =
                !prefix.isEmpty() && SandboxPath.startsWith(path, prefix) ? path.substring(prefix.length()) : path;
        return rest.isEmpty() && !path.isEmpty() ? "/" : rest;
    }

    /** As clients read it, who do not look at spaces around it, nor at its case (RFC 6265, 5.2). */
    private static String name(String part) {
        int equals = part.indexOf('=');
        return (equals < 0 ? part : part.substring(0, equals)).trim().toLowerCase(Locale.ROOT);
    }

    private static String value(String part) {
        int equals = part.indexOf('=');
        return equals < 0 ? "" : part.substring(equals + 1).trim();
    }
}
