package dev.reveille.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/**
 * Where a request is sent to: an authority, and a path with a query. A client of a proxy says both in the target, and then
 * Host is the same (RFC 9112, 3.2.2), or the request is refused.
 */
public final class RequestTarget {
    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";

    private RequestTarget() {}

    /** Host, and port if there is one, as the client wrote it; null if it wrote none or no valid one. */
    public static String authority(HttpServerRequest request) {
        String target = target(request);
        int begin = authorityBegin(target);
        String authority =
                begin < 0 ? request.getHeader(HttpHeaders.HOST) : target.substring(begin, pathBegin(target, begin));
        return valid(authority) ? authority : null;
    }

    /** Path and query as they came; empty if the target has none, as that of {@code OPTIONS *}. */
    public static String path(HttpServerRequest request) {
        String target = target(request);
        if (target.startsWith("/")) {
            return target;
        }
        int begin = authorityBegin(target);
        return begin < 0 ? "" : target.substring(pathBegin(target, begin));
    }

    /** Whether it has several Host fields. Whatever stands in front may have gone by another one than we would. */
    static boolean hasManyHosts(HttpServerRequest request) {
        return request.headers().getAll(HttpHeaders.HOST).size() > 1;
    }

    /** Whether the request says of its host what nobody can make sense of. */
    public static boolean hasOddHost(HttpServerRequest request) {
        String host = request.getHeader(HttpHeaders.HOST);
        return host != null && !host.isEmpty() && !valid(host);
    }

    /** That of CONNECT is the authority alone, and in HTTP/2 there is none. */
    private static String target(HttpServerRequest request) {
        return request.uri() == null ? "" : request.uri();
    }

    private static boolean valid(String authority) {
        return authority != null && Authority.isOne(authority);
    }

    private static int authorityBegin(String target) {
        if (target.regionMatches(true, 0, HTTP, 0, HTTP.length())) {
            return HTTP.length();
        }
        return target.regionMatches(true, 0, HTTPS, 0, HTTPS.length()) ? HTTPS.length() : -1;
    }

    private static int pathBegin(String target, int authorityBegin) {
        int end = authorityBegin;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        return end;
    }
}
