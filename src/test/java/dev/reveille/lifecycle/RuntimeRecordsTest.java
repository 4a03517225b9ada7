package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.RecordsQuery;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What {@code /list} and {@code /sessions/batch} tell of many sessions. */
@ExtendWith(VertxExtension.class)
class RuntimeRecordsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(9);

    private Vertx vertx;
    private FakeRuntimeApi upstream;

    @BeforeEach
    void start(Vertx given) {
        vertx = given;
        upstream = FakeRuntimeApi.start(vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aListThatComesLateDoesNotUndoAPause() {
        TestNode node = node();
        node.open("s-1");
        upstream.on("GET", "/list")
                .answersJson(new JsonObject().put("runtimes", asItRuns("s-1")))
                .afterMillis(300);
        Future<List<String>> listed = live();
        await(upstream.whenCalled("GET /list", 2));
        await(node.pausing("s-1"));

        assertThat(await(listed)).isEmpty();

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("paused");
    }

    @Test
    void aBatchThatComesLateDoesNotUndoAPause() {
        TestNode node = node();
        node.open("s-1");
        upstream.on("GET", "/sessions/batch")
                .answersBytes(200, "application/json", asItRuns("s-1").toBuffer())
                .afterMillis(300);
        Future<JsonArray> told = batch("s-1");
        await(upstream.whenCalled("GET /sessions/batch", 1));
        await(node.pausing("s-1"));

        assertThat(await(told).getJsonObject(0).getString("status")).isEqualTo("paused");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("paused");
    }

    @Test
    void aBatchDoesNotGoOnTellingWhatUpstreamHasDropped() {
        TestNode node = node();
        node.open("s-1");
        node.open("s-2");
        upstream.forget("s-1");

        assertThat(names(await(batch("s-1", "s-2")))).containsExactly("s-2");

        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("stopped");
    }

    @Test
    void whatIsMissingInABatchIsToldIfUpstreamKnowsItNoneTheLess() {
        node().open("s-1");
        upstream.on("GET", "/sessions/batch").answersBytes(200, "application/json", Buffer.buffer("[]"));

        assertThat(names(await(batch("s-1")))).containsExactly("s-1");
    }

    @Test
    void aBatchTellsOfNoSessionThatHasNoSandbox() {
        TestNode node = node();
        upstream.on("POST", "/start").answers(500).then(200);
        failureOf(node.opening("s-1", new JsonObject()));
        node.open("s-2");

        assertThat(names(await(batch("s-1", "s-2")))).containsExactly("s-2");
    }

    @Test
    void aListDoesNotWaitForWhatItsSessionsCost() {
        TestNode node = node("upstream.call-timeout=1m");
        node.open("s-1");
        node.open("s-2");
        upstream.forget("s-1");
        upstream.session("s-1").isRunning();
        upstream.on("GET", "/sessions/s-1").hangs();

        assertThat(await(live())).contains("s-2");
    }

    /** Once the node has asked for all that there is, as it does when it begins. */
    private TestNode node(String... settings) {
        TestNode node = TestNode.before(upstream, vertx, settings);
        await(upstream.whenCalled("GET /list", 1));
        return node;
    }

    private JsonArray asItRuns(String id) {
        return new JsonArray()
                .add(new JsonObject()
                        .put("session_id", id)
                        .put("runtime_id", upstream.session(id).runtimeId())
                        .put("url", upstream.session(id).url().toString())
                        .put("status", "running"));
    }

    private Future<List<String>> live() {
        return records(Optional.empty()).map(RuntimeRecordsTest::names);
    }

    private Future<JsonArray> batch(String... ids) {
        return records(Optional.of(Stream.of(ids).map(SessionId::new).toList()));
    }

    private Future<JsonArray> records(Optional<List<SessionId>> ids) {
        RecordsQuery query = new RecordsQuery(Tenants.EVERYBODY, ids, PATIENCE);
        return Catalogue.RUNTIME_RECORDS
                .ask(vertx.eventBus(), query, PATIENCE)
                .map(told -> told.getJsonArray("runtimes"));
    }

    private static List<String> names(JsonArray records) {
        return records.stream()
                .map(r -> ((JsonObject) r).getString("session_id"))
                .toList();
    }
}
