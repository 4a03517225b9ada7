package dev.reveille.proxy;

import dev.reveille.session.RuntimeId;
import dev.reveille.session.Service;
import java.util.Optional;
import java.util.Set;

/**
 * A request target that leads to a sandbox: {@code /{runtime_id}/{service}…}, taken apart but not decoded.
 *
 * @param runtimeId which sandbox
 * @param service what of it
 * @param rest path and query behind the service's name, byte for byte; empty or starting with {@code /} or {@code ?}
 */
record SandboxPath(String runtimeId, Service service, String rest) {
    private static final String QUESTION_MARK = "?";

    /** First segments of our own: {@code /sessions/runtime} is about a session that is called runtime. */
    private static final Set<String> OURS = Set.of("api", "console", "eventbus", "runtime", "sessions");

    /** @return empty if {@code target} is none */
    static Optional<SandboxPath> of(String target) {
        int idEnd = target.indexOf('/', 1);
        if (idEnd < 2 || target.charAt(0) != '/') {
            return Optional.empty();
        }
        int serviceEnd = endOfSegment(target, idEnd + 1);
        Optional<Service> service = Service.of(target.substring(idEnd + 1, serviceEnd));
        String id = target.substring(1, idEnd);
        return service.filter(s -> RuntimeId.isOne(id) && !OURS.contains(id))
                .map(s -> new SandboxPath(id, s, target.substring(serviceEnd)));
    }

    private static int endOfSegment(String target, int from) {
        int end = from;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        return end;
    }

    /** The request target below {@code prefix}. */
    String below(String prefix) {
        String target = prefix + rest;
        if (target.isEmpty()) {
            return "/";
        }
        return target.startsWith(QUESTION_MARK) ? "/" + target : target;
    }

    /** The path behind the service's name, without the query. */
    String path() {
        int query = rest.indexOf('?');
        return query < 0 ? rest : rest.substring(0, query);
    }

    /** What clients see in front of the sandbox's own path. */
    String publicPrefix() {
        return "/" + runtimeId + "/" + service.word();
    }
}
