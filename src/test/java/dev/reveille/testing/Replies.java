package dev.reveille.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends answers, the scripted ones too. */
final class Replies {
    private static final Logger LOG = LoggerFactory.getLogger(Replies.class);

    private final Vertx vertx;

    Replies(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Carries out a step; {@code usual} is what happens without a script. */
    void play(Step step, HttpServerRequest request, Runnable usual) {
        if (step.delayMillis() > 0) {
            vertx.setTimer(step.delayMillis(), id -> playNow(step, request, usual));
        } else {
            playNow(step, request, usual);
        }
    }

    private void playNow(Step step, HttpServerRequest request, Runnable usual) {
        switch (step.kind()) {
            case USUAL -> usual.run();
            case ANSWER -> answer(step, request.response());
            case HANG -> {}
            case RESET -> cut(request);
            case STALL -> begin(step, request.response());
            case BREAK_OFF -> begin(step, request.response()).onSuccess(v -> cut(request));
            case LOSE_ANSWER, KEEP_ANSWER ->
                throw new IllegalStateException(step.kind() + " is for control calls only");
        }
    }

    private void answer(Step step, HttpServerResponse response) {
        step.headers().forEach(response::putHeader);
        observe(response.setStatusCode(step.status()).end(step.body()));
    }

    private Future<Void> begin(Step step, HttpServerResponse response) {
        return observe(response.setStatusCode(step.status()).setChunked(true).write(step.body()));
    }

    void cut(HttpServerRequest request) {
        observe(request.connection().close());
    }

    void json(HttpServerRequest request, int status, JsonObject body) {
        send(request, status, "application/json", body.toBuffer());
    }

    void detail(HttpServerRequest request, int status, String detail) {
        json(request, status, new JsonObject().put("detail", detail));
    }

    void send(HttpServerRequest request, int status, String contentType, Buffer body) {
        observe(request.response()
                .setStatusCode(status)
                .putHeader("content-type", contentType)
                .end(body));
    }

    private static Future<Void> observe(Future<Void> sent) {
        return sent.onFailure(gone -> LOG.debug("answer not delivered: {}", gone.toString()));
    }
}
