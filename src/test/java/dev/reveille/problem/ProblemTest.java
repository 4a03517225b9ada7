package dev.reveille.problem;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.GatewayFailure;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.VertxExtension;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ProblemTest {
    private static final GatewayFailure FULL = new GatewayFailure.TooManyWaiting("too many wait", ofMillis(1200));

    @Test
    void aProblemIsAnObjectThatSaysWhatClientsRead() {
        JsonObject json = new Problem(FULL, Optional.of("s-1"), Optional.of("rt1")).toJson();

        assertThat(json)
                .isEqualTo(new JsonObject()
                        .put("type", "urn:reveille:problem:too_many_waiting")
                        .put("title", "Too Many Requests")
                        .put("status", 429)
                        .put("detail", "too many wait")
                        .put("code", "too_many_waiting")
                        .put("session_id", "s-1")
                        .put("runtime_id", "rt1")
                        .put("retryable", true)
                        .put("retry_after_ms", 1200L));
    }

    @Test
    void whatIsUnknownIsLeftOut() {
        assertThat(Problem.of(new GatewayFailure.InvalidRequest("no")).toJson().fieldNames())
                .containsExactlyInAnyOrder("type", "title", "status", "detail", "code", "retryable");
    }

    @Test
    void anAnswerTakesThePlaceOfWhatWasPreparedAndIsGivenOnce(Vertx vertx) {
        HttpServer server = await(vertx.createHttpServer()
                .requestHandler(request -> {
                    request.response()
                            .setStatusCode(200)
                            .setStatusMessage("fine")
                            .putHeader("X-Prepared", "yes");
                    Problem.of(FULL)
                            .answer(request)
                            .compose(sent -> Problem.of(FULL).answer(request))
                            .onFailure(twice -> request.connection().close());
                })
                .listen(0, "127.0.0.1"));
        WebClient client = WebClient.create(vertx);

        for (int i = 0; i < 2; i++) {
            HttpResponse<Buffer> answer =
                    await(client.get(server.actualPort(), "127.0.0.1", "/").send());
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.statusMessage()).isEqualTo("Too Many Requests");
            assertThat(answer.getHeader("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.getHeader("Cache-Control")).isEqualTo("no-store");
            assertThat(answer.getHeader("Retry-After")).isEqualTo("2");
            assertThat(answer.getHeader("X-Prepared")).isNull();
        }
        client.close();
    }
}
