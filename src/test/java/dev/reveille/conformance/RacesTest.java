package dev.reveille.conformance;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients do to one another. */
@ExtendWith(VertxExtension.class)
class RacesTest {
    private static final int MANY = 10;

    @TempDir
    Path folder;

    private Vertx vertx;
    private Stage stage;
    private FakeRuntimeApi upstream;
    private Curl curl;

    @BeforeEach
    void remember(Vertx given) {
        vertx = given;
    }

    @AfterEach
    void stop() {
        stage.close();
    }

    @ParameterizedTest
    @EnumSource
    void startsAtOnceMakeOneRuntime(Deployment deployment) {
        open(deployment.open(vertx, folder));

        List<Call> started = all(many(() -> curl.posting("/start", V0Client.usualStart("s-1"))));

        assertThat(started).allSatisfy(call -> assertThat(call.status()).isEqualTo(200));
        assertThat(started.stream().map(call -> call.json().getString("runtime_id")))
                .containsOnly(started.get(0).json().getString("runtime_id"));
        assertThat(started.stream().map(call -> call.json().getString("url")))
                .containsOnly(started.get(0).json().getString("url"));
        assertThat(curl.get("/list").json().getInteger("total")).isEqualTo(1);
        if (stage.isScripted()) {
            assertThat(upstream.calls("POST /start")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStopThatMeetsAResumeWins(Deployment deployment) throws Exception {
        open(deployment.open(vertx, folder));
        V0Client owner = new V0Client(stage.base(), "s-1").keepingAlive().connect();
        owner.close();
        if (stage.isScripted()) {
            upstream.resumeTakes(ofMillis(300));
        }

        CompletableFuture<Call> resumed = curl.posting("/resume", Curl.runtime(owner.runtimeId()));
        CompletableFuture<Call> stopped = curl.posting("/stop", Curl.runtime(owner.runtimeId()));

        assertThat(stopped.get(10, SECONDS).status()).isEqualTo(200);
        resumed.get(10, SECONDS);
        assertThat(curl.get("/list").json().getInteger("total")).isZero();
        if (stage.isScripted()) {
            assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
        }
    }

    @Test
    void aStopDuringAResumeEndsStoppedAndTheKeptCallsEnd() throws Exception {
        scripted().resumeTakes(ofMillis(500));
        upstream.session("s-1").isPaused();
        curl.get("/sessions/s-1");
        CompletableFuture<Call> resumed = curl.posting("/resume", Curl.runtime("rt1"));
        await(upstream.whenCalled("POST /resume", 1));
        CompletableFuture<Call> held = curl.asking("POST", stage.base() + "/rt1/runtime/list_files", Map.of(), "{}");

        Call stopped = curl.post("/stop", Curl.runtime("rt1"));

        assertThat(stopped.status()).isEqualTo(200);
        assertThat(resumed.get(10, SECONDS).status()).isIn(200, 404, 409, 502);
        assertThat(held.get(10, SECONDS).status()).isGreaterThanOrEqualTo(400);
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
        assertThat(curl.get("/list").json().getInteger("total")).isZero();
    }

    @Test
    void aResumeDuringAStopDoesNotBringItBack() throws Exception {
        scripted();
        upstream.session("s-1").isPaused();
        curl.get("/sessions/s-1");
        upstream.on("POST", "/stop").usual().afterMillis(200);
        CompletableFuture<Call> stopped = curl.posting("/stop", Curl.runtime("rt1"));
        await(upstream.whenCalled("POST /stop", 1));

        Call resumed = curl.post("/resume", Curl.runtime("rt1"));

        assertThat(stopped.get(10, SECONDS).status()).isEqualTo(200);
        assertThat(resumed.status()).isGreaterThanOrEqualTo(400);
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void aStopDuringAStartEndsStopped() {
        scripted().startTakes(ofMillis(500));
        String runtime = curl.post("/start", V0Client.usualStart("s-1")).json().getString("runtime_id");

        Call stopped = curl.post("/stop", Curl.runtime(runtime));

        assertThat(stopped.status()).isEqualTo(200);
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
        assertThat(curl.get("/list").json().getInteger("total")).isZero();
    }

    @Test
    void resumesAtOnceAreOne() {
        scripted().resumeTakes(ofMillis(200));
        upstream.session("s-1").isPaused();
        curl.get("/sessions/s-1");

        List<Call> resumed = all(many(() -> curl.posting("/resume", Curl.runtime("rt1"))));

        assertThat(resumed).allSatisfy(call -> assertThat(call.status()).isEqualTo(200));
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aResumeAndRequestsThatWakeAreOne() throws Exception {
        scripted().resumeTakes(ofMillis(200));
        upstream.session("s-1").isPaused();
        curl.get("/sessions/s-1");

        CompletableFuture<Call> resumed = curl.posting("/resume", Curl.runtime("rt1"));
        List<Call> woken =
                all(many(() -> curl.asking("POST", stage.base() + "/rt1/runtime/list_files", Map.of(), "{}")));

        assertThat(resumed.get(10, SECONDS).status()).isEqualTo(200);
        assertThat(woken).allSatisfy(call -> assertThat(call.status()).isEqualTo(200));
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void a409OnResumeMeansThatItRuns() {
        scripted();
        upstream.session("s-1").isPaused();
        curl.get("/sessions/s-1");
        upstream.session("s-1").isRunning();

        Call resumed = curl.post("/resume", Curl.runtime("rt1"));

        assertThat(resumed.status()).isEqualTo(200);
        assertThat(curl.get("/sessions/s-1").json().getString("status")).isEqualTo("running");
        assertThat(upstream.calls("POST /start")).isZero();
    }

    @Test
    void aStartOfAPausedOneWakesIt() {
        scripted();
        upstream.session("s-1").isPaused();

        Call started = curl.post("/start", V0Client.usualStart("s-1"));

        assertThat(started.status()).isEqualTo(200);
        assertThat(started.json().getString("runtime_id")).isEqualTo("rt1");
        assertThat(upstream.sandboxes()).hasSize(1);
    }

    @Test
    void aKeyThatChangesOnResumeCountsEverywhere() {
        scripted().rotatesSessionKeys();
        upstream.session("s-1").withKey("k-1").isPaused();
        curl.get("/sessions/s-1");

        JsonObject resumed = curl.post("/resume", Curl.runtime("rt1")).json();
        String told = curl.get("/sessions/s-1").json().getString("session_api_key");
        int withNew = list("key-rt1-2").status();
        int withOld = list("k-1").status();
        curl.post("/pause", Curl.runtime("rt1"));
        int wakeWithOld = list("k-1").status();
        int resumesByOld = upstream.calls("POST /resume");
        list("key-rt1-2");

        assertThat(resumed.getString("session_api_key")).isEqualTo("key-rt1-2");
        assertThat(told).isEqualTo("key-rt1-2");
        assertThat(withNew).isEqualTo(200);
        assertThat(withOld).isEqualTo(403);
        assertThat(wakeWithOld).isGreaterThanOrEqualTo(400);
        assertThat(resumesByOld).isEqualTo(1);
        assertThat(upstream.calls("POST /resume")).isEqualTo(2);
    }

    private Call list(String key) {
        Map<String, String> keyed = Map.of("X-Session-API-Key", key);
        return curl.ask("POST", stage.base() + "/rt1/runtime/list_files", keyed, "{}");
    }

    private static List<CompletableFuture<Call>> many(java.util.function.Supplier<CompletableFuture<Call>> call) {
        return IntStream.range(0, MANY).mapToObj(i -> call.get()).toList();
    }

    private static List<Call> all(List<CompletableFuture<Call>> calls) {
        Stream<Call> answers =
                calls.stream().map(call -> call.orTimeout(10, SECONDS).join());
        return answers.toList();
    }

    private FakeRuntimeApi scripted() {
        open(Stage.scripted(vertx));
        return upstream;
    }

    private void open(Stage opened) {
        stage = opened;
        upstream = stage.isScripted() ? stage.upstream() : null;
        curl = new Curl(stage.base(), "client-key");
    }
}
