package dev.reveille.conformance;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.conformance.SdkWorkspace.Refused;
import dev.reveille.conformance.V0Failure.Kind;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The clients straight before the scripted runtime API. What the description says that they run into, they run into here;
 * so their other tests show what a gateway in between changes.
 */
@ExtendWith(VertxExtension.class)
class WithoutReveilleTest {
    private FakeRuntimeApi upstream;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aFreshStartIsFourCalls() {
        assertThat(client().connect().transcript())
                .containsExactly(
                        "GET /sessions/s-1 404",
                        "POST /start 200",
                        "GET /runtime/rt1 200",
                        "GET /rt1/runtime/alive 200");
    }

    @Test
    void attachingToAPausedOneIsSixCalls() {
        upstream.session("s-1").isPaused();

        assertThat(client().attaching().connect().transcript())
                .containsExactly(
                        "GET /sessions/s-1 200",
                        "POST /resume 200",
                        "GET /runtime/rt1 200",
                        "GET /rt1/runtime/alive 200",
                        "GET /runtime/rt1 200",
                        "GET /rt1/runtime/alive 200");
    }

    @Test
    void a503WithKeepAliveIsFiveCalls() {
        V0Client client = client().keepingAlive().connect();
        upstream.session("s-1").isPaused();
        int before = client.transcript().size();

        client.run("echo hi");

        assertThat(client.transcript().subList(before, client.transcript().size()))
                .containsExactly(
                        "POST /rt1/runtime/execute_action 503",
                        "POST /resume 200",
                        "GET /runtime/rt1 200",
                        "GET /rt1/runtime/alive 200",
                        "POST /rt1/runtime/execute_action 200");
    }

    @Test
    void readyBefore404EndsTheStartAfterFourCalls() {
        upstream.readyBeforeRoute(ofMillis(500)).pausedAnswers(404);
        V0Client client = client();

        assertThat(failure(client).kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(client.transcript())
                .containsExactly(
                        "GET /sessions/s-1 404",
                        "POST /start 200",
                        "GET /runtime/rt1 200",
                        "GET /rt1/runtime/alive 404",
                        "POST /stop 200");
    }

    @Test
    void readyBefore503WithKeepAliveResumesWithoutEnd() {
        upstream.session("s-1").isRunning().routeIsOpen(false);
        upstream.on("POST", "/resume").answersJson(new JsonObject());

        assertThat(failure(client().keepingAlive()).kind()).isEqualTo(Kind.BROKE);
    }

    @Test
    void one500WhileItPollsEndsTheStart() {
        upstream.on("GET", "/runtime/*").answers(500).usual();

        assertThat(failure(client()).kind()).isEqualTo(Kind.HTTP);
    }

    @Test
    void aCleanUpThatFailsMasksWhatWasWrong() {
        upstream.on("POST", "/start").answers(500);

        V0Failure failure = failure(client());

        assertThat(failure.status()).isEqualTo(404);
        assertThat(failure).hasMessageContaining("/stop");
    }

    @Test
    void anActionWhoseConnectionBreaksIsSentFiveTimes() {
        V0Client client = client().connect();
        upstream.session("s-1").on("POST", "/execute_action").resets();

        V0Failure failure = catchThrowableOfType(V0Failure.class, () -> client.run("rm -rf build"));

        assertThat(failure.kind()).isEqualTo(Kind.RETRIES_ENDED);
        assertThat(upstream.calls("POST /rt1/runtime/execute_action")).isEqualTo(5);
    }

    @Test
    void anErrorThatIsNoObjectBreaksTheClient() {
        upstream.on("GET", "/sessions/*")
                .answersBytes(500, "application/json", io.vertx.core.buffer.Buffer.buffer("[\"no\"]"));

        assertThat(failure(client().attaching()).kind()).isEqualTo(Kind.BROKE);
    }

    @Test
    void theAppServerAsksUntilTheRouteIsThere() {
        upstream.issuesSessionKeys().readyBeforeRoute(ofMillis(100)).pausedAnswers(404);
        V1Client app = new V1Client(upstream.uri(), "client-key");
        app.start("b62");

        app.waitUntilRunning("b62", ofSeconds(15));

        assertThat(app.transcript())
                .contains("GET /rt1/runtime/alive 404")
                .last()
                .isEqualTo("GET /rt1/runtime/alive 200");
    }

    @Test
    void theSdkRefusesAUrlWithAPathAndTakesAName() {
        SdkWorkspace byPath = new SdkWorkspace(upstream.uri(), "client-key", "agent-server-1");

        Refused refused = catchThrowableOfType(Refused.class, byPath::open);

        assertThat(refused).hasMessageContaining("has a path");
        assertThat(byPath.transcript()).last().isEqualTo("POST /stop 200");
    }

    @Test
    void theSdkGivesUpOnOneErrorWhileItPolls() {
        upstream.on("GET", "/sessions/*").usual().answers(502).usual();

        Refused refused = catchThrowableOfType(
                Refused.class, () -> new SdkWorkspace(upstream.uri(), "client-key", "agent-server-1").open());

        assertThat(refused).hasMessageContaining("502");
    }

    private V0Client client() {
        return new V0Client(upstream.uri(), "s-1");
    }

    private static V0Failure failure(V0Client client) {
        V0Failure failure = catchThrowableOfType(V0Failure.class, client::connect);
        assertThat(failure).isNotNull();
        return failure;
    }
}
