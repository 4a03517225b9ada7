package dev.reveille.bus;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The event bus as another service of the cluster uses it, which has nothing of our code. */
@ExtendWith(VertxExtension.class)
class BusEndpointsTest {
    private FakeRuntimeApi upstream;
    private TestGateway gateway;
    private EventBus bus;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx).issuesSessionKeys();
        gateway = TestGateway.before(upstream, vertx);
        bus = vertx.eventBus();
    }

    @AfterEach
    void stop() {
        gateway.close();
        upstream.close();
    }

    @Test
    void aSessionIsOpenedPausedResumedAndClosed() {
        JsonObject opened = ask("open", waiting("s-1").put("request", new JsonObject().put("image", "python")));
        assertThat(opened.getString("state")).isEqualTo("running");
        assertThat(opened.getString("session_api_key")).isEqualTo("key-rt1");
        assertThat(ask("get", new JsonObject().put("session_id", "s-1"))).isEqualTo(opened);
        assertThat(gateway.get("s-1").bodyAsJsonObject()).isEqualTo(opened);
        assertThat(ask("pause", waiting("s-1")).getString("state")).isEqualTo("paused");
        assertThat(ask("resume", waiting("s-1")).getString("state")).isEqualTo("running");
        assertThat(ask("close", waiting("s-1").put("policy", "pause")).getString("state"))
                .isEqualTo("paused");
        assertThat(ask("close", waiting("s-1")).getString("state")).isEqualTo("stopped");
    }

    @Test
    void withoutAWaitTheAnswerTellsWhatIsUnderWay() {
        upstream.startTakes(ofMillis(100));
        JsonObject opened =
                ask("open", new JsonObject().put("session_id", "s-1").put("request", new JsonObject()));
        assertThat(opened.getString("state")).isEqualTo("starting");
    }

    @Test
    void pagesFollowEachOther() {
        for (String id : new String[] {"a", "b", "c"}) {
            ask("open", waiting(id).put("request", new JsonObject()));
        }
        JsonObject first = ask("list", new JsonObject().put("v", 1).put("limit", 2));
        assertThat(first.getJsonArray("sessions")).hasSize(2);
        assertThat(first.encode()).doesNotContain("session_api_key");
        assertThat(first.getString("next")).isEqualTo("b");
        JsonObject second = ask("list", new JsonObject().put("limit", 2).put("after", "b"));
        assertThat(second.getJsonArray("sessions").getJsonObject(0).getString("session_id"))
                .isEqualTo("c");
        assertThat(second.containsKey("next")).isFalse();
        assertThat(ask("list", new JsonObject().put("tenant", "other")).getJsonArray("sessions"))
                .isEmpty();
    }

    static Stream<Arguments> wrong() {
        JsonObject valid = new JsonObject().put("session_id", "s-1").put("request", new JsonObject());
        return Stream.of(
                Arguments.of("get", new JsonObject().put("session_id", "absent"), 404, "unknown_session", "absent"),
                Arguments.of("get", new JsonObject(), 400, "invalid_request", "session_id: missing"),
                Arguments.of("get", new JsonObject().put("session_id", "a.b"), 400, "invalid_request", "'a.b'"),
                Arguments.of("get", new JsonObject().put("session_id", 1), 400, "invalid_request", "a string"),
                Arguments.of("pause", valid.copy().put("wait_ms", -1), 400, "invalid_request", "wait_ms: -1"),
                Arguments.of("pause", valid.copy().put("wait_ms", "1"), 400, "invalid_request", "a whole number"),
                Arguments.of("close", valid.copy().put("policy", "no"), 400, "invalid_request", "stop, pause or keep"),
                Arguments.of(
                        "open", new JsonObject().put("session_id", "s"), 400, "invalid_request", "request: missing"),
                Arguments.of(
                        "open",
                        new JsonObject().put("session_id", "s").put("request", new JsonObject().put("imge", 1)),
                        400,
                        "invalid_request",
                        "did you mean image?"),
                Arguments.of("list", new JsonObject().put("limit", 0), 400, "invalid_request", "1 to 1000"),
                Arguments.of("list", new JsonObject().put("limit", "x"), 400, "invalid_request", "a whole number"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void aFailureIsTheStatusAndTheProblem(String verb, JsonObject question, int status, String code, String detail) {
        assertFails(question, verb, status, code, detail);
    }

    @Test
    void aServiceThatSpeaksForATenantSeesOnlyItsSessions() {
        ask("open", waiting("s-1").put("request", new JsonObject()));
        assertFails(new JsonObject().put("session_id", "s-1").put("tenant", "other"), "get", 403, "forbidden", "s-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"get", "list", "open", "pause", "resume", "close"})
    void whatIsNoJsonObjectIsRefused(String verb) {
        assertFails("text", verb, 400, "invalid_request", "expected: a JSON object");
        assertFails(null, verb, 400, "invalid_request", "expected: a JSON object");
    }

    private void assertFails(Object question, String verb, int status, String code, String detail) {
        ReplyException failure = (ReplyException) await(bus.request("reveille.session." + verb, question)
                .<Throwable>map(reply -> new AssertionError("answered " + reply.body()))
                .recover(Future::succeededFuture));
        assertThat(failure.failureCode()).isEqualTo(status);
        JsonObject problem = new JsonObject(failure.getMessage());
        assertThat(problem.getString("code")).isEqualTo(code);
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getString("detail")).contains(detail);
    }

    private static JsonObject waiting(String id) {
        return new JsonObject().put("v", 1).put("session_id", id).put("wait_ms", 10_000);
    }

    private JsonObject ask(String verb, JsonObject question) {
        return await(
                bus.<JsonObject>request("reveille.session." + verb, question).map(Message::body));
    }
}
