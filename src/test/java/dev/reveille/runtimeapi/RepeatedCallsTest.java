package dev.reveille.runtimeapi;

import static dev.reveille.runtimeapi.Upstream.CALL_TIMEOUT;
import static dev.reveille.runtimeapi.Upstream.KEY;
import static dev.reveille.runtimeapi.Upstream.failure;
import static dev.reveille.runtimeapi.Upstream.result;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.runtimeapi.RuntimeApiException.Kind;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong on the way, what it is called, and whether the call is sent again. */
@ExtendWith(VertxExtension.class)
class RepeatedCallsTest {
    private static final SessionId SESSION = new SessionId("s-1");
    private static final RuntimeId RUNTIME = new RuntimeId("rt1");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private FakeRuntimeApi fake;
    private RuntimeApi api;

    @BeforeEach
    void start(Vertx vertx) {
        fake = FakeRuntimeApi.start(vertx);
        fake.session("s-1").isPaused();
        api = Upstream.api(vertx, fake, 50, meters);
    }

    @AfterEach
    void close() throws Exception {
        result(api.close());
        fake.close();
    }

    @Test
    void aPollIsNotRepeatedSinceTheNextComesAnyway() {
        fake.on("GET", "/runtime/rt1").answers(500).then(200);

        assertThat(failure(api.pod(KEY, RUNTIME)).status()).isEqualTo(500);

        assertThat(fake.calls("GET /runtime/rt1")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void aLookIsRepeatedAfterThisStatus(int status) throws Exception {
        fake.on("GET", "/sessions/s-1").answers(status).times(2).then(200);
        assertThat(result(api.session(KEY, SESSION))).isPresent();
        assertThat(fake.calls("GET /sessions/s-1")).isEqualTo(3);
    }

    @Test
    void aLookIsRepeatedAfterAnyFaultOfTheWay() throws Exception {
        fake.on("GET", "/sessions/s-1").resets().answersText("not json").then(200);
        assertThat(result(api.session(KEY, SESSION))).isPresent();

        fake.on("GET", "/sessions/s-1").breaksOff().hangs().then(200);
        assertThat(result(api.session(KEY, SESSION))).isPresent();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 302})
    void aLookIsNotRepeatedAfterARefusal(int status) {
        fake.on("GET", "/sessions/s-1").answers(status);
        assertThat(failure(api.session(KEY, SESSION)).status()).isEqualTo(status);
        assertThat(fake.calls("GET /sessions/s-1")).isEqualTo(1);
    }

    @Test
    void theLastFailureIsTheAnswer() {
        fake.on("GET", "/sessions/s-1").answers(500).answers(502).answers(504);
        assertThat(failure(api.session(KEY, SESSION)).status()).isEqualTo(504);
        assertThat(fake.calls("GET /sessions/s-1")).isEqualTo(3);
    }

    @Test
    void aClosedPortIsUnreachable() {
        fake.closeControl();
        RuntimeApiException failure = failure(api.resume(KEY, RUNTIME));
        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure.status()).isZero();
        assertThat(attempts("resume", "unreachable")).isEqualTo(3);
    }

    @Test
    void silenceIsUnansweredAfterTheCallTimeout() {
        fake.on("POST", "/resume").hangs();
        long begin = System.nanoTime();
        RuntimeApiException failure = failure(api.resume(KEY, RUNTIME));

        assertThat(failure.kind()).isEqualTo(Kind.UNANSWERED);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(CALL_TIMEOUT, CALL_TIMEOUT.multipliedBy(2));
        assertThat(fake.calls("POST /resume"))
                .as("a change is not repeated after a timeout")
                .isEqualTo(1);
    }

