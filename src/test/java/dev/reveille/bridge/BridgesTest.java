package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.access.Tickets;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.SharedSecret;
import dev.reveille.bus.Wire;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClientOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both bridges do the same: who listens to what, and that nobody does anything else. */
class BridgesTest {
    private static final String KEY = "X-API-Key";
    private static final String[] SETTINGS = {
        "tenants.0.name=acme",
        "tenants.0.api-key=acme-key",
        "tenants.1.name=zeta",
        "tenants.1.api-key=zeta-key",
        "bridges.tcp.enabled=true",
        "bridges.tcp.port=0",
        "bridges.max-registrations=6",
        "bridges.queue=16KiB",
        "shutdown.websockets=100ms"
    };

    private static final AtomicInteger SESSIONS = new AtomicInteger();

    private static Vertx vertx;
    private static FakeRuntimeApi upstream;
    private static TestGateway gateway;
    private static SharedSecret secret;

    /** Which of the two. */
    enum Bridge {
        SOCKJS {
            @Override
            Client client(TestGateway gateway) {
                return SockJsClient.to(vertx, gateway.port(), "");
            }
        },
        TCP {
            @Override
            Client client(TestGateway gateway) {
                return TcpClient.to(vertx, gateway.gateway().bridgePort());
            }
        };

