package dev.reveille.proxy;

import dev.reveille.config.Intent;
import dev.reveille.config.IntentMatch;
import dev.reveille.config.IntentRule;
import dev.reveille.session.Service;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What requests mean: in the client's own words, by the operator's rules, or else by default. */
final class Intents {
    /** Says in the client's own words what is meant: {@code yes} or {@code no}. Not forwarded. */
    static final String HEADER = "X-Reveille-Wake";

    private static final Set<String> PROBES = Set.of("/alive", "/health", "/ready", "/server_info");
    private static final Set<HttpMethod> SAFE =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE);

    private final List<Rule> rules;

    Intents(List<IntentRule> rules) {
        this.rules = rules.stream().map(Rule::of).toList();
    }

    /** A client that says no takes back that its request would wake, and nothing else: a probe stays one. */
    Intent of(HttpServerRequest request, SandboxPath path) {
        String said = request.getHeader(HEADER);
        if ("yes".equalsIgnoreCase(said)) {
            return Intent.WAKES;
        }
        Intent meant = meant(request, path);
        return said != null && meant == Intent.WAKES ? Intent.USES : meant;
    }

    private Intent meant(HttpServerRequest request, SandboxPath path) {
        for (Rule rule : rules) {
            if (rule.fits(request, path)) {
                return rule.intent;
            }
        }
        return byDefault(request, path);
    }

    /** What its head says where no rule does. */
    private static Intent byDefault(HttpServerRequest request, SandboxPath path) {
        MultiMap headers = request.headers();
        HttpMethod method = request.method();
        if (HttpMethod.OPTIONS.equals(method) && headers.contains("Access-Control-Request-Method")) {
            return Intent.IGNORES;
        }
        if (!SAFE.contains(method)) {
            return Intent.WAKES;
        }
        if (path.service() == Service.RUNTIME && PROBES.contains(path.path())) {
            return Intent.IGNORES;
        }
        return EndToEnd.asksForUpgrade(request) || inTheBackground(headers) ? Intent.USES : Intent.WAKES;
    }

    /** Browsers tell what a request is for (Fetch Metadata); only a navigation is a person who looks at a page. */
    private static boolean inTheBackground(MultiMap headers) {
        String mode = headers.get("Sec-Fetch-Mode");
        boolean speculative = headers.contains("Sec-Purpose") || "prefetch".equalsIgnoreCase(headers.get("Purpose"));
        return speculative || (mode != null && !mode.equalsIgnoreCase("navigate"));
    }

    /** One that fits everything it does not speak of; null for that. */
    private record Rule(String service, String method, Glob path, String header, Glob value, Intent intent) {
        private static Rule of(IntentRule rule) {
            IntentMatch match = rule.match();
            return new Rule(
                    match.service().orElse(null),
                    match.method().orElse(null),
                    glob(match.path()),
                    match.header().orElse(null),
                    glob(match.value()),
                    rule.intent());
        }

        private static Glob glob(Optional<String> text) {
            return text.map(Glob::new).orElse(null);
        }

        private boolean fits(HttpServerRequest request, SandboxPath target) {
            return (service == null || service.equals(target.service().word()))
                    && (method == null || method.equals(request.method().name()))
                    && (path == null || path.fits(shown(target.path())))
                    && (header == null || carries(request.headers()));
        }

        /** The root may be written without its slash. */
        private static String shown(String path) {
            return path.isEmpty() ? "/" : path;
        }

        private boolean carries(MultiMap headers) {
            return value == null
                    ? headers.contains(header)
                    : headers.getAll(header).stream().anyMatch(value::fits);
        }
    }
}
