package dev.reveille.proxy;

import dev.reveille.session.Origin;
import java.util.Locale;

/**
 * Where a sandbox sends its clients. An address of its own at upstream would lead around the gateway, and tell what nobody
 * outside is to know, so it becomes the one that clients see.
 */
final class Redirects {
    private Redirects() {}

    /** {@code location}, a URI reference; what does not point to below {@code origin} comes back as it is. */
    static String mapped(String location, Origin origin, SandboxPath from) {
        int begin = pathBegin(location, origin);
        if (begin < 0) {
            return location;
        }
        String rest = location.substring(begin);
        if (begin > 0 && !from.ownOrigin() && SandboxPath.startsWith(rest, from.publicPrefix())) {
            // A sandbox that minds X-Forwarded-Prefix has mapped the path already.
            return rest;
        }
        return SandboxPath.startsWith(rest, origin.prefix())
                ? reference(from.publicPrefix() + rest.substring(origin.prefix().length()))
                : location;
    }

    /** A path as a reference to it (RFC 3986, 4.2): two slashes at its begin would be taken for a host. */
    private static String reference(String path) {
        if (path.startsWith("//")) {
            return "/." + path;
        }
        return path.startsWith("/") ? path : "/" + path;
    }

    /** Where the path at {@code origin} begins; negative if it is of another origin, or may be. */
    private static int pathBegin(String location, Origin origin) {
        String scheme = origin.ssl() ? "https:" : "http:";
        boolean withScheme = location.toLowerCase(Locale.ROOT).startsWith(scheme);
        int at = withScheme ? scheme.length() : 0;
        if (!location.startsWith("//", at)) {
            return !withScheme && location.startsWith("/") && !origin.prefix().isEmpty() ? 0 : -1;
        }
        int end = at + 2;
        while (end < location.length() && "/?#".indexOf(location.charAt(end)) < 0) {
            end++;
        }
        String authority = location.substring(at + 2, end);
        boolean own = authority.equalsIgnoreCase(origin.authority())
                || authority.equalsIgnoreCase(origin.host() + ":" + origin.port());
        return own ? end : -1;
    }
}
