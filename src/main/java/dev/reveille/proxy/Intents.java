package dev.reveille.proxy;

import dev.reveille.config.IntentMatch;
import dev.reveille.config.IntentRule;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;

/** What requests mean: in the client's own words, by the operator's rules, or else by default. */
final class Intents {
    private final List<Rule> rules;

    Intents(List<IntentRule> rules) {
        this.rules = rules.stream().map(Rule::of).toList();
    }

    /** A client that says no takes back that its request would wake, and nothing else: a probe stays one. */
    Intent of(HttpServerRequest request, SandboxPath path) {
        String said = request.getHeader(Intent.HEADER);
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
        return Intent.byDefault(request, path);
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
                    switch (rule.intent()) {
                        case WAKES -> Intent.WAKES;
                        case USES -> Intent.USES;
                        case IGNORES -> Intent.IGNORES;
                    });
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
