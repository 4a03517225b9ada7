package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import io.vertx.junit5.VertxExtension;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(VertxExtension.class)
class StreamsTest {

    private FakeRuntimeApi upstream;
    private TestGateway gateway;
    private WebSocketClient client;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(upstream, vertx);
        client = vertx.createWebSocketClient();
    }

    @AfterEach
    void stop() {
        await(client.close());
        gateway.close();
        upstream.close();
    }

    @Test
    void aWatcherSeesTheStateAndThenAWholeLifeOnceAndInOrder(Vertx vertx) throws InterruptedException {
        upstream.startTakes(ofMillis(30)).resumeTakes(ofMillis(30));
        List<JsonObject> ofAll = heard(vertx, "reveille.session.changed");
        List<JsonObject> ofOne = heard(vertx, "reveille.session.changed.s-1");
        String runtime =
                gateway.open("s-1", new JsonObject()).bodyAsJsonObject().getString("runtime_id");
        Watcher watcher = watch("s-1");
        JsonObject first = watcher.next();

        gateway.post("s-1", "pause");
        await(gateway.act(runtime, "echo hi"));
        gateway.open("s-2", new JsonObject());
        gateway.close("s-1");
        List<JsonObject> seen = withoutProgress(watcher.until("stopped"));

        assertThat(first.getString("state")).isEqualTo("running");
        assertThat(first.containsKey("previous")).isFalse();
        assertThat(seen.stream().map(c -> c.getString("state")).toList())
                .containsExactly("pausing", "paused", "resuming", "running", "stopping", "stopped");
        assertThat(seen.stream().map(c -> c.getString("cause")).toList())
                .containsExactly("client", "client", "traffic", "traffic", "client", "client");
        assertThat(seen.stream().map(c -> c.getLong("revision")).toList())
                .isEqualTo(IntStream.rangeClosed(1, 6)
                        .mapToObj(i -> first.getLong("revision") + i)
                        .toList());
        assertThat(ofOne)
                .containsSequence(seen.stream().map(StreamsTest::asOnTheBus).toList());
        assertThat(ofAll.stream().filter(c -> c.getString("session_id").equals("s-1")))
                .containsExactlyElementsOf(ofOne);
        Contract contract = Contract.load(vertx);
        contract.assertIs("Change", first);
        ofAll.forEach(change -> contract.assertIs("Change", change));
    }

    @Test
    void aWatcherFromTheBeginSeesTheStart() throws InterruptedException {
        upstream.startTakes(ofMillis(100));
        await(gateway.request(HttpMethod.PUT, "/api/v1/sessions/s-1").send());
        Watcher watcher = watch("s-1");
        List<JsonObject> seen = withoutProgress(watcher.until("running"));
        assertThat(seen.stream().map(c -> c.getLong("revision")).toList())
                .doesNotHaveDuplicates()
                .isSorted();
        assertThat(seen.get(seen.size() - 1).getString("message")).isEqualTo(" ");
    }

    @ParameterizedTest
    @CsvSource({"absent, 404, unknown_session", "a.b, 400, invalid_request", "a%2Fb, 400, invalid_request"})
    void thereIsNoUpgradeForWhatIsNotThere(String id, int status, String code) {
        try (RawConnection raw = RawConnection.to(gateway.port())) {
            RawConnection.Answer refused = raw.send(handshake(id)).answer();
            assertThat(refused.status()).isEqualTo(status);
            assertThat(refused.json().getString("code")).isEqualTo(code);
            StrangeRequestsTest.assertGoesOn(raw);
        }
    }

    @Test
    void aWatcherIsToldToComeBackWhenTheNodeLeaves() throws InterruptedException {
        gateway.open("s-1", new JsonObject());
        Watcher watcher = watch("s-1");
        watcher.next();
        LinkedBlockingQueue<Short> closed = new LinkedBlockingQueue<>();
        watcher.socket.closeHandler(v -> closed.add(watcher.socket.closeStatusCode()));

        await(gateway.gateway().stop());

        assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo((short) 1012);
    }

    @Test
    void theSameIsAnEventStreamOverBothVersionsOfHttp(Vertx vertx) throws InterruptedException {
        gateway.open("s-1", new JsonObject());
        for (HttpVersion version : List.of(HttpVersion.HTTP_1_1, HttpVersion.HTTP_2)) {
            HttpClient events = vertx.createHttpClient(
                    new HttpClientOptions().setProtocolVersion(version).setHttp2ClearTextUpgrade(false));
            LinkedBlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
            HttpClientResponse answer =
                    await(events.request(HttpMethod.GET, gateway.port(), "127.0.0.1", "/api/v1/sessions/s-1/events")
                            .compose(request -> request.putHeader("Accept", "text/event-stream")
                                    .send()
                                    .onSuccess(response -> response.handler(RecordParser.newDelimited(
                                            "\n\n",
                                            block -> Stream.of(block.toString().split("\n"))
                                                    .filter(line -> line.startsWith("data: "))
                                                    .forEach(line -> heard.add(new JsonObject(line.substring(6)))))))));
            JsonObject first = heard.poll(10, TimeUnit.SECONDS);
            gateway.post("s-1", "pause");
            JsonObject pausing = heard.poll(10, TimeUnit.SECONDS);
            JsonObject paused = heard.poll(10, TimeUnit.SECONDS);
            gateway.post("s-1", "resume");

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.version()).isEqualTo(version);
            assertThat(answer.getHeader("content-type")).isEqualTo("text/event-stream; charset=utf-8");
            assertThat(first.getString("type")).isEqualTo("state");
            assertThat(pausing.getString("state")).isEqualTo("pausing");
            assertThat(paused.getString("state")).isEqualTo("paused");
            await(events.close());
        }
    }

    @Test
    void whoHasAsManyAsItMayIsToldToComeLater(Vertx vertx) {
        try (TestGateway narrow = TestGateway.before(upstream, vertx, "watchers.most=1");
                RawConnection first = RawConnection.to(narrow.port())) {
            String all = handshake("s-1").replace("/sessions/s-1/events", "/events");
            assertThat(first.send(all).answer().status()).isEqualTo(101);
            try (RawConnection second = RawConnection.to(narrow.port())) {
                RawConnection.Answer refused = second.send(all).answer();
                assertThat(refused.status()).isEqualTo(429);
                assertThat(refused.json().getString("code")).isEqualTo("too_many_waiting");
                assertThat(refused.headers()).containsEntry("retry-after", "10");
            }
        }
    }

    @Test
    void anOldClientOfHttpGetsAStreamThatEndsWithItsConnection() {
        gateway.open("s-1", new JsonObject());
        try (RawConnection raw = RawConnection.to(gateway.port())) {
            raw.send("GET /api/v1/sessions/s-1/events HTTP/1.0\r\nHost: localhost\r\n\r\n");
            RawConnection.Answer head = raw.answer();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.headers()).doesNotContainKey("transfer-encoding");
            assertThat(new String(raw.bytes(6), StandardCharsets.UTF_8)).isEqualTo("retry:");
        }
    }

    @Test
    void headIsAnsweredAndOver() {
        gateway.open("s-1", new JsonObject());
        try (RawConnection raw = RawConnection.to(gateway.port())) {
            RawConnection.Answer there = raw.send(RawConnection.head("HEAD /api/v1/sessions/s-1/events"))
                    .answer("HEAD");
            assertThat(there.status()).isEqualTo(200);
            assertThat(there.headers()).containsEntry("content-type", "text/event-stream; charset=utf-8");
            assertThat(raw.send(RawConnection.head("HEAD /api/v1/events"))
                            .answer("HEAD")
                            .status())
                    .isEqualTo(200);
            assertThat(raw.send(RawConnection.head("HEAD /api/v1/sessions/absent/events"))
                            .answer("HEAD")
                            .status())
                    .isEqualTo(404);
            StrangeRequestsTest.assertGoesOn(raw);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            application/json                     | 406
            text/html, application/xhtml+xml     | 406
            text/event-stream;q=0                | 406
            text/event-stream                    | 200
            application/json, Text/Event-Stream  | 200
            text/*;q=0.5                         | 200
            */*                                  | 200
            """)
    void whoTakesNoEventStreamIsToldSo(String accept, int status) {
        gateway.open("s-1", new JsonObject());
        for (String path : List.of("/api/v1/sessions/s-1/events", "/api/v1/events")) {
            try (RawConnection raw = RawConnection.to(gateway.port())) {
                assertThat(raw.send(RawConnection.head("HEAD " + path, "Accept: " + accept))
                                .answer("HEAD")
                                .status())
                        .isEqualTo(status);
            }
        }
    }

    @Test
    void allSessionsOfAnybodyAreOnOneStream() throws InterruptedException {
        gateway.open("s-1", new JsonObject());
        gateway.open("s-2", new JsonObject());
        Watcher watcher = watchAt("/api/v1/events?state=running,paused");
        List<JsonObject> present = List.of(watcher.next(), watcher.next(), watcher.next());
        gateway.post("s-2", "pause");
        JsonObject change = watcher.next();

        assertThat(present.stream().map(m -> m.getString("type"))).containsExactly("state", "state", "live");
        assertThat(change.getString("state")).isEqualTo("paused");
        assertThat(change.getString("session_id")).isEqualTo("s-2");
        Watcher back = watchAt("/api/v1/events?since=" + present.get(2).getString("id"));
        assertThat(back.next().getString("state")).isEqualTo("pausing");
        assertThat(back.next()).isEqualTo(change);
    }

    @Test
    void howASandboxOnItsWayIsDoingIsTold(Vertx vertx) throws InterruptedException {
        List<JsonObject> onTheBus = heard(vertx, "reveille.session.progress.s-1");
        upstream.startTakes(ofMillis(200));
        Watcher all = watchAt("/api/v1/events");
        all.next();
        gateway.open("s-1", new JsonObject());

        List<JsonObject> seen = all.until("running");
        assertThat(seen.stream().filter(m -> m.getString("type").equals("progress")))
                .isNotEmpty()
                .allSatisfy(progress -> {
                    assertThat(progress.getString("session_id")).isEqualTo("s-1");
                    assertThat(progress.getString("pod_status")).isNotEmpty();
                    assertThat(progress.getString("message")).isEqualTo("STATUS$WAITING_FOR_CLIENT");
                    assertThat(progress.containsKey("expected_seconds")).isFalse();
                    Contract.load(vertx).assertIs("Progress", progress);
                });
        assertThat(onTheBus).isNotEmpty();
        upstream.startTakes(ofMillis(200));
        gateway.open("s-2", new JsonObject());
        assertThat(all.until("running").stream().filter(m -> m.getString("type").equals("progress")))
                .isNotEmpty()
                .allSatisfy(progress ->
                        assertThat(progress.getDouble("expected_seconds")).isPositive());
    }

    private static List<JsonObject> withoutProgress(List<JsonObject> messages) {
        return messages.stream()
                .filter(message -> !message.getString("type").equals("progress"))
                .toList();
    }

    private static JsonObject asOnTheBus(JsonObject message) {
        JsonObject without = message.copy();
        without.remove("id");
        return without;
    }

    private static String handshake(String id) {
        String[] headers = RawConnection.HANDSHAKE.entries().stream()
                .map(e -> e.getKey() + ": " + e.getValue())
                .toArray(String[]::new);
        return RawConnection.head("GET /api/v1/sessions/" + id + "/events", headers);
    }

    private static List<JsonObject> heard(Vertx vertx, String address) {
        List<JsonObject> heard = new CopyOnWriteArrayList<>();
        await(vertx.eventBus()
                .<JsonObject>consumer(address, message -> heard.add(message.body()))
                .completion());
        return heard;
    }

    private Watcher watch(String id) {
        return watchAt("/api/v1/sessions/" + id + "/events");
    }

    private Watcher watchAt(String path) {
        Watcher watcher = new Watcher();
        watcher.socket = await(client.connect(gateway.port(), "127.0.0.1", path)
                .onSuccess(socket -> socket.textMessageHandler(text -> watcher.received.add(new JsonObject(text)))));
        return watcher;
    }

    private static final class Watcher {
        private final LinkedBlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();
        private WebSocket socket;

        private JsonObject next() throws InterruptedException {
            JsonObject next = received.poll(10, TimeUnit.SECONDS);
            assertThat(next).as("no news within 10 s").isNotNull();
            return next;
        }

        private List<JsonObject> until(String state) throws InterruptedException {
            List<JsonObject> seen = new CopyOnWriteArrayList<>();
            do {
                seen.add(next());
            } while (!state.equals(seen.get(seen.size() - 1).getString("state")));
            return seen;
        }
    }
}
