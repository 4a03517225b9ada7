package dev.reveille.api;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import dev.reveille.session.SessionId;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/**
 * What the target of a request says. A misspelt {@code ?policy=pause} that was ignored would stop a sandbox, so nothing is
 * ignored.
 */
final class Parameters {
    private final MultiMap query;

    private Parameters(MultiMap query) {
        this.query = query;
    }

    /** @throws FailureException {@code invalid_request} if there are others than {@code known}, or one of them twice */
    static Parameters of(RoutingContext context, String... known) {
        MultiMap query = context.queryParams();
        for (String name : query.names()) {
            if (!List.of(known).contains(name)) {
                throw invalid(Quoted.plain(name, 60) + ": unknown parameter (expected: "
                        + (known.length == 0 ? "none here" : String.join(", ", known)) + ")");
            }
            if (query.getAll(name).size() > 1) {
                throw invalid(name + ": given more than once (expected: once)");
            }
        }
        return new Parameters(query);
    }

    Optional<String> get(String name) {
        return Optional.ofNullable(query.get(name));
    }

    /** @throws FailureException {@code invalid_request} if the path holds something else */
    static SessionId sessionId(RoutingContext context) {
        try {
            return new SessionId(context.pathParam("session_id"));
        } catch (IllegalArgumentException wrong) {
            throw invalid(wrong.getMessage());
        }
    }

    static FailureException invalid(String detail) {
        return new GatewayFailure.InvalidRequest(detail).asException();
    }
}
