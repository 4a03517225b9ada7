package dev.reveille.proxy;

import dev.reveille.session.Service;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;

/** What a request means for a sandbox that sleeps. */
enum Intent {
    /** Somebody wants something: worth waking for. */
    WAKES,
    /** Forwarded if the sandbox is awake, but never the reason to wake it: reconnects, sub-resources, background fetches. */
    USES,
    /** As {@link #USES}, and no sign that anybody is there: probes and preflights. */
    IGNORES;

    /** Says in the client's own words what is meant: {@code yes} or {@code no}. Not forwarded. */
    static final String HEADER = "X-Reveille-Wake";

    private static final Set<String> PROBES = Set.of("/alive", "/health", "/ready", "/server_info");
    private static final Set<HttpMethod> SAFE =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE);

    /** What its head says where no rule does. */
    static Intent byDefault(HttpServerRequest request, SandboxPath path) {
        MultiMap headers = request.headers();
        HttpMethod method = request.method();
        if (HttpMethod.OPTIONS.equals(method) && headers.contains("Access-Control-Request-Method")) {
            return IGNORES;
        }
        if (!SAFE.contains(method)) {
            return WAKES;
        }
        if (path.service() == Service.RUNTIME && PROBES.contains(path.path())) {
            return IGNORES;
        }
        return EndToEnd.asksForUpgrade(request) || inTheBackground(headers) ? USES : WAKES;
    }

    /** Browsers tell what a request is for (Fetch Metadata); only a navigation is a person who looks at a page. */
    private static boolean inTheBackground(MultiMap headers) {
        String mode = headers.get("Sec-Fetch-Mode");
        boolean speculative = headers.contains("Sec-Purpose") || "prefetch".equalsIgnoreCase(headers.get("Purpose"));
        return speculative || (mode != null && !mode.equalsIgnoreCase("navigate"));
    }
}
