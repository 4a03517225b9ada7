package dev.reveille.api;

import dev.reveille.access.Tenants;
import dev.reveille.runtimeapi.PassThrough;
import dev.reveille.runtimeapi.PassedAnswer;
import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * The runtime API as its clients know it: what only upstream can tell or do, about images and what they are made of. When
 * upstream cannot be asked, looks are answered with what it said last.
 */
final class UpstreamCalls {
    /** Clients take any word that they do not know for a reason to ask again, and any error for the end of the build. */
    private static final Buffer STILL_BUILDING =
            new JsonObject().put("status", "WORKING").toBuffer();

    private static final int UNAUTHORIZED = 401;

    private final PassThrough upstream;
    private final Tenants tenants;
    private final LastAnswers lastAnswers;

    UpstreamCalls(PassThrough upstream, Tenants tenants, LastAnswers lastAnswers) {
        this.upstream = upstream;
        this.tenants = tenants;
        this.lastAnswers = lastAnswers;
    }

    void registryPrefix(RoutingContext context) {
        answer(context, look(context, "registry_prefix", "/registry_prefix"));
    }

    void imageExists(RoutingContext context) {
        answer(context, look(context, "image_exists", "/image_exists"));
    }

    void warmRuntimeConfigs(RoutingContext context) {
        answer(context, look(context, "warm_runtime_configs", "/api/warm-runtime-configs"));
    }

    void buildStatus(RoutingContext context) {
        answer(
                context,
                look(context, "build_status", "/build_status")
                        .recover(error -> error instanceof RuntimeApiException
                                ? Future.succeededFuture(
                                        new PassedAnswer(200, "application/json", STILL_BUILDING, Optional.empty()))
                                : Future.failedFuture(error)));
    }

    void build(RoutingContext context) {
        Promise<Void> gone = Promise.promise();
        context.addEndHandler(ended -> gone.tryComplete());
        answer(context, upstream.build(key(context), context.request(), gone.future()));
    }

    private Future<PassedAnswer> look(RoutingContext context, String operation, String path) {
        LastAnswers.Question question =
                new LastAnswers.Question(Caller.tenant(context), path + query(context.request()));
        return upstream.get(operation, key(context), question.target(), RuntimesApi.PATIENCE)
                .onSuccess(answer -> heard(question, answer))
                .recover(error -> lastAnswers
                        .recall(question)
                        .map(Future::succeededFuture)
                        .orElseGet(() -> Future.failedFuture(error)));
    }

    private void heard(LastAnswers.Question question, PassedAnswer answer) {
        if (answer.status() < 300) {
            lastAnswers.remember(question, answer);
        }
    }

    private Optional<String> key(RoutingContext context) {
        return tenants.upstreamKey(Caller.tenant(context));
    }

    private static void answer(RoutingContext context, Future<PassedAnswer> answer) {
        answer.onSuccess(passed -> send(context, passed))
                .onFailure(error -> context.fail(
                        error instanceof RuntimeApiException upstream
                                ? new GatewayFailure.RuntimeApiUnavailable(upstream.getMessage()).asException()
                                : error));
    }

    private static void send(RoutingContext context, PassedAnswer passed) {
        if (passed.status() == UNAUTHORIZED) {
            // The client's own key was good: this is about ours, and nothing that the client could mend.
            context.fail(new GatewayFailure.RuntimeApiUnavailable(
                            "the runtime API refuses the key that this gateway has for it")
                    .asException());
            return;
        }
        passed.retryAfter().ifPresent(wish -> context.response().putHeader(HttpHeaders.RETRY_AFTER, wish));
        JsonAnswer.send(context, passed.status(), passed.contentType(), passed.body());
    }

    /** As it came, from its question mark on. Bytes that no target may hold are written as the escapes that mean them. */
    private static String query(HttpServerRequest request) {
        int begin = request.uri().indexOf('?');
        StringBuilder query = new StringBuilder();
        (begin < 0 ? "" : request.uri().substring(begin))
                .chars()
                .forEach(c -> query.append(c > ' ' && c < 0x7f && c != '#' ? "" + (char) c : escaped(c)));
        return query.toString();
    }

    private static String escaped(int character) {
        return String.format("%%%02X", character & 0xff);
    }
}
