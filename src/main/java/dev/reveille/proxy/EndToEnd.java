package dev.reveille.proxy;

import dev.reveille.http.Forwarded;
import dev.reveille.session.Origin;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which header fields go through. Fields about one connection stay on it: the fixed list and whatever {@code Connection}
 * names (RFC 9110, 7.6.1).
 */
final class EndToEnd {
    private static final Set<String> HOP_BY_HOP = lower(
            "connection",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "transfer-encoding",
            "upgrade");

    /** Ours to read or to write, not the sandbox's; trailers of requests cannot be read with Vert.x 5.0. */
    private static final Set<String> OURS = lower(
            "host",
            "trailer",
            WakeRight.API_KEY,
            Intents.HEADER,
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-forwarded-proto");

    /**
     * Speak for a whole origin, or its host, which a sandbox in path mode shares with others and with the console. Some of them
     * a browser keeps for long, and tells a collector of the sandbox's choice of each request to the others.
     */
    private static final Set<String> OF_THE_ORIGIN = lower(
            "alt-svc",
            "clear-site-data",
            "cross-origin-opener-policy",
            "nel",
            "origin-agent-cluster",
            "report-to",
            "reporting-endpoints",
            "service-worker-allowed",
            "strict-transport-security");

    /** Speak for a host, and so for all ports of it. */
    private static final Set<String> OF_THE_HOST = lower("clear-site-data", "strict-transport-security");

    private EndToEnd() {}

    /** What a sandbox gets of a request's head. */
    static void request(HttpServerRequest in, SandboxPath path, MultiMap out) {
        Set<String> named = named(in.headers());
        for (Map.Entry<String, String> field : in.headers()) {
            String name = field.getKey().toLowerCase(Locale.ROOT);
            String read = asServersReadIt(name);
            if (!HOP_BY_HOP.contains(read) && !OURS.contains(read) && !named.contains(name)) {
                out.add(field.getKey(), field.getValue());
            }
        }
        Forwarded.add(in, path.publicPrefix(), out);
    }

    /** Many make a variable of a name, as CGI did (RFC 3875, 4.1.18), and cannot tell these two apart. */
    private static String asServersReadIt(String name) {
        return name.indexOf('_') < 0 ? name : name.replace('_', '-');
    }

    /** What a client gets of an answer's head. */
    static void response(MultiMap in, MultiMap out, SandboxPath path, Origin origin) {
        Set<String> forOthers = forOthers(path);
        Set<String> named = named(in);
        for (Map.Entry<String, String> field : in) {
            String name = field.getKey().toLowerCase(Locale.ROOT);
            boolean through = !HOP_BY_HOP.contains(name) && !named.contains(name);
            if (through && !forOthers.contains(name)) {
                out.add(field.getKey(), atTheGateway(name, field.getValue(), path, origin));
            }
        }
    }

    /** What a sandbox at {@code path} would say of others too. */
    private static Set<String> forOthers(SandboxPath path) {
        return switch (path.named()) {
            case BY_HOST -> Set.of();
            case BY_PORT -> OF_THE_HOST;
            case BY_PATH -> OF_THE_ORIGIN;
        };
    }

    /** What a client that speaks {@code version} gets of early hints: they have no body, whatever they say of one. */
    static MultiMap hints(MultiMap in, HttpVersion version, SandboxPath path, Origin origin) {
        MultiMap mapped = HttpHeaders.headers();
        response(in, mapped, path, origin);
        mapped.remove(HttpHeaders.CONTENT_LENGTH);
        if (version != HttpVersion.HTTP_2) {
            return mapped;
        }
        MultiMap lower = HttpHeaders.headers();
        mapped.forEach(field -> lower.add(field.getKey().toLowerCase(Locale.ROOT), field.getValue()));
        return lower;
    }

    /** What a field says of places and cookies, as it is true for clients of the gateway. */
    private static String atTheGateway(String name, String value, SandboxPath path, Origin origin) {
        return switch (name) {
            case "set-cookie" -> CookieScope.mapped(value, path, origin);
            case "location", "content-location" -> Redirects.mapped(value, origin, path);
            default -> value;
        };
    }

    /** What a client gets of an answer's trailers. */
    static void trailers(MultiMap in, MultiMap out) {
        for (Map.Entry<String, String> field : in) {
            if (!HOP_BY_HOP.contains(field.getKey().toLowerCase(Locale.ROOT))) {
                out.add(field.getKey(), field.getValue());
            }
        }
    }

    /**
     * Whether a request asks for another protocol, and one that a tunnel can carry: HTTP/2 is none. HTTP/1.0 has no way to
     * ask (RFC 9110, 7.8), and what comes behind a head that announces a body is the body.
     */
    static boolean asksForUpgrade(HttpServerRequest in) {
        return in.headers().contains(HttpHeaders.UPGRADE)
                && in.version() != HttpVersion.HTTP_1_0
                && !hasBody(in.headers())
                && in.version() != HttpVersion.HTTP_2
                && HttpMethod.GET.equals(in.method())
                && named(in.headers()).contains("upgrade")
                && !Protocols.asked(in.headers()).isEmpty();
    }

    private static boolean hasBody(MultiMap headers) {
        return headers.contains(HttpHeaders.TRANSFER_ENCODING)
                || !"0"
                        .equals(
                                headers.get(HttpHeaders.CONTENT_LENGTH) == null
                                        ? "0"
                                        : headers.get(HttpHeaders.CONTENT_LENGTH));
    }

    /** A request for another protocol: the two fields that say so go through after all. */
    static void upgrade(MultiMap in, MultiMap out) {
        out.set(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE);
        out.set(HttpHeaders.UPGRADE, String.join(", ", Protocols.asked(in)));
    }

    /** The answer to it that agrees. */
    static void upgraded(MultiMap in, MultiMap out) {
        out.set(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE);
        if (in.contains(HttpHeaders.UPGRADE)) {
            out.set(HttpHeaders.UPGRADE, in.get(HttpHeaders.UPGRADE));
        }
    }

    /** Whether the sender says that it closes the connection behind this message. Vert.x sees that only where it stands alone. */
    static boolean closes(MultiMap headers) {
        return named(headers).contains("close");
    }

    private static Set<String> named(MultiMap headers) {
        if (!headers.contains(HttpHeaders.CONNECTION)) {
            return Set.of();
        }
        Set<String> names = new TreeSet<>();
        for (String value : headers.getAll(HttpHeaders.CONNECTION)) {
            for (String name : value.split(",", -1)) {
                names.add(name.trim().toLowerCase(Locale.ROOT));
            }
        }
        // Whoever reads the message needs it, and nobody may name it (RFC 9110, 7.6.1).
        names.remove("content-length");
        return names;
    }

    private static Set<String> lower(String... names) {
        Set<String> all = new TreeSet<>();
        for (String name : names) {
            all.add(name.toLowerCase(Locale.ROOT));
        }
        return Set.copyOf(all);
    }
}
