package dev.reveille.conformance;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Upstream has troubles of its own, and clients do not hear of them. */
@ExtendWith(VertxExtension.class)
class HiccupsTest {
    private static final int REQUESTS = 20;
    private static final int MOST_POLLS = 500;

    private Vertx vertx;
    private Stage stage;
    private FakeRuntimeApi upstream;
    private Curl curl;

    @BeforeEach
    void start(Vertx given) {
        vertx = given;
        open("upstream.call-timeout=200ms", "registry.repair-interval=200ms");
    }

    @AfterEach
    void stop() {
        stage.close();
    }

    @ParameterizedTest
    @EnumSource
    void aRunningSessionDoesNotNoticeThat(Fault fault) {
        V0Client client = new V0Client(stage.base(), "s-1").connect();

        fault.in(upstream);

        for (int i = 0; i < REQUESTS; i++) {
            assertThat(client.run("echo " + i).getString("observation")).isEqualTo("run");
        }
        assertThat(curl.get("/sessions/s-1").json().getString("status")).isEqualTo("running");
        assertThat(curl.get("/runtime/rt1").json().getString("pod_status")).isEqualTo("ready");
        new V0Client(stage.base(), "s-1").attaching().connect().run("echo a guest");
        assertThat(upstream.session("s-1").commands()).hasSize(REQUESTS + 1);
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aStartThatIsUnderWayGoesOn(Fault fault) {
        upstream.startTakes(ofMillis(300));
        Call started = curl.post("/start", V0Client.usualStart("s-1"));

        fault.in(upstream.on("GET", "/runtime/*"));
        fault.in(upstream.on("GET", "/sessions/*"));
        fault.in(upstream.on("GET", "/list"));
        List<JsonObject> pods = untilReady();
        Call record = curl.get("/sessions/s-1");

        assertThat(started.status()).isEqualTo(200);
        assertThat(pods)
                .allSatisfy(pod -> assertThat(pod.getValue("pod_status")).isInstanceOf(String.class));
        assertThat(record.json().getString("status")).isEqualTo("running");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aResumeByTrafficSurvivesWrongPollsOfThePod(Fault fault) {
        V0Client client = new V0Client(stage.base(), "s-1").keepingAlive().connect();
        client.close();
        upstream.resumeTakes(ofMillis(200));
        fault.in(upstream.on("GET", "/runtime/*"));
        fault.in(upstream.on("GET", "/sessions/*"));

        client.run("echo hi");

        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    /** Nothing but the client's own limit of 10 s is asserted. */
    @Test
    void callsAreAnsweredWhileUpstreamIsSilent() {
        upstream.session("asleep").isPaused();
        V0Client client = new V0Client(stage.base(), "s-1").connect();
        curl.get("/sessions/asleep");

        upstream.onControl().hangs();

        assertThat(everyCall(client.runtimeId())).allSatisfy(call -> {
            assertThat(call.status()).isPositive();
            if (!call.succeeded()) {
                assertThat(call.json().getString("detail")).isNotBlank();
            }
        });
    }

    /** The same with the limits of an installation, which is to say that each look at upstream may take 10 s. */
    @Test
    @Tag("slow")
    void callsAreAnsweredWithinTenSecondsWithUsualSettings() {
        stage.close();
        open("upstream.call-timeout=10s", "upstream.retry-delay=200ms");
        upstream.session("asleep").isPaused();
        V0Client client = new V0Client(stage.base(), "s-1").connect();
        curl.get("/sessions/asleep");

        upstream.onControl().hangs();

        assertThat(everyCall(client.runtimeId()))
                .allSatisfy(call -> assertThat(call.status()).isPositive());
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void halfAMinuteOfThatIsNotNoticedByWhatRuns(Fault fault) {
        V0Client client = new V0Client(stage.base(), "s-1").connect();
        fault.in(upstream);
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();

        while (System.nanoTime() - end < 0) {
            client.run("echo hi");
            assertThat(curl.get("/sessions/s-1").json().getString("status")).isEqualTo("running");
            assertThat(curl.get("/runtime/rt1").json().getString("pod_status")).isEqualTo("ready");
            Pause.of(ofMillis(200));
        }
        upstream.asUsual();
        client.close();

        await(upstream.whenCalled("POST /stop", 1));
    }

    /** Every kind of call at once, so that the whole takes as long as the longest. */
    private List<Call> everyCall(String runtimeId) {
        List<CompletableFuture<Call>> calls = Stream.of(
                        curl.getting("/sessions/s-1"),
                        curl.getting("/sessions/asleep"),
                        curl.getting("/sessions/nobody"),
                        curl.getting("/sessions/batch?ids=s-1&ids=nobody"),
                        curl.getting("/list"),
                        curl.getting("/runtime/" + runtimeId),
                        curl.getting("/runtime/nobody"),
                        curl.posting("/start", V0Client.usualStart("new")),
                        curl.posting("/resume", Curl.runtime("rt1")),
                        curl.posting("/pause", Curl.runtime("nobody")),
                        curl.posting("/stop", Curl.runtime("nobody")),
                        curl.posting("/pause", Curl.runtime(runtimeId)),
                        curl.getting("/registry_prefix"),
                        curl.getting("/image_exists?image=a:b"),
                        curl.getting("/build_status?build_id=1"),
                        curl.getting("/api/warm-runtime-configs"),
                        curl.getting("/health"))
                .toList();
        return calls.stream()
                .map(call -> call.orTimeout(ofSeconds(20).toSeconds(), TimeUnit.SECONDS)
                        .join())
                .toList();
    }

    private List<JsonObject> untilReady() {
        List<JsonObject> seen = new java.util.ArrayList<>();
        for (int i = 0; i < MOST_POLLS; i++) {
            Call look = curl.get("/runtime/rt1");
            assertThat(look.status()).isEqualTo(200);
            seen.add(look.json());
            if (look.json().getString("pod_status").equals("ready")) {
                return seen;
            }
            Pause.of(ofMillis(10));
        }
        throw new AssertionError("never ready");
    }

    private void open(String... settings) {
        stage = Stage.scripted(vertx, settings);
        upstream = stage.upstream();
        curl = new Curl(stage.base(), "client-key");
    }
}
