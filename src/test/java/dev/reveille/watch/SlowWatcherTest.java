package dev.reveille.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that take less than there is to tell, or nothing, and those that go. */
class SlowWatcherTest {
    private static final StreamTimes SHORT = new StreamTimes(
            Duration.ofMillis(45),
            Duration.ofSeconds(60),
            Duration.ofMillis(20),
            Duration.ofSeconds(10),
            Duration.ZERO);
    private static final String MUCH = "x".repeat(2_000);

    private Vertx vertx;
    private Stage stage;

    @BeforeEach
    void start() {
        vertx = Stage.vertx();
        stage = Stage.with(vertx, 5_000, SHORT);
    }

    @AfterEach
    void stop() {
        stage.close();
        TestGateway.await(vertx.close());
    }

    @Test
    void oneThatIsSlowIsToldTheNewestWhichStandsForTheRest() {
        stage.opens("s-1");
        try (EventClient slow = EventClient.small(stage.port(), "/s-1");
                EventClient other = stage.watches("/s-1")) {
            long revision = slow.next().getLong("revision");
            other.next();
            for (int i = 0; i < 300; i++) {
                stage.changes("s-1", MUCH);
                other.next();
            }

            int told = 0;
            long skipped = 0;
            while (revision < 301) {
                JsonObject next = slow.next();
                long jump = next.getLong("revision") - revision;
                assertThat(next.getLong("skipped", 0L)).isEqualTo(jump - 1);
                assertThat(next.getBoolean("coalesced", false)).isEqualTo(jump > 1);
                revision = next.getLong("revision");
                skipped += jump - 1;
                told++;
            }
            assertThat(told + skipped).isEqualTo(300);
            assertThat(skipped).isPositive();
            stage.changes("s-1");
            assertThat(slow.next().containsKey("coalesced")).isFalse();
        }
    }

    @Test
    void oneThatTakesAllIsNotTakenForSlowWhenMuchComesAtOnce() {
        List<String> sessions = List.of("s-1", "s-2", "s-3", "s-4");
        sessions.forEach(stage::opens);
        try (EventClient quick = stage.watches("/")) {
            quick.until("live");
            stage.changesUnheard(sessions, 30);

            Map<String, Long> newest = new HashMap<>();
            for (int told = 0; told < 120; told++) {
                JsonObject next = quick.next();
                long before = newest.getOrDefault(next.getString("session_id"), 1L);
                assertThat(next.containsKey("coalesced")).isFalse();
                assertThat(next.getLong("revision")).isEqualTo(before + 1);
                newest.put(next.getString("session_id"), before + 1);
            }
        }
    }

    @Test
    void eachSessionsNewestIsToldInTheEnd() {
        for (int i = 0; i < 30; i++) {
            stage.opens("s-" + i);
        }
        try (EventClient slow = EventClient.small(stage.port(), "/");
                EventClient other = stage.watches("/")) {
            slow.until("live");
            other.until("live");
            for (int i = 0; i < 600; i++) {
                stage.changes("s-" + i % 30, MUCH);
                other.next();
            }

            Map<String, Long> newest = new HashMap<>();
            long sum = 30;
            while (sum < 630) {
                JsonObject next = slow.next();
                assertThat(next.getString("type")).isEqualTo("change");
                long revision = next.getLong("revision");
                Long before = newest.put(next.getString("session_id"), revision);
                long jump = revision - (before == null ? 1 : before);
                assertThat(next.getLong("skipped", 0L)).isEqualTo(jump - 1);
                sum += jump;
            }
            assertThat(newest)
                    .hasSize(30)
                    .allSatisfy((id, revision) -> assertThat(revision).isEqualTo(21));
        }
    }

    @Test
    void oneThatMissesTooManySessionsBeginsAnewOnceItReads() {
        stage.opens("first");
        try (EventClient slow = EventClient.small(stage.port(), "/");
                EventClient other = stage.watches("/")) {
            slow.until("live");
            other.until("live");
            for (int i = 0; i < 300; i++) {
                stage.changes("first", MUCH);
                other.next();
            }
            int sessions = Watcher.SESSIONS + 100;
            for (int i = 0; i < sessions; i++) {
                stage.opens("s-" + i);
                other.next();
            }

            List<JsonObject> before = slow.until("reset");
            assertThat(before.subList(0, before.size() - 1))
                    .allMatch(message -> message.getString("type").equals("change"));
            List<JsonObject> anew = slow.until("live");
            assertThat(anew).hasSize(sessions + 2);
            stage.changes("first");
            assertThat(slow.next().getString("session_id")).isEqualTo("first");
        }
    }

    @Test
    void oneThatTakesNothingIsCutOff() {
        stage.opens("s-1");
        try (EventClient stalled = EventClient.small(stage.port(), "/s-1");
                EventClient other = stage.watches("/s-1")) {
            stalled.next();
            other.next();
            for (int i = 0; i < 300; i++) {
                stage.changes("s-1", MUCH);
                other.next();
            }
            assertThat(stage.streams().watchers()).isEqualTo(2);
            // It is seen to be full, and then has been for too long.
            other.comment();
            other.comment();
            stage.advance(Duration.ofSeconds(61));
            awaitWatchers(1);
            // It does not read, so it never sees the end.
            await(stage::connections, 1);

            stage.changes("s-1");
            assertThat(other.next().getString("type")).isEqualTo("change");
        }
    }

