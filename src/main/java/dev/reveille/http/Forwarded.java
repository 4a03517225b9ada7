package dev.reveille.http;

import dev.reveille.config.AddressRange;
import io.netty.util.AttributeKey;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;
import java.util.Locale;

/**
 * What sandboxes are told of the way that a request took: the fields that everybody reads, {@code X-Forwarded-*}, and the
 * standard one (<a href="https://www.rfc-editor.org/rfc/rfc7239">RFC 7239</a>). What a trusted proxy says of the way to it
 * is kept and added to; what anybody else says is replaced. One for each connection.
 */
public final class Forwarded {
    private static final AttributeKey<Forwarded> OF_CONNECTION = AttributeKey.valueOf(Forwarded.class, "reveille");
    private static final CharSequence FOR = HttpHeaders.createOptimized("X-Forwarded-For");
    private static final CharSequence HOST = HttpHeaders.createOptimized("X-Forwarded-Host");
    private static final CharSequence PORT = HttpHeaders.createOptimized("X-Forwarded-Port");
    private static final CharSequence PREFIX = HttpHeaders.createOptimized("X-Forwarded-Prefix");
    private static final CharSequence PROTO = HttpHeaders.createOptimized("X-Forwarded-Proto");
    private static final CharSequence STANDARD = HttpHeaders.createOptimized("Forwarded");
    private static final String UNKNOWN = "unknown";

    private final String peer;
    private final boolean trusted;
    private final List<AddressRange> proxies;

    /** What was said last, and is said again as long as the client calls us by the same name. */
    private String authority;

    private String port;
    private String element;

    private Forwarded(SocketAddress peer, List<AddressRange> proxies) {
        this.peer = peer == null || peer.hostAddress() == null ? UNKNOWN : withoutZone(peer.hostAddress());
        this.proxies = proxies;
        this.trusted = isProxy(this.peer);
    }

    /** To be called for each connection before its first request. */
    static void meet(HttpConnection connection, List<AddressRange> proxies) {
        if (connection instanceof ConnectionBase base) {
            base.channel().attr(OF_CONNECTION).set(new Forwarded(connection.remoteAddress(), proxies));
        }
    }

    /**
     * Adds to {@code out}, which has none of them yet, what is true of {@code in}.
     *
     * @param prefix what stood before the path that the sandbox sees; may be empty
     */
    public static void add(HttpServerRequest in, String prefix, MultiMap out) {
        of(in).write(in, prefix, out);
    }

    /** The address of the client: the last one on the way that is no trusted proxy's. */
    static String client(HttpServerRequest in) {
        Forwarded forwarded = of(in);
        return forwarded.trusted ? forwarded.firstUntrusted(in.headers()) : forwarded.peer;
    }

    private static Forwarded of(HttpServerRequest in) {
        Forwarded met = in.connection() instanceof ConnectionBase base
                ? base.channel().attr(OF_CONNECTION).get()
                : null;
        return met == null ? new Forwarded(in.remoteAddress(), List.of()) : met;
    }

    private void write(HttpServerRequest in, String ownPrefix, MultiMap out) {
        MultiMap earlier = trusted ? in.headers() : MultiMap.caseInsensitiveMultiMap();
        String scheme = in.isSSL() ? "https" : "http";
        String called = RequestTarget.authority(in);
        if (element == null || !String.valueOf(called).equals(String.valueOf(authority))) {
            authority = called;
            port = port(called, scheme);
            element = element(scheme);
        }
        out.add(FOR, behind(earlier, FOR, peer));
        out.add(STANDARD, behind(earlier, STANDARD, element));
        String proto = orElse(earlier, PROTO, scheme);
        out.add(PROTO, proto);
        String host = orElse(earlier, HOST, authority);
        if (host != null) {
            out.add(HOST, host);
        }
        out.add(PORT, orElse(earlier, PORT, trusted ? port(host, proto) : port));
        String prefix = orElse(earlier, PREFIX, "") + ownPrefix;
        if (!prefix.isEmpty()) {
            out.add(PREFIX, prefix);
        }
    }

    /** What earlier hops said, and one more. */
    private static String behind(MultiMap earlier, CharSequence name, String own) {
        return earlier.contains(name) ? String.join(", ", earlier.getAll(name)) + ", " + own : own;
    }

    /** What the first hop said; it alone knows how it was called. */
    private static String orElse(MultiMap earlier, CharSequence name, String own) {
        String said = earlier.get(name);
        if (said == null || said.isEmpty()) {
            return own;
        }
        return said.split(",", 2)[0].trim();
    }

    private String firstUntrusted(MultiMap headers) {
        String[] hops = String.join(",", headers.getAll(FOR)).split(",", -1);
        String client = peer;
        for (int i = hops.length - 1; i >= 0 && isProxy(client) && !hops[i].isBlank(); i--) {
            client = withoutPort(hops[i].trim());
        }
        return client;
    }

    private boolean isProxy(String address) {
        byte[] bytes = proxies.isEmpty() ? null : AddressRange.bytesOf(address);
        return bytes != null && proxies.stream().anyMatch(range -> range.contains(bytes));
    }

    private String element(String scheme) {
        String node = peer.indexOf(':') >= 0 ? "\"[" + peer + "]\"" : peer;
        return "for=" + node + (authority == null ? "" : ";host=\"" + authority + "\"") + ";proto=" + scheme;
    }

    /** That of {@code authority}, or what is meant without one. */
    private static String port(String authority, String scheme) {
        int colon = authority == null ? -1 : authority.lastIndexOf(':');
        boolean written = colon >= 0 && authority.indexOf(']', colon) < 0 && colon + 1 < authority.length();
        return written
                ? authority.substring(colon + 1)
                : scheme.toLowerCase(Locale.ROOT).equals("https") ? "443" : "80";
    }

    /** Some proxies write it beside the address. */
    private static String withoutPort(String hop) {
        int bracket = hop.indexOf(']');
        if (hop.startsWith("[") && bracket > 0) {
            return hop.substring(1, bracket);
        }
        int colon = hop.indexOf(':');
        return colon > 0 && colon == hop.lastIndexOf(':') ? hop.substring(0, colon) : hop;
    }

    private static String withoutZone(String address) {
        int zone = address.indexOf('%');
        return zone < 0 ? address : address.substring(0, zone);
    }
}
