package dev.reveille;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.Cluster;
import dev.reveille.bus.Wire;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.Cause;
import dev.reveille.session.Session;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FreePorts;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.ext.web.client.WebClient;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams at one node of what happens at another; both in this process, joined by Hazelcast. */
class ClusteredStreamsIT {
    private final Vertx outside = Vertx.vertx();
    private final WebSocketClient watchers =
            outside.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(100));
    private FakeRuntimeApi upstream;
    private Node here;
    private Node there;

    /** A gateway that is a member. */
    private record Node(Cluster cluster, Gateway gateway) {
        static Node start(String name, int port, int first, FakeRuntimeApi upstream) throws Exception {
            String members = "127.0.0.1:" + first + ",127.0.0.1:" + (first + 1);
            Cluster cluster = await(Cluster.join(
                    new Cluster.Options(name, "127.0.0.1", port, members, 0, Optional.empty(), false),
                    new VertxOptions().setEventLoopPoolSize(2),
                    Vertx.builder()));
            Settings settings = TestSettings.of(
                    "upstream.url=" + upstream.uri(),
                    "upstream.api-key=up-key",
                    "lifecycle.poll-first=5ms",
                    "shutdown.not-ready=0",
                    "shutdown.drain=1s");
            PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            return new Node(
                    cluster, await(Gateway.start(cluster.vertx(), cluster, settings, meters, InstantSource.system())));
        }

        void stop() throws Exception {
            await(gateway.stop());
            await(cluster.vertx().close());
        }
    }

    @BeforeEach
    void start() throws Exception {
        upstream = FakeRuntimeApi.start(outside);
        String name = "streams-" + UUID.randomUUID();
        int first = FreePorts.inARow(2);
        here = Node.start(name, first, first, upstream);
        there = Node.start(name, first + 1, first, upstream);
    }

    @AfterEach
    void stop() throws Exception {
        there.stop();
        here.stop();
        upstream.close();
        await(outside.close());
    }

    @Test
    void whatHappensAtOneNodeIsToldAtTheOtherAndGoneOnWithAtAny() throws Exception {
        call(here, HttpMethod.PUT, "s-1");
        LinkedBlockingQueue<JsonObject> one = watch(there, "/api/v1/sessions/s-1/events");
        LinkedBlockingQueue<JsonObject> all = watch(there, "/api/v1/events");
        JsonObject first = next(one);
        assertThat(first.getString("state")).isEqualTo("running");
        next(all);
        JsonObject live = next(all);

        call(here, HttpMethod.POST, "s-1/pause");
        call(there, HttpMethod.POST, "s-1/resume");
        call(here, HttpMethod.PUT, "s-2");

        List<String> states = List.of("pausing", "paused", "resuming", "running");
        List<JsonObject> told = List.of(next(one), next(one), next(one), next(one));
        assertThat(told.stream().map(c -> c.getString("state")).toList()).isEqualTo(states);
        assertThat(told.get(0).getString("node")).isEqualTo(here.cluster().id());
        for (Node node : List.of(here, there)) {
            LinkedBlockingQueue<JsonObject> back =
                    watch(node, "/api/v1/sessions/s-1/events?since=" + first.getString("id"));
            assertThat(List.of(next(back), next(back), next(back), next(back))).isEqualTo(told);
            LinkedBlockingQueue<JsonObject> allBack = watch(node, "/api/v1/events?since=" + live.getString("id"));
            JsonObject change = next(allBack);
            for (String state : states) {
                while (!change.getString("session_id").equals("s-1")) {
                    change = next(allBack);
                }
                assertThat(change.getString("state")).isEqualTo(state);
                change = state.equals("running") ? change : next(allBack);
            }
        }
    }

    @Test
    void changesThatNobodyPublishesAreToldNoneTheLess() throws Exception {
        call(here, HttpMethod.PUT, "s-1");
        LinkedBlockingQueue<JsonObject> one = watch(there, "/api/v1/sessions/s-1/events");
        Session at = record(next(one));
        AsyncMap<String, String> map = await(here.cluster().vertx().sharedData().getAsyncMap(SessionStore.MAP));
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Session first = at.to(at.state(), Cause.UPSTREAM, "one", now).madeBy("node-dead");
        Session second = first.to(at.state(), Cause.UPSTREAM, "two", now).madeBy("node-dead");

        await(map.put("s-1", Wire.session(second).encode()));

        JsonObject told = next(one);
        assertThat(told.getString("detail")).isEqualTo("one");
        assertThat(told.getString("node")).isEqualTo("node-dead");
        assertThat(next(one).getString("detail")).isEqualTo("two");
    }

    private Session record(JsonObject told) throws Exception {
        AsyncMap<String, String> map = await(here.cluster().vertx().sharedData().getAsyncMap(SessionStore.MAP));
        return Wire.session(new JsonObject(await(map.get(told.getString("session_id")))));
    }

    private void call(Node node, HttpMethod method, String rest) throws Exception {
        WebClient client = WebClient.create(outside);
        int status = await(client.request(method, node.gateway().port(), "127.0.0.1", "/api/v1/sessions/" + rest)
                        .putHeader("Prefer", "wait=15")
                        .send())
                .statusCode();
        client.close();
        assertThat(status).isBetween(200, 201);
    }

    /** Without progress. */
    private LinkedBlockingQueue<JsonObject> watch(Node node, String target) throws Exception {
        LinkedBlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
        WebSocket socket = await(watchers.connect(node.gateway().port(), "127.0.0.1", target)
                .onSuccess(s -> s.textMessageHandler(text -> {
                    JsonObject message = new JsonObject(text);
                    if (!message.getString("type").equals("progress")) {
                        heard.add(message);
                    }
                })));
        assertThat(socket.isClosed()).isFalse();
        return heard;
    }

    private static JsonObject next(LinkedBlockingQueue<JsonObject> heard) throws InterruptedException {
        JsonObject next = heard.poll(20, SECONDS);
        assertThat(next).as("no news within 20 s").isNotNull();
        return next;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(60, SECONDS);
    }
}
