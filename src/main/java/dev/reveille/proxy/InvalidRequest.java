package dev.reveille.proxy;

import dev.reveille.problem.Problem;
import dev.reveille.session.GatewayFailure;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/** What is no HTTP request, or one whose head is too long. */
final class InvalidRequest {
    private InvalidRequest() {}

    /** Says so, and closes the connection: nobody can tell where the next request would begin. */
    static void refuse(HttpServerRequest request) {
        refuse(request, why(request.decoderResult().cause()));
    }

    /** For one that is HTTP and makes no sense all the same. */
    static void refuse(HttpServerRequest request, String because) {
        refuse(request, new GatewayFailure.InvalidRequest(because));
    }

    private static void refuse(HttpServerRequest request, GatewayFailure failure) {
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        Problem.of(failure)
                .answer(request.response())
                .onComplete(sent -> request.connection().close());
    }

    private static GatewayFailure why(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return new GatewayFailure.HeadTooLong(414, "the request's target is too long");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new GatewayFailure.HeadTooLong(431, "the request's header fields are too long");
        }
        return new GatewayFailure.InvalidRequest("this is not a valid HTTP request");
    }
}
