package dev.reveille.api;

import dev.reveille.problem.Problem;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests that failed, those for which there is no route included. */
final class Refusal {
    static final int BAD_REQUEST = 400;
    static final int UNAUTHORIZED = 401;
    static final int NOT_FOUND = 404;
    static final int METHOD_NOT_ALLOWED = 405;

    private static final Logger LOG = LoggerFactory.getLogger(Refusal.class);

    /** Clients put ids unescaped into the path. An id with a percent sign is no broken request to them, but one of nobody. */
    private static final Pattern BROKEN_SESSION = Pattern.compile("/+sessions/+[^/]*%(?![0-9A-Fa-f]{2})[^/]*");

    private Refusal() {}

    /** For a context that failed. Does nothing if an answer was begun or the client has left. */
    static void answer(RoutingContext context) {
        answer(context, context.statusCode());
    }

    /** Answers that there is no such method, but {@code allowed} ones. */
    static void ofMethod(RoutingContext context, String allowed) {
        context.addHeadersEndHandler(v -> context.response().putHeader(HttpHeaders.ALLOW, allowed));
        context.fail(new GatewayFailure.NoSuchResource(
                        METHOD_NOT_ALLOWED, "there is no " + asked(context) + " (expected: " + allowed + ")")
                .asException());
    }

    /** As {@link #answer(RoutingContext)}, where the router did not come as far as to fail the context. */
    static void answer(RoutingContext context, int status) {
        if (context.response().headWritten() || context.response().closed()) {
            LOG.debug("not answered: {}", String.valueOf(context.failure()));
            return;
        }
        GatewayFailure failure = failure(context, status);
        Optional<String> id =
                Optional.ofNullable(context.pathParam("session_id")).map(i -> Quoted.plain(i, 128));
        if (failure.status() == UNAUTHORIZED) {
            context.addHeadersEndHandler(
                    v -> context.response().putHeader("WWW-Authenticate", "Bearer realm=\"reveille\""));
        }
        Optional<String> runtime =
                Optional.ofNullable(context.pathParam("runtime_id")).map(i -> Quoted.plain(i, 128));
        new Problem(failure, id, runtime)
                .answer(context.request())
                .onFailure(left -> LOG.debug("the client has left: {}", left.toString()));
    }

    private static GatewayFailure failure(RoutingContext context, int status) {
        if (context.failure() instanceof FailureException known) {
            return known.failure();
        }
        if (status == BAD_REQUEST
                && BROKEN_SESSION.matcher(context.request().path()).matches()) {
            return new GatewayFailure.UnknownSession("there is no session of such a name");
        }
        return switch (status) {
            case NOT_FOUND ->
                new GatewayFailure.NoSuchResource(
                        NOT_FOUND,
                        "there is no " + asked(context)
                                + " (expected: a path of /api/v1/openapi.yaml, with a session id of 1 to 128"
                                + " characters out of A-Z a-z 0-9 - _, or /{runtime_id}/{service}/… of a sandbox)");
            case BAD_REQUEST ->
                new GatewayFailure.InvalidRequest(asked(context)
                        + " is not understandable (expected: a Host header, and % only before two hexadecimal digits)");
            default ->
                Problem.failureOf(
                        context.failure() == null ? new IllegalStateException("status " + status) : context.failure());
        };
    }

    private static String asked(RoutingContext context) {
        return context.request().method() + " "
                + Quoted.plain(String.valueOf(context.request().path()), 200);
    }
}
