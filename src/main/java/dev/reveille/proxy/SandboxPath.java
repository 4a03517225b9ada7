package dev.reveille.proxy;

import dev.reveille.session.RuntimeId;
import dev.reveille.session.Service;
import java.util.Optional;
import java.util.Set;

/**
 * What a request is for, taken apart but not decoded: something in a sandbox, named by a path {@code
 * /{runtime_id}/{service}…}, or by a host name or port that is that service's own.
 *
 * @param runtimeId which sandbox; not necessarily a valid id where it comes from a host name or port
 * @param service what of it
 * @param rest path and query as the service is to see them, byte for byte; empty or starting with {@code /} or {@code ?}
 * @param named how the sandbox is named
 */
record SandboxPath(String runtimeId, Service service, String rest, Named named) {
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
                .map(s -> new SandboxPath(id, s, target.substring(serviceEnd), Named.BY_PATH));
    }

    /** For a request that came to a host name of its own. */
    static SandboxPath ofHost(String runtimeId, Service service, String target) {
        return new SandboxPath(runtimeId, service, target, Named.BY_HOST);
    }

    /** For a request that came to a port of its own. */
    static SandboxPath ofPort(String runtimeId, Service service, String target) {
        return new SandboxPath(runtimeId, service, target, Named.BY_PORT);
    }

    /** What of a URL tells one sandbox from another. */
    enum Named {
        BY_PATH,
        BY_HOST,
        BY_PORT
    }

    /** Whether host and port are the service's own, so that nothing stands in front of its paths. */
    boolean ownOrigin() {
        return named != Named.BY_PATH;
    }

    private static int endOfSegment(String target, int from) {
        int end = from;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        return end;
    }

    /**
     * The request target below {@code prefix}. The editor is told its prefix and names it in its pages, so on a host of its
     * own requests come with it and without.
     */
    String below(String prefix) {
        boolean there = ownOrigin() && service == Service.VSCODE && !prefix.isEmpty() && startsWith(rest, prefix);
        String target = there ? rest : prefix + rest;
        if (target.isEmpty()) {
            return "/";
        }
        return target.startsWith(QUESTION_MARK) ? "/" + target : target;
    }

    /** Whether {@code target}, made by {@link #below}, may lead out of {@code prefix}: behind that are others' sandboxes. */
    static boolean leavesPrefix(String target, String prefix) {
        return !prefix.isEmpty() && DotSegments.leadOut(target.substring(prefix.length()));
    }

    /** The path behind the service's name, without the query. */
    String path() {
        int query = rest.indexOf('?');
        return query < 0 ? rest : rest.substring(0, query);
    }

    /** What clients see in front of the sandbox's own path; may be empty. */
    String publicPrefix() {
        return ownOrigin() ? "" : "/" + runtimeId + "/" + service.word();
    }

    /** Whether {@code target} begins with the segments of {@code prefix}, and not just with its letters. */
    static boolean startsWith(String target, String prefix) {
        return target.startsWith(prefix)
                && (target.length() == prefix.length() || "/?#".indexOf(target.charAt(prefix.length())) >= 0);
    }
}
