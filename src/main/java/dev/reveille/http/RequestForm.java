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
        require(host == null || Authority.isOne(host), "the Host field is no host");
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
        require(Authority.isOne(target.substring(begin, end)), "the target's authority is no host");
        require(
                host == null
                        || (host.length() == end - begin && target.regionMatches(true, begin, host, 0, end - begin)),
                "the target's authority is not that of the Host field");
    }

    private int after(String scheme) {
        return target.regionMatches(true, 0, scheme, 0, scheme.length()) ? scheme.length() : -1;
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw RequestDecoder.wrong(otherwise);
        }
    }
}
