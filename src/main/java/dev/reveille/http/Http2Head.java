package dev.reveille.http;

import dev.reveille.session.GatewayFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map;
import java.util.Optional;

/**
 * The head of a request that came by HTTP/2. It goes on by HTTP/1, where a line break in a field would be another field, and
 * a space in a path the end of it: what cannot be written there is refused, and what HTTP/1 refuses as well.
 */
final class Http2Head {
    private Http2Head() {}

    /**
     * Gives it the {@code Host} that the rest of the gateway looks for.
     *
     * @param longestTarget in characters
     * @return why it is refused
     */
    static Optional<GatewayFailure> order(HttpServerRequest in, int longestTarget) {
        String target = in.uri();
        if (target == null || HttpMethod.CONNECT.equals(in.method())) {
            return invalid("CONNECT is not offered");
        }
        if (target.length() > longestTarget) {
            return Optional.of(new GatewayFailure.HeadTooLong(414, "the request's target is too long"));
        }
        if (!isTarget(in.method(), target)) {
            return invalid("the request's target is none");
        }
        if (in.authority() == null) {
            return invalid("there is neither :authority nor Host");
        }
        int singles = 0;
        for (Map.Entry<String, String> field : in.headers()) {
            int single = FieldName.single(field.getKey());
            if ((singles & single) != 0) {
                return invalid("there is more than one " + field.getKey() + " field");
            }
            singles |= single;
            if (!isToken(field.getKey()) || !isValue(field.getValue())) {
                return invalid("a header field has characters that none may have");
            }
        }
        if (!in.headers().contains(HttpHeaders.HOST)) {
            in.headers().set(HttpHeaders.HOST, in.authority().toString());
        }
        return Optional.empty();
    }

    private static Optional<GatewayFailure> invalid(String because) {
        return Optional.of(new GatewayFailure.InvalidRequest(because));
    }

    /** RFC 9113, 8.3.1. What lies beyond ASCII would be written in another way than it came. */
    private static boolean isTarget(HttpMethod method, String target) {
        boolean rooted = target.startsWith("/") || (target.equals("*") && HttpMethod.OPTIONS.equals(method));
        return rooted && target.chars().allMatch(c -> c < 0x7f && Octets.inTarget((byte) c));
    }

    /** RFC 9110, 5.6.2. */
    static boolean isToken(String name) {
        return !name.isEmpty()
                && name.chars()
                        .allMatch(c -> (c >= '0' && c <= '9')
                                || (c >= 'a' && c <= 'z')
                                || (c >= 'A' && c <= 'Z')
                                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
    }

    /** RFC 9110, 5.5. */
    private static boolean isValue(String value) {
        return value.chars().allMatch(c -> (c >= ' ' && c != 0x7f && c <= 0xff) || c == '\t');
    }
}
