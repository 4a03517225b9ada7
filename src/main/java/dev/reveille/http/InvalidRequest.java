package dev.reveille.http;

import dev.reveille.problem.Problem;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is no HTTP request, or one whose head is too long, or that does not come to its end. */
public final class InvalidRequest {
    private static final Logger LOG = LoggerFactory.getLogger(InvalidRequest.class);

    private InvalidRequest() {}

    /** Says so, and closes the connection (in HTTP/2 the stream): nobody can tell where the next request would begin. */
    static void refuse(HttpServerRequest request) {
        refuse(request, why(request.decoderResult().cause()));
    }

    /** For one that is HTTP and makes no sense all the same. */
    public static void refuse(HttpServerRequest request, String because) {
        refuse(request, new GatewayFailure.InvalidRequest(because));
    }

    static void refuse(HttpServerRequest request, GatewayFailure failure) {
        LOG.debug("refused client={} because={}", Forwarded.client(request), failure.detail());
        ClientStream stream = ClientStream.of(request);
        stream.last();
        Problem.of(failure).answer(request).onComplete(sent -> stream.refuseRest());
    }

    private static GatewayFailure why(Throwable cause) {
        if (cause instanceof FailureException refused) {
            return refused.failure();
        }
        if (cause instanceof TooLongHttpLineException) {
            return new GatewayFailure.HeadTooLong(414, "the request's target is too long");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new GatewayFailure.HeadTooLong(431, "the request's header fields are too long");
        }
        return new GatewayFailure.InvalidRequest("this is not a valid HTTP request");
    }
}