        abstract Client client(TestGateway gateway);
    }

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(upstream, vertx, SETTINGS);
        secret = await(SharedSecret.of(vertx, ClusterNode.alone(), "tickets"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
        await(vertx.close());
    }

    /** A session of acme's that runs. */
    private static String running() {
        String session = "s-" + SESSIONS.incrementAndGet();
        asks(HttpMethod.PUT, session, "", 201);
        return session;
    }

    private static void asks(HttpMethod method, String session, String verb, int status) {
        assertThat(await(gateway.request(method, "/api/v1/sessions/" + session + verb)
                                .putHeader(KEY, "acme-key")
                                .putHeader("Prefer", "wait=15")
                                .sendJsonObject(new JsonObject()))
                        .statusCode())
                .isEqualTo(status);
    }

    private static String changed(String session) {
        return "reveille.session.changed." + session;
    }

    private static String progress(String session) {
        return "reveille.session.progress." + session;
    }

    /** Listens for sure, to both of the session's addresses. */
    private static Client listening(Client client, String session) {
        client.register(changed(session), KEY, "acme-key");
        return hears(client.register(progress(session), KEY, "acme-key"), session);
    }

    /** Comes back when progress of the session is heard; what was registered before that is so by then. */
    private static Client hears(Client client, String session) {
        for (int i = 0; i < 300; i++) {
            tells(session, "acme", Client.PROBE, "");
            if (client.hearsSoon()) {
                return client;
            }
        }
        throw new AssertionError("nothing is heard of " + session);
    }

    /** Somebody in the cluster tells of progress, with a number. */
    private static void tells(String session, String tenant, int number, String filler) {
        Catalogue.PROGRESS.publish(
                vertx.eventBus(),
                new SessionProgress(
                        new SessionId(session),
                        tenant,
                        1_000,
                        "starting",
                        Duration.ZERO,
                        Optional.empty(),
                        Optional.of("pending"),
                        number,
                        List.of(),
                        Optional.empty(),
                        filler));
    }

    @ParameterizedTest
    @EnumSource
    void theRecordsAreThoseOfTheBus(Bridge bridge) throws InterruptedException {
        String session = running();
        BlockingQueue<JsonObject> published = new LinkedBlockingQueue<>();
        await(Catalogue.changed(new SessionId(session))
                .follow(vertx.eventBus(), change -> published.add(Wire.change(change)))
                .completion());
        try (Client client = listening(bridge.client(gateway), session)) {
            asks(HttpMethod.POST, session, "/pause", 200);

            for (String state : new String[] {"pausing", "paused"}) {
                JsonObject told = client.record();
                while (!told.getString("type").equals("change")) {
                    told = client.record();
                }
                JsonObject known = published.poll(15, TimeUnit.SECONDS);
                while (known != null && !known.getString("state").equals(state)) {
                    known = published.poll(15, TimeUnit.SECONDS);
                }
                assertThat(told.getString("state")).isEqualTo(state);
                assertThat(told).isEqualTo(known);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theClusterNeedNotKnowWhoListens(Bridge bridge) {
        String session = running();
        try (Client client = listening(bridge.client(gateway), session)) {
            for (String address : new String[] {changed(session), progress(session)}) {
                assertThatThrownBy(() -> await(vertx.eventBus().request(address, new JsonObject())))
                        .isInstanceOfSatisfying(
                                ReplyException.class,
                                nobody -> assertThat(nobody.failureType()).isEqualTo(ReplyFailure.NO_HANDLERS));
            }
            asks(HttpMethod.POST, session, "/pause", 200);
            assertThat(client.record().getString("state")).isEqualTo("pausing");
        }
    }

    @ParameterizedTest
    @EnumSource
    void nobodyListensToWhatIsNotHis(Bridge bridge) {
        String session = running();
        try (Client client = bridge.client(gateway)) {
            assertThat(client.register(changed(session)).refusal()).isEqualTo("unauthorized");
            assertThat(client.register(changed(session), KEY, "wrong").refusal())
                    .isEqualTo("unauthorized");
            JsonObject others =
                    client.register(changed(session), KEY, "zeta-key").refused();
            JsonObject unknown =
                    client.register(changed("nobodys"), KEY, "zeta-key").refused();
            assertThat(others.getString("code")).isEqualTo("unknown_session");
            assertThat(unknown.copy().put("address", ""))
                    .isEqualTo(others.copy().put("address", ""));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reveille.session.changed",
                "reveille.session.changed.",
                "reveille.session.changed.*",
                "reveille.session.changed.a.b",
                "reveille.session.get",
                "reveille.runtime.start",
                "reveille.session.progress",
                "__vertx.subs",
                ""
            })
    void otherAddressesAreNobodys(String address) {
        for (Bridge bridge : Bridge.values()) {
            try (Client client = bridge.client(gateway)) {
                assertThat(client.register(address, KEY, "acme-key").refusal()).isEqualTo("forbidden");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void nobodySaysAnything(Bridge bridge) {
        String session = running();
        BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
        await(vertx.eventBus()
                .consumer(changed(session), m -> arrived.add(m.body()))
                .completion());
        await(vertx.eventBus()
                .consumer("some.service", m -> arrived.add(m.body()))
                .completion());
        try (Client client = listening(bridge.client(gateway), session)) {
            arrived.clear();
            for (String type : new String[] {"send", "publish"}) {
                for (String address : new String[] {changed(session), "some.service", "reveille.session.close"}) {
                    client.say(new JsonObject()
                            .put("type", type)
                            .put("address", address)
                            .put("headers", new JsonObject().put(KEY, "acme-key"))
                            .put("body", new JsonObject().put("session_id", session)));
                    client.next("err");
                }
            }
            assertThat(arrived).isEmpty();
            asks(HttpMethod.GET, session, "", 200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTicketIsForItsSessionAlone(Bridge bridge) {
        String mine = running();
        String other = running();
        String ticket = new Tickets(secret, Duration.ofMinutes(5), Instant::now).mint(new SessionId(mine), "acme");
        try (Client client = bridge.client(gateway)) {
            assertThat(client.register(changed(other), "ticket", ticket).refusal())
                    .isEqualTo("unauthorized");
            assertThat(client.register(changed(mine), "ticket", ticket + "x").refusal())
                    .isEqualTo("unauthorized");
            hears(client.register(progress(mine), "ticket", ticket), mine);
        }
    }

    @ParameterizedTest
    @EnumSource
    void thereIsABoundOfRegistrations(Bridge bridge) {
        try (Client client = bridge.client(gateway)) {
            for (int i = 0; i < 3; i++) {
                listening(client, running());
            }
            JsonObject refusal =
                    client.register(changed(running()), KEY, "acme-key").next("err");
            assertThat(refusal.getString("message")).contains("too many");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoGuessesIsCutOff(Bridge bridge) {
        try (Client client = bridge.client(gateway)) {
            for (int i = 0; i < 21; i++) {
                client.register(changed("guess-" + i), KEY, "guess-" + i);
            }
            client.awaitEnd();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoDoesNotReadIsCutOffAndOthersAreNot(Bridge bridge) throws Exception {
        String session = running();
        try (Client stalled = listening(bridge.client(gateway), session);
                Client reading = listening(bridge.client(gateway), session)) {
            if (stalled instanceof SockJsClient browser) {
                browser.socket().pause();
            } else {
                ((TcpClient) stalled).socket().pause();
            }
            double before = sockets();
            String large = "x".repeat(8 * 1024);
            int n = 1;
            // As many as the buffers of the system take; then what waits is bounded.
            while (sockets() >= before) {
                for (int i = 0; i < 8; i++) {
                    tells(session, "acme", n, large);
                    assertThat(nextNumber(reading)).isEqualTo(n++);
                }
                assertThat(n).as("messages to one who does not read").isLessThan(20_000);
            }
            tells(session, "acme", n, large);
            assertThat(nextNumber(reading)).isEqualTo(n);
        }
    }

    private static int nextNumber(Client client) {
        JsonObject record = client.record();
        while (record.getInteger("restart_count") == null) {
            record = client.record();
        }
        return record.getInteger("restart_count");
    }

    private static double sockets() {
        return await(gateway.admin("/metrics").send())
                .bodyAsString()
                .lines()
                .filter(line -> line.startsWith("reveille_bridge_sockets "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aBrowserMayShowItsTicketOrKeyWithTheRequest() {
        String session = running();
        String ticket = new Tickets(secret, Duration.ofMinutes(5), Instant::now).mint(new SessionId(session), "acme");
        try (Client byTicket = SockJsClient.to(vertx, gateway.port(), "?ticket=" + ticket);
                Client byKey = SockJsClient.to(vertx, gateway.port(), "", KEY, "acme-key")) {
            for (Client client : new Client[] {byTicket, byKey}) {
                hears(client.register(progress(session)), session);
            }
            assertThat(byTicket.register(changed(running())).refusal()).isEqualTo("unauthorized");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/eventbus",
                "/eventbus/",
                "/eventbus/iframe.html",
                "/eventbus/websocket",
                "/eventbus/000/abc/xhr",
                "/eventbus/000/abc/eventsource",
                "/eventbus/000/abc/websocket"
            })
    void ofSockJsThereAreOnlyWebsockets(String path) {
        assertThat(await(gateway.request(HttpMethod.GET, path)
                                .putHeader(KEY, "acme-key")
                                .send())
                        .statusCode())
                .isEqualTo(404);
        assertThat(await(gateway.request(HttpMethod.POST, "/eventbus/000/abc/xhr_send")
                                .putHeader(KEY, "acme-key")
                                .send())
                        .statusCode())
                .isEqualTo(404);
        assertThat(await(gateway.request(HttpMethod.GET, "/eventbus/info").send())
                        .bodyAsJsonObject()
                        .getBoolean("websocket"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 16 * 1024 + 1, Integer.MAX_VALUE})
    void aFrameThatIsNoneEndsTheConnection(int length) {
        try (TcpClient client = TcpClient.to(vertx, gateway.gateway().bridgePort())) {
            client.raw(Buffer.buffer().appendInt(length));

            assertThat(client.refusal()).isEqualTo("invalid_request");
            client.awaitEnd();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsListenedToAlreadyIsNotListenedToTwice(Bridge bridge) {
        String session = running();
        try (Client client = listening(bridge.client(gateway), session)) {
            assertThat(client.register(progress(session), KEY, "acme-key").refusal())
                    .isEqualTo("invalid_request");
            tells(session, "acme", 1, "");
            tells(session, "acme", 2, "");
            assertThat(nextNumber(client)).isEqualTo(1);
            assertThat(nextNumber(client)).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoListensNoMoreHearsNoMore(Bridge bridge) {
        String one = running();
        String two = running();
        try (Client client = listening(listening(bridge.client(gateway), one), two)) {
            client.say(new JsonObject().put("type", "unregister").put("address", progress(one)));
            // Refused behind it, so that it is through.
            assertThat(client.register("x").refusal()).isEqualTo("forbidden");
            tells(one, "acme", 1, "");
            tells(two, "acme", 2, "");
            assertThat(nextNumber(client)).isEqualTo(2);
        }
    }

    @Test
    void whatIsNoMessageIsRefusedAndTheNextIsHeard() {
        try (TcpClient client = TcpClient.to(vertx, gateway.gateway().bridgePort())) {
            for (String text : new String[] {"{", "[]", "1", "null", "{}", "{\"type\":\"x\"}", "{\"type\":5}"}) {
                client.raw(Buffer.buffer().appendInt(text.length()).appendString(text));
                assertThat(client.refusal()).as(text).isEqualTo("invalid_request");
            }
            client.say(new JsonObject().put("type", "ping"));
            client.next("pong");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoHasNothingToListenToIsNotKept(Bridge bridge) {
        try (TestGateway hasty = gatewayWith("bridges.idle-timeout=200ms");
                Client client = bridge.client(hasty)) {
            client.awaitEnd();
        }
    }

    @ParameterizedTest
    @EnumSource
    void strangersTakeNoPlacesFromOthers(Bridge bridge) {
        try (TestGateway narrow = gatewayWith("bridges.max-strangers=1", "bridges.max-sockets=1");
                Client first = bridge.client(narrow)) {
            assertThat(first.register("x").refusal()).isEqualTo("forbidden");
            try (Client second = bridge.client(narrow)) {
                first.awaitEnd();
                assertThat(second.register(changed("none"), KEY, "acme-key").refusal())
                        .isEqualTo("unknown_session");
                try (Client third = bridge.client(narrow)) {
                    assertThat(third.register(changed("none"), KEY, "zeta-key").refusal())
                            .isEqualTo("too_many_waiting");
                    assertThat(second.register("x").refusal()).isEqualTo("forbidden");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoShowsNothingInTimeIsDismissed(Bridge bridge) {
        try (TestGateway hasty = gatewayWith("bridges.stranger-timeout=50ms");
                Client client = bridge.client(hasty)) {
            assertThat(client.refusal()).isEqualTo("unauthorized");
            client.awaitEnd();
        }
    }

    @Test
    void whoShowsItsTicketWithTheRequestIsNoStranger() {
        String ticket = new Tickets(secret, Duration.ofMinutes(5), Instant::now)
                .issue(Optional.empty(), "acme")
                .text();
        try (TestGateway narrow = gatewayWith("bridges.max-strangers=1", "bridges.per-tenant=1");
                Client known = SockJsClient.to(vertx, narrow.port(), "?ticket=" + ticket)) {
            assertThat(known.register("x").refusal()).isEqualTo("forbidden");
            try (Client stranger = Bridge.TCP.client(narrow);
                    Client another = SockJsClient.to(vertx, narrow.port(), "?ticket=" + ticket)) {
                assertThat(stranger.register("x").refusal()).isEqualTo("forbidden");
                assertThat(another.refusal()).isEqualTo("too_many_waiting");
                another.awaitEnd();
                assertThat(known.register("x").refusal()).isEqualTo("forbidden");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aNodeThatLeavesEndsThem(Bridge bridge) {
        TestGateway leaving = gatewayWith("shutdown.drain=10s");
        try (Client client = bridge.client(leaving)) {
            assertThat(client.register("x").refusal()).isEqualTo("forbidden");
            CompletableFuture<Void> left = CompletableFuture.runAsync(leaving::close);
            // The listener would close them too, in the end, but say nothing.
            client.next(client.goodbye());
            client.awaitEnd();
            left.join();
        }
    }

    @Test
    void theOneForServicesSpeaksTlsIfItHasACertificate() {
        try (TestGateway secure = gatewayWith(
                        "bridges.tcp.certificate=src/test/resources/tls/certificate.pem",
                        "bridges.tcp.key=src/test/resources/tls/key.pem");
                TcpClient client = TcpClient.to(
                        vertx,
                        secure.gateway().bridgePort(),
                        new NetClientOptions().setSsl(true).setTrustAll(true).setHostnameVerificationAlgorithm(""))) {
            assertThat(client.register("x").refusal()).isEqualTo("forbidden");
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutTenantsThereIsAlsoTheAddressOfAllChanges(Bridge bridge) {
        try (TestGateway open = TestGateway.before(
                        upstream, vertx, "bridges.tcp.enabled=true", "bridges.tcp.port=0", "http.host=127.0.0.1");
                Client client = bridge.client(open)) {
            client.register("reveille.session.changed");
            assertThat(client.register("x").refusal()).isEqualTo("forbidden");
            String session = "open-" + bridge;

            assertThat(open.open(session, new JsonObject()).statusCode()).isEqualTo(201);

            assertThat(client.record().getString("session_id")).isEqualTo(session);
        }
    }

    /** A node of its own with the same tenants. */
    private static TestGateway gatewayWith(String... settings) {
        String[] all = Arrays.copyOf(SETTINGS, SETTINGS.length + settings.length);
        System.arraycopy(settings, 0, all, SETTINGS.length, settings.length);
        return TestGateway.before(upstream, vertx, all);
    }
}
