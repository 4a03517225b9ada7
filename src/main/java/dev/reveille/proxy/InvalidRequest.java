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
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        Problem.of(why(request.decoderResult().cause()))
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
