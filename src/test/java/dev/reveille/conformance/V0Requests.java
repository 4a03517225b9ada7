package dev.reveille.conformance;

import dev.reveille.conformance.V0Failure.Kind;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** The helper beneath all calls of V0 clients, {@code send_request}: 429 is tried three times, every other error raised. */
final class V0Requests {
    private static final int TRIES_OF_429 = 3;

    private final Courier courier;
    private final Duration retryPause;

    /** @param retryPause 4 s in the original */
    V0Requests(Courier courier, Duration retryPause) {
        this.courier = courier;
        this.retryPause = retryPause;
    }

    /**
     * @throws V0Failure of kind HTTP, RETRIES_ENDED or BROKE
     * @throws NoAnswer as it came
     */
    Call send(Ask ask) {
        for (int attempt = 1; attempt <= TRIES_OF_429; attempt++) {
            Call call = courier.send(ask);
            if (call.succeeded()) {
                return call;
            }
            String detail = detail(call);
            if (call.status() != 429) {
                throw new V0Failure(Kind.HTTP, call.status(), call + ": " + detail);
            }
            if (attempt < TRIES_OF_429) {
                Pause.of(retryPause);
            }
        }
        throw new V0Failure(Kind.RETRIES_ENDED, 429, ask.uri().toString());
    }

    /** {@code body.get('detail')}, whatever the body is as long as it is JSON. */
    private static String detail(Call call) {
        Object body;
        try {
            body = Json.decodeValue(call.answer());
        } catch (DecodeException noJson) {
            return "";
        }
        if (body instanceof JsonObject object) {
            return String.valueOf(object.getValue("detail"));
        }
        throw new V0Failure(Kind.BROKE, call.status(), "AttributeError: the error's body is no object: " + body);
    }
}
