package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.Wire;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.Cause;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(VertxExtension.class)
class StatusFeedTest {
    private static final SessionId ID = new SessionId("s-1");

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
        List<JsonObject> seen = watcher.until("stopped");

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
        assertThat(ofOne).containsSequence(seen);
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
        List<JsonObject> seen = watcher.until("running");
        assertThat(seen.stream().map(c -> c.getLong("revision")).toList())
                .doesNotHaveDuplicates()
                .isSorted();
        assertThat(seen.get(seen.size() - 1).getString("message")).isEqualTo(" ");
    }

    @Test
    void nobodyListensForAClientThatHasLeft(Vertx vertx) throws InterruptedException {
        gateway.open("s-1", new JsonObject());
        Watcher watcher = watch("s-1");
        watcher.next();
        await(watcher.socket.close());
        assertNobodyListens(vertx);

        try (RawConnection rude = RawConnection.to(gateway.port())) {
            rude.send(handshake("s-1"));
            assertThat(rude.answer().status()).isEqualTo(101);
        }
        assertNobodyListens(vertx);
    }

    @Test
    void aWatcherThatStallsGetsTheNewestOnceItReads(Vertx vertx) throws InterruptedException {
        gateway.open("s-1", new JsonObject());
        Watcher watcher = watch("s-1");
        watcher.next();
        watcher.socket.pause();
        long newest = 600;
        for (long revision = 10; revision <= newest; revision++) {
            Catalogue.changed(ID).publish(vertx.eventBus(), change(revision, "x".repeat(50_000)));
        }
        // Behind all of these on the watcher's event loop.
        await(vertx.timer(300, TimeUnit.MILLISECONDS));

        watcher.socket.resume();
        List<Long> seen = watcher.untilRevision(newest);
        assertThat(seen).isSorted().doesNotHaveDuplicates().hasSizeLessThan(500);
        gateway.post("s-1", "pause");
        assertThat(watcher.received).isEmpty();
    }

    @Test
    void aSessionThatIsOpenedAnewCountsAgain(Vertx vertx) throws InterruptedException {
        gateway.open("s-1", new JsonObject());
        Watcher watcher = watch("s-1");
        watcher.next();
        Catalogue.changed(ID).publish(vertx.eventBus(), change(9, "the last of a life"));
        Catalogue.changed(ID).publish(vertx.eventBus(), change(8, "late"));
        Catalogue.changed(ID).publish(vertx.eventBus(), anew());
        assertThat(watcher.next().getLong("revision")).isEqualTo(9);
        assertThat(watcher.next().getLong("revision")).isEqualTo(1);
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
    void aWatcherIsPinged(Vertx vertx) {
        gateway.open("s-1", new JsonObject());
        SessionRegistry empty = new SessionRegistry(
                vertx, new SessionStore(await(vertx.sharedData().getAsyncMap("none"))), ClusterNode.alone());
        Router router = Router.router(vertx);
        router.get("/:session_id")
                .handler(context -> context.put("tenant", "default").next())
                .handler(new StatusFeed(vertx, empty, "node", ofMillis(50), ofMillis(0))::follow);
        HttpServer server =
                await(vertx.createHttpServer().requestHandler(router).listen(0));
        try (RawConnection raw = RawConnection.to(server.actualPort())) {
            raw.send(handshake("s-1").replace("/api/v1/sessions/s-1/events", "/s-1"));
            assertThat(raw.answer().status()).isEqualTo(101);
            assertThat(raw.bytes(4)).containsExactly(0x89, 0, 0x89, 0);
        }
        await(server.close());
    }

    private static String handshake(String id) {
        String[] headers = RawConnection.HANDSHAKE.entries().stream()
                .map(e -> e.getKey() + ": " + e.getValue())
                .toArray(String[]::new);
        return RawConnection.head("GET /api/v1/sessions/" + id + "/events", headers);
    }

    private static SessionChange change(long revision, String detail) {
        return new SessionChange(
                ID,
                Optional.empty(),
                "default",
                revision,
                "running",
                Optional.of("running"),
                Cause.CLIENT,
                detail,
                " ",
                Instant.now(),
                Duration.ZERO,
                "node");
    }

    private static SessionChange anew() {
        return new SessionChange(
                ID,
                Optional.empty(),
                "default",
                1,
                "starting",
                Optional.empty(),
                Cause.CLIENT,
                "",
                "",
                Instant.now().plusSeconds(1),
                Duration.ZERO,
                "node");
    }

    private static List<JsonObject> heard(Vertx vertx, String address) {
        List<JsonObject> heard = new CopyOnWriteArrayList<>();
        await(vertx.eventBus()
                .<JsonObject>consumer(address, message -> heard.add(message.body()))
                .completion());
        return heard;
    }

    private static void assertNobodyListens(Vertx vertx) throws InterruptedException {
        DeliveryOptions soon = new DeliveryOptions().setSendTimeout(100);
        for (int i = 0; i < 100; i++) {
            ReplyFailure failure = await(vertx.eventBus()
                    .request(Catalogue.changed(ID).address(), Wire.change(change(1, "")), soon)
                    .map(ReplyFailure.ERROR)
                    .otherwise(error -> ((ReplyException) error).failureType()));
            if (failure == ReplyFailure.NO_HANDLERS) {
                return;
            }
        }
        throw new AssertionError("somebody listens still");
    }

    private Watcher watch(String id) {
        Watcher watcher = new Watcher();
        watcher.socket = await(client.connect(gateway.port(), "127.0.0.1", "/api/v1/sessions/" + id + "/events")
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
            } while (!seen.get(seen.size() - 1).getString("state").equals(state));
            return seen;
        }

        private List<Long> untilRevision(long last) throws InterruptedException {
            List<Long> seen = new CopyOnWriteArrayList<>();
            do {
                seen.add(next().getLong("revision"));
            } while (seen.get(seen.size() - 1) != last);
            return seen;
        }
    }
}