    @Test
    void aWebsocketThatTakesNothingIsClosedAsOneToTryAgainLater() throws InterruptedException {
        stage.opens("s-1");
        WebSocketClient sockets = vertx.createWebSocketClient(new WebSocketClientOptions().setReceiveBufferSize(4_096));
        WebSocket stalled = TestGateway.await(sockets.connect(stage.port(), "127.0.0.1", "/s-1"));
        LinkedBlockingQueue<Short> closed = new LinkedBlockingQueue<>();
        stalled.closeHandler(v -> closed.add(stalled.closeStatusCode()));
        stalled.pause();
        try (EventClient other = stage.watches("/s-1")) {
            other.next();
            for (int i = 0; i < 400; i++) {
                stage.changes("s-1", MUCH);
                other.next();
            }
            other.comment();
            other.comment();
            stage.advance(Duration.ofSeconds(61));
            awaitWatchers(1);
        }
        stalled.resume();

        assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo((short) 1013);
        TestGateway.await(sockets.close());
    }

    @Test
    void whoHearsNothingOfTheStatesItWantsIsToldWhereToGoOnFrom() {
        stage.opens("s-1");
        try (EventClient client = stage.watches("/?state=paused")) {
            String begin = client.next().getString("id");
            stage.changes("s-1");
            stage.changes("s-1");
            JsonObject next = client.next();
            while (stage.session("s-1").revision() > revisionBehind(next)) {
                next = client.next();
            }

            assertThat(next.getString("type")).isEqualTo("live");
            assertThat(client.lastEvent()).isEqualTo("live");
            assertThat(client.lastId()).isEqualTo(next.getString("id")).isNotEqualTo(begin);
            client.comment();
            client.comment();
            try (EventClient back = EventClient.to(stage.port(), "/", "Last-Event-ID: " + client.lastId())) {
                stage.changes("s-1");
                assertThat(back.next().getLong("revision")).isEqualTo(4);
            }
        }
    }

    private static long revisionBehind(JsonObject live) {
        return Cursor.parse(live.getString("id")).later().values().iterator().next();
    }

    @Test
    void aClientIsKeptInTouch() {
        stage.opens("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            client.next();
            client.comment();
            client.comment();
            assertThat(client.comments()).containsOnly(":");
        }
    }

    @Test
    void nothingIsKeptForAClientThatHasLeft() {
        stage.opens("s-1");
        EventClient one = stage.watches("/s-1");
        EventClient all = stage.watches("/");
        one.next();
        all.next();
        assertThat(stage.streams().watchers()).isEqualTo(2);

        one.close();
        awaitWatchers(1);
        all.close();
        awaitWatchers(0);
    }

    @Test
    void aStreamOfHttp2ThatIsGivenUpIsNotedToo() {
        stage.opens("s-1");
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        HttpClientRequest request =
                TestGateway.await(client.request(HttpMethod.GET, stage.port(), "127.0.0.1", "/s-1"));
        HttpClientResponse answer = TestGateway.await(request.send());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(stage.streams().watchers()).isEqualTo(1);

        TestGateway.await(request.reset(0x8));

        awaitWatchers(0);
        TestGateway.await(client.close());
    }

    @Test
    void aTenantHasSoManyStreamsAndNoMore() {
        try (Stage small = Stage.with(vertx, 2, SHORT)) {
            small.opens("s-1");
            EventClient first = small.watches("/s-1");
            try (EventClient second = small.watches("/");
                    EventClient third = small.watches("/s-1");
                    EventClient ofAnother = EventClient.to(small.port(), "/", "X-Tenant: zeta")) {
                assertThat(List.of(first.status(), second.status(), third.status(), ofAnother.status()))
                        .containsExactly(200, 200, 500, 200);
                first.close();
                List<Integer> answers = new ArrayList<>();
                while (!answers.contains(200)) {
                    try (EventClient again = small.watches("/s-1")) {
                        answers.add(again.status());
                    }
                }
            }
        }
    }

    @Test
    void whenTheNodeLeavesEachIsToldWhenToComeBack() throws InterruptedException {
        stage.opens("s-1");
        WebSocketClient sockets = vertx.createWebSocketClient();
        WebSocket socket = TestGateway.await(sockets.connect(stage.port(), "127.0.0.1", "/s-1"));
        LinkedBlockingQueue<Short> closed = new LinkedBlockingQueue<>();
        socket.closeHandler(v -> closed.add(socket.closeStatusCode()));
        try (EventClient client = stage.watches("/s-1")) {
            client.next();
            String before = client.retry();
            stage.streams().leave();

            assertThat(client.next()).isNull();
            assertThat(client.retry()).isNotEqualTo(before);
            assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo((short) 1012);
            awaitWatchers(0);
            try (EventClient late = stage.watches("/s-1")) {
                assertThat(late.status()).isEqualTo(500);
            }
        }
        TestGateway.await(sockets.close());
    }

    private void awaitWatchers(int count) {
        await(stage.streams()::watchers, count);
    }

    private void await(IntSupplier number, int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (number.getAsInt() != count && System.nanoTime() < end) {
            TestGateway.await(vertx.timer(2));
        }
        assertThat(number.getAsInt()).isEqualTo(count);
    }
}
