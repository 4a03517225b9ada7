package dev.reveille.http;

import dev.reveille.session.GatewayFailure;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;

/**
 * Whether target and Host say together, and in one way only, where a request is to go (RFC 9112, 3.2).
 *
 * @param host the value of the Host field; null if there is none
 */
record RequestForm(HttpMethod method, String target, HttpVersion version, String host) {
    private static final int LONGEST_PORT = 5;
    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";

    /** @throws dev.reveille.session.FailureException if not */
    void check() {
        if (HttpMethod.CONNECT.equals(method)) {
            // What follows would not be HTTP, if there was a tunnel.
            throw new GatewayFailure.Unsupported(501, "there is no CONNECT (expected: a method of a resource)")
                    .asException();
        }
        require(host != null || version.equals(HttpVersion.HTTP_1_0), "there is no Host field");
        require(host == null || isAuthority(host), "the Host field is no host");
        if (target.charAt(0) != '/' && !(target.equals("*") && HttpMethod.OPTIONS.equals(method))) {
            checkAbsolute();
        }
    }

    /**
     * The target would win. But a client must not let Host say anything else, and whoever stands in front may have gone by
     * it.
     */
    private void checkAbsolute() {
        int begin = after(HTTP) < 0 ? after(HTTPS) : after(HTTP);
        require(begin > 0, "the target is neither a path nor an http or https URI");
        int end = begin;
        while (end < target.length() && "/?".indexOf(target.charAt(end)) < 0) {
            end++;
        }
        require(isAuthority(target.substring(begin, end)), "the target's authority is no host");
        require(
                host == null
                        || (host.length() == end - begin && target.regionMatches(true, begin, host, 0, end - begin)),
                "the target's authority is not that of the Host field");
    }

    private int after(String scheme) {
        return target.regionMatches(true, 0, scheme, 0, scheme.length()) ? scheme.length() : -1;
    }

    /** A name or an address, and perhaps a port. */
    private static boolean isAuthority(String text) {
        int at = text.startsWith("[") ? endOfAddress(text) : endOfName(text);
        if (at <= 0 || at == text.length()) {
            return at > 0;
        }
        int digits = text.length() - at - 1;
        if (text.charAt(at) != ':' || digits < 1 || digits > LONGEST_PORT) {
            return false;
        }
        int port = 0;
        for (int i = at + 1; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            port = port * 10 + digit;
        }
        return port <= 65_535;
    }

    private static int endOfName(String text) {
        int end = 0;
        while (end < text.length() && Octets.inHost(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /** Behind the bracket; negative if it is no IPv6 address. */
    private static int endOfAddress(String text) {
        int close = text.indexOf(']');
        boolean isOne = close > 2;
        for (int i = 1; isOne && i < close; i++) {
            isOne = text.charAt(i) == ':' || text.charAt(i) == '.' || Character.digit(text.charAt(i), 16) >= 0;
        }
        return isOne ? close + 1 : -1;
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw RequestDecoder.wrong(otherwise);
        }
    }
}
