package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.reveille.bus.Catalogue;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

@ExtendWith(VertxExtension.class)
class SessionsApiTest {
    private static final JsonObject NOTHING_SPECIAL = new JsonObject();

    private FakeRuntimeApi upstream;
    private TestGateway gateway;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx).issuesSessionKeys();
        gateway = TestGateway.before(upstream, vertx);
    }

    @AfterEach
    void stop() {
        gateway.close();
        upstream.close();
    }

    @Test
    void openingAnswersAtOnceAndTellsWhereToLook() {
        upstream.startTakes(ofMillis(200));

        HttpResponse<Buffer> accepted = ask(HttpMethod.PUT, "/s-1", "wait=0");

        assertThat(accepted.statusCode()).isEqualTo(202);
        assertThat(accepted.bodyAsJsonObject().getString("state")).isEqualTo("starting");
        assertThat(accepted.getHeader("Location")).isEqualTo("/api/v1/sessions/s-1");
        assertThat(accepted.getHeader("Retry-After")).isEqualTo("1");
        assertThat(accepted.getHeader("Preference-Applied")).isNull();
        assertThat(state("s-1")).isEqualTo("starting");
        assertThat(ask(HttpMethod.PUT, "/s-1", "wait=10").statusCode()).isEqualTo(200);
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void openingThatWaitsIsCreatedThenFound() {
        HttpResponse<Buffer> created = ask(HttpMethod.PUT, "/s-1", "respond-async, wait=10");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.getHeader("Location")).isEqualTo("/api/v1/sessions/s-1");
        assertThat(created.getHeader("Preference-Applied")).isEqualTo("wait");
        assertThat(created.getHeader("Retry-After")).isNull();
        assertThat(created.getHeader("Cache-Control")).isEqualTo("no-store");

        HttpResponse<Buffer> again = ask(HttpMethod.PUT, "/s-1", "wait=10");
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.bodyAsJsonObject()).isEqualTo(created.bodyAsJsonObject());

        gateway.close("s-1");
        assertThat(ask(HttpMethod.PUT, "/s-1", "wait=10").statusCode()).isEqualTo(201);
    }

    @Test
    void aWaitThatEndsTooEarlyTellsWhereTheSessionStands() {
        upstream.startTakes(ofSeconds(5));
        HttpResponse<Buffer> accepted = ask(HttpMethod.PUT, "/s-1", "wait=1");
        assertThat(accepted.statusCode()).isEqualTo(202);
        assertThat(accepted.getHeader("Preference-Applied")).isEqualTo("wait");
    }

    @Test
    void manyWhoOpenTheSameSessionGetOneSandbox() {
        upstream.startTakes(ofMillis(100));
        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 50)
                .mapToObj(i -> gateway.request(HttpMethod.PUT, "/api/v1/sessions/s-1")
                        .putHeader("Prefer", "wait=10")
                        .sendJsonObject(NOTHING_SPECIAL))
                .toList();
        await(Future.all(answers));

        Set<JsonObject> documents =
                answers.stream().map(a -> a.result().bodyAsJsonObject()).collect(Collectors.toSet());
        assertThat(documents).hasSize(1);
        assertThat(answers).allSatisfy(a -> assertThat(a.result().statusCode()).isIn(200, 201));
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void everybodyWhoWaitedForAStartIsToldOfItsFailure() {
        upstream.startTakes(ofMillis(100)).podsEndAs("crashloopbackoff");
        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 10)
                .mapToObj(i -> gateway.request(HttpMethod.PUT, "/api/v1/sessions/s-1")
                        .putHeader("Prefer", "wait=10")
                        .send())
                .toList();
        await(Future.all(answers));
        assertThat(answers).allSatisfy(a -> {
            assertThat(a.result().statusCode()).isEqualTo(502);
            assertThat(a.result().bodyAsJsonObject().getString("code")).isEqualTo("runtime_crashed");
            assertThat(a.result().bodyAsJsonObject().getString("session_id")).isEqualTo("s-1");
        });
        JsonObject document = gateway.get("s-1").bodyAsJsonObject();
        assertThat(document.getJsonObject("failure").getString("code")).isEqualTo("runtime_crashed");
    }

    @Test
    void pagesHoldEverySessionOnceAndInOrder() {
        for (int i = 0; i < 250; i++) {
            upstream.session("s-" + (1000 + i)).isRunning();
        }
        await(Future.all(IntStream.range(0, 250)
                .mapToObj(i -> gateway.request(HttpMethod.GET, "/api/v1/sessions/s-" + (1000 + i))
                        .send())
                .toList()));

        for (int limit : new int[] {1000, 250, 100, 83}) {
            List<String> ids = allPages("?limit=" + limit);
            assertThat(ids).hasSize(250).isSorted().doesNotHaveDuplicates();
        }
        assertThat(page("").getJsonArray("sessions")).hasSize(100);
        assertThat(page("?limit=250").containsKey("next_cursor")).isFalse();
    }

    @Test
    void aListHoldsOnlyWhatIsInTheStateThatWasAskedFor() {
        gateway.open("a", NOTHING_SPECIAL);
        gateway.open("b", NOTHING_SPECIAL);
        gateway.open("c", NOTHING_SPECIAL);
        gateway.post("a", "pause");
        gateway.post("b", "pause");
        gateway.close("c");

        assertThat(allPages("?state=paused&limit=1")).containsExactly("a", "b");
        assertThat(allPages("?state=stopped")).containsExactly("c");
        assertThat(allPages("?state=running")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // state, verb, status, state afterwards
        "running, pause, 200, paused",
        "running, resume, 200, running",
        "running, close, 200, stopped",
        "running, close?policy=pause, 200, paused",
        "running, close?policy=keep, 200, running",
        "paused, pause, 200, paused",
        "paused, resume, 200, running",
        "paused, close, 200, stopped",
        "paused, close?policy=pause, 200, paused",
        "paused, close?policy=keep, 200, paused",
        "stopped, pause, 409, stopped",
        "stopped, resume, 404, stopped",
        "stopped, close, 200, stopped",
        "stopped, close?policy=pause, 200, stopped",
        "failed, pause, 409, failed",
        "failed, resume, 502, failed",
        "failed, close, 200, stopped",
        "starting, pause, 200, paused",
        "starting, resume, 200, running",
        "starting, close, 200, stopped",
        "unknown, pause, 404, ",
        "unknown, resume, 404, ",
        "unknown, close, 404, "
    })
    void commandsInEachState(String state, String verb, int status, String afterwards) {
        aSession(state);
        HttpResponse<Buffer> answer = verb.startsWith("close")
                ? ask(HttpMethod.DELETE, "/s-1" + verb.substring("close".length()), "wait=10")
                : ask(HttpMethod.POST, "/s-1/" + verb, "wait=10");
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(status);
        if (afterwards != null) {
            assertThat(state("s-1")).isEqualTo(afterwards);
        }
        if (status > 200) {
            assertThat(answer.bodyAsJsonObject().getString("session_id")).isEqualTo("s-1");
            assertThat(answer.bodyAsJsonObject().getString("detail")).isNotBlank();
        }
    }

    @Test
    void closingFollowsThePolicyOfTheSession() {
        gateway.open("s-1", new JsonObject().put("close_policy", "pause"));
        assertThat(gateway.close("s-1").bodyAsJsonObject().getString("state")).isEqualTo("paused");
        assertThat(ask(HttpMethod.DELETE, "/s-1?policy=stop", "wait=10")
                        .bodyAsJsonObject()
                        .getString("state"))
                .isEqualTo("stopped");
    }

    @Test
    void aSessionThatOnlyAttachedIsNotStoppedByClosing() {
        upstream.session("s-1").isRunning();
        gateway.open("s-1", new JsonObject().put("attach_only", true));
        assertThat(gateway.close("s-1").bodyAsJsonObject().getString("state")).isEqualTo("running");
        assertThat(ask(HttpMethod.DELETE, "/s-1?policy=stop", "wait=10").statusCode())
                .isEqualTo(409);
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void nothingThatIsAnsweredPublishedOrLoggedTellsTheKeyOrWhereUpstreamIs(Vertx vertx) {
        Logger root = (Logger) LoggerFactory.getLogger("dev.reveille");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        root.addAppender(log);
        root.setLevel(Level.DEBUG);
        List<String> events = new CopyOnWriteArrayList<>();
        vertx.eventBus()
                .<JsonObject>consumer(
                        Catalogue.CHANGED.address(), m -> events.add(m.body().encode()));
        List<String> answers = new ArrayList<>();

        answers.add(gateway.open("s-1", NOTHING_SPECIAL).bodyAsString());
        assertThat(answers.get(0)).contains("\"session_api_key\":\"key-rt1\"");
        gateway.post("s-1", "pause");
        upstream.on("POST", "/resume").answers(500);
        answers.add(gateway.post("s-1", "resume").bodyAsString());
        upstream.asUsual().podsEndAs("failed");
        answers.add(gateway.open("s-2", NOTHING_SPECIAL).bodyAsString());
        upstream.closeControl();
        answers.add(gateway.open("s-3", NOTHING_SPECIAL).bodyAsString());
        answers.add(gateway.get("s-4").bodyAsString());
        String list = ask(HttpMethod.GET, "", "wait=0").bodyAsString();
        upstream.openControl();
        root.detachAppender(log);
        root.setLevel(null);

        List<String> logged = log.list.stream()
                .map(e -> e.getFormattedMessage()
                        + (e.getThrowableProxy() == null
                                ? ""
                                : e.getThrowableProxy().getMessage()))
                .toList();
        assertThat(events).hasSizeGreaterThan(5).noneMatch(e -> e.contains("key-rt"));
        assertThat(list).contains("s-3").doesNotContain("key-rt");
        assertThat(logged).isNotEmpty().noneMatch(l -> l.contains("key-rt") || l.contains("up-key"));
        answers.add(list);
        answers.addAll(events);
        for (int port : new int[] {upstream.port(), upstream.sandboxUri().getPort()}) {
            assertThat(answers).noneMatch(a -> a.contains(":" + port));
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsDisturbsNobody() {
        Logger root = (Logger) LoggerFactory.getLogger("dev.reveille");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        root.addAppender(log);
        upstream.startTakes(ofMillis(300));

        try (RawConnection client = RawConnection.to(gateway.port())) {
            client.send(RawConnection.head("PUT /api/v1/sessions/s-1", "Prefer: wait=600"));
            await(upstream.whenCalled("POST /start", 1));
        }

        assertThat(ask(HttpMethod.PUT, "/s-1", "wait=10").bodyAsJsonObject().getString("state"))
                .isEqualTo("running");
        root.detachAppender(log);
        assertThat(log.list).noneMatch(e -> e.getLevel().isGreaterOrEqual(Level.WARN));
    }

    /** Session {@code s-1}, in that state. */
    private void aSession(String state) {
        switch (state) {
            case "unknown" -> {}
            case "starting" -> {
                upstream.startTakes(ofMillis(150));
                ask(HttpMethod.PUT, "/s-1", "wait=0");
            }
            case "failed" -> {
                gateway.open("s-1", NOTHING_SPECIAL);
                gateway.post("s-1", "pause");
                upstream.podsEndAs("failed");
                gateway.post("s-1", "resume");
            }
            default -> {
                gateway.open("s-1", NOTHING_SPECIAL);
                if (state.equals("paused")) {
                    gateway.post("s-1", "pause");
                } else if (state.equals("stopped")) {
                    gateway.close("s-1");
                }
            }
        }
    }

    private String state(String id) {
        return gateway.get(id).bodyAsJsonObject().getString("state");
    }

    private List<String> allPages(String query) {
        List<String> ids = new ArrayList<>();
        JsonObject page = page(query);
        addIds(ids, page);
        while (page.containsKey("next_cursor")) {
            page = page(query + "&cursor=" + page.getString("next_cursor"));
            addIds(ids, page);
        }
        return ids;
    }

    private static void addIds(List<String> ids, JsonObject page) {
        JsonArray sessions = page.getJsonArray("sessions");
        for (int i = 0; i < sessions.size(); i++) {
            ids.add(sessions.getJsonObject(i).getString("session_id"));
        }
    }

    private JsonObject page(String query) {
        return ask(HttpMethod.GET, query, "wait=0").bodyAsJsonObject();
    }

    private HttpResponse<Buffer> ask(HttpMethod method, String rest, String preference) {
        return await(gateway.request(method, "/api/v1/sessions" + rest)
                .putHeader("Prefer", preference)
                .send());
    }
}
