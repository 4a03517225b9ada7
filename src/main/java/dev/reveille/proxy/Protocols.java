package dev.reveille.proxy;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What {@code Upgrade} names: protocols in order of preference, of which the other side chooses. A tunnel can carry any but
 * HTTP itself, whose requests would come to a sandbox, or past it, by a way on which nobody looks at them.
 */
final class Protocols {
    private Protocols() {}

    /** Those that a client asks for and that a tunnel can carry. */
    static List<String> asked(MultiMap request) {
        List<String> asked = listed(request);
        asked.removeIf(Protocols::isHttp);
        return asked;
    }

    /** Whether the sandbox has chosen only what {@code request} asked for. One that does not say must mean that. */
    static boolean agree(MultiMap request, MultiMap switched) {
        List<String> asked = asked(request);
        return listed(switched).stream().allMatch(chosen -> asked.stream().anyMatch(chosen::equalsIgnoreCase));
    }

    private static List<String> listed(MultiMap headers) {
        List<String> protocols = new ArrayList<>();
        for (String value : headers.getAll(HttpHeaders.UPGRADE)) {
            for (String protocol : value.split(",", -1)) {
                if (!protocol.isBlank()) {
                    protocols.add(protocol.trim());
                }
            }
        }
        return protocols;
    }

    private static boolean isHttp(String protocol) {
        String lower = protocol.toLowerCase(Locale.ROOT);
        return lower.startsWith("h2") || lower.startsWith("h3") || lower.startsWith("http");
    }
}
