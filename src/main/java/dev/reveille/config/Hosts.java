package dev.reveille.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** What can be told about a host from its name alone. Nothing here asks a name server. */
final class Hosts {
    private static final Pattern NUMERIC = Pattern.compile("[0-9.]+");
    private static final Pattern IPV4 = Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\\.(?!$)|$)){4}");
    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*");

    /** A name has 253 characters at most; in front go a label of 63 and a dot. */
    private static final Pattern DOMAIN = Pattern.compile(
            "(?=.{1,189}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*");

    private Hosts() {}

    static boolean isHost(String host) {
        if (host.indexOf(':') >= 0) {
            return ipv6(host).isPresent();
        }
        return NUMERIC.matcher(host).matches()
                ? IPV4.matcher(host).matches()
                : NAME.matcher(host).matches();
    }

    /** Whether {@code host} is written with digits, so that nobody needs to be asked what it means. */
    static boolean isAddress(String host) {
        return host.indexOf(':') >= 0
                ? host.indexOf('%') < 0 && ipv6(host).isPresent()
                : IPV4.matcher(host).matches();
    }

    /** Whether {@code name}, in lower case, is a domain that further names can stand in front of. */
    static boolean isDomain(String name) {
        return DOMAIN.matcher(name).matches() && !NUMERIC.matcher(name).matches();
    }

    /** Without the brackets that an IPv6 address has in a URL. */
    static String bare(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.indexOf(':') > 0;
        return bracketed ? host.substring(1, host.length() - 1) : host;
    }

    /** Whether only this machine can reach a listener on {@code host}. A name other than localhost is not looked up. */
    static boolean isLoopback(String host) {
        String bare = bare(host);
        return isLocalhost(bare)
                || (bare.startsWith("127.") && IPV4.matcher(bare).matches())
                || ipv6(bare).map(InetAddress::isLoopbackAddress).orElse(false);
    }

    /** Whether two listeners on these hosts can't have the same port. */
    static boolean overlap(String one, String other) {
        return one.equalsIgnoreCase(other)
                || isWildcard(one)
                || isWildcard(other)
                || (isLocalhost(one) && isLoopback(other))
                || (isLocalhost(other) && isLoopback(one));
    }

    private static boolean isLocalhost(String host) {
        return host.equalsIgnoreCase("localhost");
    }

    static boolean isWildcard(String host) {
        return host.equals("0.0.0.0")
                || ipv6(host).map(InetAddress::isAnyLocalAddress).orElse(false);
    }

    /** Brackets make the JDK take the text for an address or refuse it; without them it could ask a name server. */
    private static Optional<InetAddress> ipv6(String host) {
        if (host.indexOf(':') < 0 || host.startsWith("[")) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName("[" + host + "]"));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }
}
