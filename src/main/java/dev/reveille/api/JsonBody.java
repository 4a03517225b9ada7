package dev.reveille.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.reveille.config.ByteSize;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.json.jackson.JacksonCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads a body that is a JSON object, whatever its {@code Content-Type}: {@code curl -d} says that it is a form. Called
 * only once the caller is known, since the body is kept in memory.
 *
 * @param text as it came, byte for byte in UTF-8
 * @param object what it says
 */
record JsonBody(String text, JsonObject object) {
    private static final int DEEPEST = 100;
    private static final int MOST_TOKENS = 100_000;

    /** Vert.x' own parser takes deeper nesting and any number of values, but no text of more than 20 million letters. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxTokenCount(MOST_TOKENS)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /**
     * The body of {@code request}; an empty one is an empty object. Called before any of it was read.
     *
     * @param patience from now to its last byte
     * @return fails with {@code too_large}, {@code too_slow} or {@code invalid_request}, or if the client leaves meanwhile
     */
    static Future<JsonBody> of(HttpServerRequest request, ByteSize limit, Duration patience) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && Long.parseLong(length) > limit.bytes()) {
            return Future.failedFuture(tooLarge(limit));
        }
        return bytes(request, limit)
                .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .recover(error -> Future.failedFuture(error instanceof TimeoutException ? late(patience) : error))
                .map(JsonBody::parse);
    }

    private static Future<Buffer> bytes(HttpServerRequest request, ByteSize limit) {
        Promise<Buffer> whole = Promise.promise();
        Buffer read = Buffer.buffer();
        request.exceptionHandler(whole::tryFail);
        request.endHandler(v -> whole.tryComplete(read));
        request.handler(chunk -> {
            if (read.length() + (long) chunk.length() > limit.bytes()) {
                request.handler(rest -> {});
                whole.tryFail(tooLarge(limit));
            } else {
                read.appendBuffer(chunk);
            }
        });
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue().onFailure(whole::tryFail);
        }
        return whole.future();
    }

    private static JsonBody parse(Buffer body) {
        String text = text(body);
        return new JsonBody(text, text.isEmpty() ? new JsonObject() : object(text));
    }

    private static String text(Buffer body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body.getBytes()))
                    .toString();
        } catch (CharacterCodingException wrong) {
            throw invalid("not in UTF-8");
        }
    }

    private static JsonObject object(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (JacksonCodec.fromParser(parser, Object.class) instanceof JsonObject object) {
                return object;
            }
        } catch (DecodeException | IOException wrong) {
            throw invalid(said(wrong));
        }
        throw invalid("JSON, but no object");
    }

    private static String said(Exception wrong) {
        Throwable cause = wrong.getCause() == null ? wrong : wrong.getCause();
        if (cause instanceof StreamConstraintsException) {
            return "nested deeper than " + DEEPEST + " levels, or more than " + MOST_TOKENS
                    + " values, or a number of more than 1000 digits";
        }
        if (cause instanceof JsonProcessingException syntax) {
            JsonLocation at = syntax.getLocation();
            return Quoted.plain(syntax.getOriginalMessage(), 200)
                    + (at == null ? "" : ", at line " + at.getLineNr() + ", column " + at.getColumnNr());
        }
        return Quoted.plain(String.valueOf(cause.getMessage()), 200);
    }

    private static RuntimeException invalid(String found) {
        return new GatewayFailure.InvalidRequest("body: " + found + " (expected: a JSON object)").asException();
    }

    private static RuntimeException late(Duration patience) {
        return new GatewayFailure.TooSlow("the body of the request was not there after " + patience.toMillis() + " ms")
                .asException();
    }

    private static RuntimeException tooLarge(ByteSize limit) {
        return new GatewayFailure.TooLarge("body: too large (expected: at most " + limit + ", see http.body-limit)")
                .asException();
    }
}
