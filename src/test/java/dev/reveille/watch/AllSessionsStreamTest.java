package dev.reveille.watch;

import static dev.reveille.session.Examples.paused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Session;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AllSessionsStreamTest {
    private Vertx vertx;
    private Stage stage;

    @BeforeEach
    void start() {
        vertx = Stage.vertx();
        stage = Stage.on(vertx);
    }

    @AfterEach
    void stop() {
        stage.close();
        TestGateway.await(vertx.close());
    }

    @Test
    void itBeginsWithHowAllAreAndThenIsLive() {
        stage.opens("b");
        stage.opens("a");
        stage.opens("x", "zeta");
        stage.becomes("b", paused("rt-b"));
        try (EventClient client = stage.watches("/")) {
            List<JsonObject> first = client.until("live");
            stage.changes("x");
            stage.opens("c");
            JsonObject next = client.next();

            assertThat(first.stream().map(AllSessionsStreamTest::told))
                    .containsExactly("state a 1", "state b 2", "live");
            assertThat(first.get(0).containsKey("id")).isFalse();
            assertThat(first.get(2).getString("id")).isNotEmpty();
            assertThat(told(next)).isEqualTo("change c 1");
            assertThat(client.lastId()).isEqualTo(next.getString("id"));
        }
    }

    @Test
    void onlyWhatIsOfTheStatesAskedForIsTold() {
        stage.opens("a");
        stage.opens("b");
        stage.becomes("b", paused("rt-b"));
        try (EventClient client = stage.watches("/?state=paused")) {
            assertThat(client.until("live").stream().map(AllSessionsStreamTest::told))
                    .containsExactly("state b 2", "live");
            stage.changes("a");
            stage.becomes("a", paused("rt-a"));
            assertThat(told(client.next())).isEqualTo("change a 3");
        }
    }

    @Test
    void whoComesInTheMiddleOfChangesSeesEachOnceAndInOrder() throws Exception {
        for (int i = 0; i < 20; i++) {
            stage.opens("s-" + i);
        }
        CompletableFuture<Void> changing = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 600; i++) {
                stage.changes("s-" + i % 20);
            }
        });
        // They take what they get at once: on loopback, Linux sends little to who took nothing for seconds.
        ExecutorService readers = Executors.newCachedThreadPool();
        List<Future<Map<String, Long>>> all = new ArrayList<>();
        while (!changing.isDone()) {
            EventClient client = stage.watches("/");
            all.add(readers.submit(() -> {
                try (client) {
                    Map<String, Long> seen = new HashMap<>();
                    follow(client, seen);
                    return seen;
                }
            }));
        }
        changing.join();
        stage.opens("the-last");

        for (Future<Map<String, Long>> one : all) {
            Map<String, Long> seen = one.get();
            assertThat(seen).hasSize(21);
            seen.remove("the-last");
            assertThat(seen.values()).containsOnly(31L);
        }
        readers.shutdown();
    }

    @Test
    void whoComesBackToTheSameNodeGoesOnWhereItWas() {
        whoComesBackGoesOnWhereItWas(stage, stage);
    }

    @Test
    void whoComesBackToAnotherNodeGoesOnWhereItWas() {
        try (Stage other = stage.beside()) {
            whoComesBackGoesOnWhereItWas(stage, other);
        }
    }

    /** Breaks off anywhere, comes back here or there, again and again. */
    private void whoComesBackGoesOnWhereItWas(Stage here, Stage there) {
        Random random = new Random(11);
        for (int i = 0; i < 8; i++) {
            here.opens("s-" + i);
        }
        Map<String, Long> seen = new HashMap<>();
        EventClient client = here.watches("/");
        client.until("live").forEach(message -> note(seen, message));
        String last = client.lastId();
        for (int round = 0; round < 60; round++) {
            int changes = random.nextInt(12);
            for (int i = 0; i < changes; i++) {
                here.changes("s-" + random.nextInt(8));
            }
            // News has 30 s to get everywhere, which here is no time at all.
            seen.keySet().forEach(id -> there.awaits(id, here.session(id).revision()));
            if (random.nextInt(3) == 0) {
                here.advance(Duration.ofSeconds(random.nextInt(20)));
            }
            int taken = random.nextInt(changes + 1);
            for (int i = 0; i < taken; i++) {
                JsonObject next = client.next();
                assertThat(next.getString("type")).isEqualTo("change");
                note(seen, next);
                last = client.lastId();
            }
            client.close();
            Stage node = random.nextBoolean() ? here : there;
            client = EventClient.to(node.port(), "/", "Last-Event-ID: " + last);
            int missed = missing(here, seen);
            for (int i = 0; i < missed - random.nextInt(2) && i < missed; i++) {
                JsonObject next = client.next();
                assertThat(next.getString("type")).as(next.encode()).isEqualTo("change");
                note(seen, next);
                last = client.lastId();
            }
        }
        client.close();
    }

    private static int missing(Stage stage, Map<String, Long> seen) {
        return seen.keySet().stream()
                .mapToInt(s -> (int) (stage.session(s).revision() - seen.get(s)))
                .sum();
    }

    @Test
    void whatAnotherNodeHasNotHeardOfYetIsNotToldTwice() {
        stage.opens("a");
        try (Stage deaf = stage.beside();
                EventClient client = stage.watches("/")) {
            client.until("live");
            // Of this, nobody tells the other node.
            Session here = stage.changesOnlyHere("a");
            assertThat(told(client.next())).isEqualTo("change a 2");
            assertThat(deaf.session("a").revision()).isEqualTo(1);

            try (EventClient back = EventClient.to(deaf.port(), "/", "Last-Event-ID: " + client.lastId())) {
                assertThat(back.status()).isEqualTo(200);
                deaf.isReplacedBy(here);
                deaf.changes("a");
                assertThat(told(back.next())).isEqualTo("change a 3");
            }
        }
    }

    @Test
    void norIsItByANodeThatHasHeardOfItAfterOtherNews() {
        stage.opens("a");
        stage.opens("b");
        try (Stage deaf = stage.beside();
                EventClient client = stage.watches("/")) {
            client.until("live");
            Session here = stage.changesOnlyHere("a");
            client.next();

            try (EventClient back = EventClient.to(deaf.port(), "/", "Last-Event-ID: " + client.lastId())) {
                assertThat(back.status()).isEqualTo(200);
                deaf.changes("b");
                assertThat(told(back.next())).isEqualTo("change b 2");
                assertThatItGoesOnBehind(back.lastId(), deaf, here);
            }
        }
    }

    @Test
    void norIsItBehindWhatAnotherNodeToldFromTheRecords() {
        stage.opens("a");
        stage.opens("b");
        try (Stage deaf = stage.beside();
                EventClient client = stage.watches("/")) {
            client.until("live");
            Session here = stage.changesOnlyHere("a");
            client.next();
            String id = client.lastId();
            stage.changes("b");
            deaf.awaits("b", 2);

            try (EventClient back = EventClient.to(deaf.port(), "/", "Last-Event-ID: " + id)) {
                assertThat(told(back.next())).isEqualTo("change b 2");
                assertThatItGoesOnBehind(back.lastId(), deaf, here);
            }
        }
    }

    /** Though {@code deaf} hears only now of what was told before. */
    private static void assertThatItGoesOnBehind(String id, Stage deaf, Session unheard) {
        deaf.isReplacedBy(unheard);
        try (EventClient again = EventClient.to(deaf.port(), "/", "Last-Event-ID: " + id)) {
            assertThat(again.status()).isEqualTo(200);
            deaf.changes("a");
            assertThat(told(again.next())).isEqualTo("change a 3");
        }
    }

    @Test
    void whoMissedMoreThanIsRememberedBeginsAnew() {
        stage.opens("a");
        stage.opens("b");
        try (Stage other = stage.beside();
                EventClient client = stage.watches("/")) {
            client.until("live");
            String id = client.lastId();
            for (int i = 0; i < Session.REMEMBERED + 2; i++) {
                stage.changes("a");
            }
            client.next(Session.REMEMBERED + 2);
            long now = stage.session("a").revision();
            other.awaits("a", now);

            try (EventClient back = EventClient.to(other.port(), "/", "Last-Event-ID: " + id);
                    EventClient same = EventClient.to(stage.port(), "/", "Last-Event-ID: " + id)) {
                assertThat(back.until("live").stream().map(AllSessionsStreamTest::told))
                        .containsExactly("reset", "state a " + now, "state b 1", "live");
                assertThat(told(same.next())).isEqualTo("change a 2");
            }
        }
    }

    @Test
    void wherePartOfItIsForgottenTheFirstThatIsToldStandsForTheRest() {
        stage.opens("a");
        try (EventClient client = stage.watches("/")) {
            client.until("live");
            stage.changesUnheard("a", Session.REMEMBERED + 3);

            List<JsonObject> seen = client.next(Session.REMEMBERED);
            assertThat(seen.get(0).getBoolean("coalesced")).isTrue();
            assertThat(seen.get(0).getLong("skipped")).isEqualTo(3);
            assertThat(seen.get(0).getLong("revision")).isEqualTo(5);
            assertThat(seen.subList(1, seen.size()))
                    .noneMatch(change -> change.containsKey("coalesced"))
                    .last()
                    .satisfies(last -> assertThat(last.getLong("revision")).isEqualTo(Session.REMEMBERED + 4));
        }
    }

    @Test
    void oneThatIsForgottenIsSaidToBe() {
        stage.opens("a");
        try (EventClient client = stage.watches("/")) {
            client.until("live");
            stage.forgets("a");
            JsonObject gone = client.next();

            assertThat(told(gone)).isEqualTo("forgotten a 1");
            try (EventClient back = EventClient.to(stage.port(), "/", "Last-Event-ID: " + gone.getString("id"))) {
                stage.opens("b");
                assertThat(told(back.next())).isEqualTo("change b 1");
            }
        }
    }

    @Test
    void oneThatWasForgottenMeanwhileIsSaidToBeAtAnotherNodeToo() {
        List.of("a", "b", "c").forEach(stage::opensStopped);
        stage.opens("d");
        stage.advance(Duration.ofMinutes(5));
        stage.opensStopped("young");
        try (Stage other = stage.beside();
                EventClient client = stage.watches("/")) {
            client.until("live");
            String id = client.lastId();
            List.of("a", "young", "b").forEach(stage::forgets);
            client.next(3);
            List.of("a", "young", "b").forEach(other::looksFor);
            stage.changes("d");
            other.awaits("d", 2);

            try (EventClient back = EventClient.to(other.port(), "/", "Last-Event-ID: " + id)) {
                assertThat(back.next(4).stream().map(AllSessionsStreamTest::told))
                        .containsExactly("forgotten a 1", "forgotten young 1", "forgotten b 1", "change d 2");
            }
            // In the middle of that.
            try (EventClient back = EventClient.to(other.port(), "/", "Last-Event-ID: " + id)) {
                back.next(2);
                id = back.lastId();
            }
            try (Stage third = stage.beside();
                    EventClient again = EventClient.to(other.port(), "/", "Last-Event-ID: " + id);
                    EventClient anew = EventClient.to(third.port(), "/", "Last-Event-ID: " + id);
                    EventClient whole = EventClient.to(third.port(), "/", "Last-Event-ID: " + client.lastId())) {
                assertThat(again.next(2).stream().map(AllSessionsStreamTest::told))
                        .containsExactly("forgotten b 1", "change d 2");
                assertThat(anew.until("live").stream().map(AllSessionsStreamTest::told))
                        .as("a node that came later does not know who is gone")
                        .containsExactly("reset", "state c 1", "state d 2", "live");
                assertThat(told(whole.next())).isEqualTo("change d 2");
            }
        }
    }

    @Test
    void whatWasToldAndIsUnknownForTooLongIsAReset() {
        stage.opens("old");
        stage.advance(Duration.ofMinutes(5));
        stage.opensStopped("young");
        try (EventClient client = stage.watches("/")) {
            client.until("live");
            stage.forgets("young");
            stage.advance(Duration.ofMinutes(5));
            try (Stage later = stage.beside();
                    EventClient back = EventClient.to(later.port(), "/", "Last-Event-ID: " + client.lastId())) {
                assertThat(back.until("live").stream().map(AllSessionsStreamTest::told))
                        .containsExactly("reset", "state old 1", "live");
            }
        }
    }

    @Test
    void whereLostNewsIsFoundLateWhatWasToldBeforeIsNotTakenForAll() {
        stage.opens("a");
        stage.opens("b");
        StreamTimes repairsLate = new StreamTimes(
                Stage.TIMES.heartbeat(),
                Stage.TIMES.stalledAfter(),
                Stage.TIMES.lastWords(),
                Duration.ofMinutes(10),
                Duration.ZERO);
        try (Stage deaf = stage.beside(repairsLate);
                EventClient client = deaf.watches("/")) {
            client.until("live");
            stage.changesOnlyHere("a");
            stage.advance(Duration.ofMinutes(1));
            deaf.changes("b");
            assertThat(told(client.next())).isEqualTo("change b 2");
            stage.awaits("b", 2);

            try (EventClient back = EventClient.to(stage.port(), "/", "Last-Event-ID: " + client.lastId())) {
                assertThat(told(back.next())).isEqualTo("change a 2");
            }
        }
    }

    @Test
    void whoFollowsInThisProcessHearsAllOfAllTenants() {
        List<StatusEvent> heard = new ArrayList<>();
        stage.streams().follow(event -> {
            heard.add(event);
            throw new IllegalStateException("it fails each time");
        });
        stage.opens("a");
        stage.opens("x", "zeta");
        stage.changes("a");
        stage.progresses("a");
        stage.forgets("a");
        try (EventClient behind = stage.watches("/")) {
            behind.until("live");
        }

        assertThat(heard.stream()
                        .filter(event -> !(event instanceof StatusEvent.Progressed))
                        .map(event -> event.tenant() + " " + event.sessionId()))
                .containsExactly("acme a", "zeta x", "acme a", "acme a");
        assertThat(heard).anyMatch(StatusEvent.Progressed.class::isInstance);
        assertThat(heard.get(2)).isInstanceOfSatisfying(StatusEvent.Changed.class, changed -> {
            assertThat(changed.change().revision()).isEqualTo(2);
            assertThat(changed.skipped()).isEmpty();
        });
        assertThat(heard.get(heard.size() - 1)).isInstanceOf(StatusEvent.Forgotten.class);
    }

    /** Until all is seen, checking that nothing is missed or comes twice. */
    private void follow(EventClient client, Map<String, Long> seen) {
        while (!seen.containsKey("the-last")) {
            JsonObject message = client.next();
            if (!message.getString("type").equals("live")) {
                note(seen, message);
            }
        }
    }

    private static void note(Map<String, Long> seen, JsonObject message) {
        if (message.getString("type").equals("live")) {
            return;
        }
        Long before = seen.put(message.getString("session_id"), message.getLong("revision"));
        if (message.getString("type").equals("change")) {
            assertThat(message.getLong("revision"))
                    .isEqualTo((before == null ? 1 : before + 1) + message.getLong("skipped", 0L));
        }
    }

    private static String told(JsonObject message) {
        return message.getString("type")
                + (message.containsKey("session_id")
                        ? " " + message.getString("session_id") + " " + message.getLong("revision")
                        : "");
    }
}