    @Test
    void theTimeoutReachesToTheEndOfTheAnswer() {
        fake.on("POST", "/resume").stalls();
        assertThat(failure(api.resume(KEY, RUNTIME)).kind()).isEqualTo(Kind.UNANSWERED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/start", "/stop", "/pause", "/resume"})
    void aHarmlessChangeIsRepeatedWhenTheConnectionIsLost(String path) throws Exception {
        fake.session("s-1").isRunning();
        if (path.equals("/resume")) {
            fake.session("s-1").isPaused();
        }
        fake.on("POST", path).resets().then(200);
        result(call(path));
        assertThat(fake.calls("POST " + path)).isEqualTo(2);
    }

    @Test
    void aResumeWhoseAnswerWasLostIsFoundAwakeTheSecondTime() throws Exception {
        fake.on("POST", "/resume").losesTheAnswer().then(200);
        assertThat(result(api.resume(KEY, RUNTIME)).alreadyAwake()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/start", "/stop", "/pause", "/resume", "/build"})
    void aChangeIsNotRepeatedAfterA5xx(String path) {
        fake.on("POST", path).answers(503).then(200);
        RuntimeApiException failure = failure(call(path));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.status()).isEqualTo(503);
        assertThat(fake.calls("POST " + path)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/start", "/stop", "/resume", "/build"})
    void aChangeIsRepeatedWhenUpstreamAsksForPatience(String path) throws Exception {
        fake.on("POST", path).answers(429).then(200);
        result(call(path));
        assertThat(fake.calls("POST " + path)).isEqualTo(2);
    }

    @Test
    void aBuildThatMayHaveBegunIsNotRepeated() {
        fake.on("POST", "/build").resets();
        assertThat(failure(call("/build")).kind()).isEqualTo(Kind.UNANSWERED);
        assertThat(fake.calls("POST /build")).isEqualTo(1);
    }

    @Test
    void upstreamsWishToWaitIsHonoured() throws Exception {
        fake.on("GET", "/sessions/s-1").answers(429).header("Retry-After", "1").then(200);
        long begin = System.nanoTime();
        result(api.session(KEY, SESSION));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(990));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "\"text\"", "7", "null", "{\"status\":", "<html>"})
    void whatIsNoObjectIsGarbled(String body) {
        fake.on("GET", "/sessions/s-1").answersText(body);
        RuntimeApiException failure = failure(api.session(KEY, SESSION));
        assertThat(failure.kind()).isEqualTo(Kind.GARBLED);
        assertThat(failure.detail()).contains("body (expected: a JSON object)");
    }

    @Test
    void anAnswerWithoutEndIsGivenUp() {
        Buffer fiveMiB = Buffer.buffer(new byte[5 * 1024 * 1024]);
        fake.on("POST", "/start").answersBytes(200, "application/json", fiveMiB);
        RuntimeApiException failure = failure(call("/start"));
        assertThat(failure.kind()).isEqualTo(Kind.GARBLED);
        assertThat(failure.detail()).contains("body", "at most 4194304 bytes");

        fake.on("POST", "/start").answersBytes(400, "application/json", fiveMiB);
        assertThat(failure(call("/start")).status()).isEqualTo(400);
    }

    @Test
    void whatUpstreamSaysIsToldWithoutAddressesAndKeys() {
        String host = fake.uri().getHost();
        fake.on("POST", "/pause")
                .answersJson(
                        409,
                        new JsonObject()
                                .put(
                                        "detail",
                                        "not\r\nnow: up-key at " + host + " and http://a.b/c " + "x".repeat(400)));
        RuntimeApiException failure = failure(api.pause(KEY, RUNTIME));
        assertThat(failure.detail())
                .startsWith("not  now: (key) at (address) and (address) xxx")
                .hasSizeLessThan(302);
        assertThat(failure)
                .hasMessageStartingWith("the runtime API answered 409: not  now")
                .hasNoCause();
        assertThat(failure.getStackTrace()).isEmpty();
    }

    @Test
    void noFailureTellsWhereUpstreamIs() {
        String address = fake.uri().getAuthority();
        fake.on("GET", "/sessions/s-1").resets();
        assertThat(failure(api.session(KEY, SESSION)).getMessage()).doesNotContain(address);
        fake.closeControl();
        assertThat(failure(api.session(KEY, SESSION)).getMessage()).doesNotContain(address);
    }

    @Test
    void everyAttemptIsMeasured() throws Exception {
        fake.on("GET", "/sessions/s-1").answers(500).answersText("odd").then(200);
        result(api.session(KEY, SESSION));
        assertThat(attempts("session", "refused")).isEqualTo(1);
        assertThat(attempts("session", "garbled")).isEqualTo(1);
        assertThat(attempts("session", "ok")).isEqualTo(1);
        assertThat(meters.get("reveille.upstream.calls")
                        .tag("outcome", "ok")
                        .timer()
                        .totalTime(TimeUnit.NANOSECONDS))
                .isPositive();
    }

    private long attempts(String operation, String outcome) {
        return meters.get("reveille.upstream.calls")
                .tags("operation", operation, "outcome", outcome)
                .timer()
                .count();
    }

    private Future<?> call(String path) {
        return switch (path) {
            case "/start" -> api.start(KEY, "{\"session_id\":\"s-1\"}");
            case "/stop" -> api.stop(KEY, RUNTIME);
            case "/pause" -> api.pause(KEY, RUNTIME);
            case "/resume" -> api.resume(KEY, RUNTIME);
            default -> api.build(KEY, "repo:1", List.of(), Buffer.buffer("H4sI"));
        };
    }
}
