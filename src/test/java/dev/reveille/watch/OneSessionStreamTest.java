package dev.reveille.watch;

import static dev.reveille.session.Examples.paused;
import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Cause;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OneSessionStreamTest {
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
    void itBeginsWithTheStateAndGoesOnWithEachChange() {
        stage.opens("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            JsonObject first = client.next();
            stage.becomes("s-1", paused("rt-s-1"));
            JsonObject second = client.next();

            assertThat(client.status()).isEqualTo(200);
            assertThat(client.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
            assertThat(client.header("cache-control")).isEqualTo("no-store");
            assertThat(client.header("x-accel-buffering")).isEqualTo("no");
            assertThat(client.retry()).isNotEmpty();
            assertThat(first.getString("type")).isEqualTo("state");
            assertThat(first.getString("state")).isEqualTo("running");
            assertThat(first.containsKey("previous")).isFalse();
            assertThat(second.getString("type")).isEqualTo("change");
            assertThat(second.getString("previous")).isEqualTo("running");
            assertThat(second.getString("state")).isEqualTo("paused");
            assertThat(second.getLong("revision")).isEqualTo(2);
            assertThat(client.lastId()).isEqualTo(second.getString("id")).isEqualTo(Point.of(stage.session("s-1")));
            assertThat(client.lastEvent()).isEmpty();
        }
    }

    @Test
    void whoComesInTheMiddleOfChangesSeesEachOnceAndInOrder() {
        stage.opens("s-1");
        CompletableFuture<Void> changing = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 300; i++) {
                stage.changes("s-1");
            }
        });
        List<EventClient> clients = new ArrayList<>();
        while (!changing.isDone()) {
            clients.add(stage.watches("/s-1"));
        }
        changing.join();

        assertThat(clients).hasSizeGreaterThan(2);
        for (EventClient client : clients) {
            long revision = client.next().getLong("revision");
            while (revision < 301) {
                JsonObject next = client.next();
                assertThat(next.getLong("revision")).isEqualTo(revision + 1 + next.getLong("skipped", 0L));
                revision = next.getLong("revision");
            }
            client.close();
        }
    }

    @Test
    void whoComesBackIsToldWhatItMissed() {
        stage.opens("s-1");
        EventClient client = stage.watches("/s-1");
        String id = client.next().getString("id");
        client.close();
        stage.changes("s-1");
        stage.changes("s-1");

        try (EventClient back = EventClient.to(stage.port(), "/s-1", "Last-Event-ID: " + id);
                EventClient byRevision = stage.watches("/s-1?since=2");
                EventClient fromTheBegin = stage.watches("/s-1?since=0");
                EventClient missedNothing = stage.watches("/s-1?since=3")) {
            assertThat(revisions(back.next(2))).containsExactly(2L, 3L);
            assertThat(revisions(byRevision.next(1))).containsExactly(3L);
            assertThat(revisions(fromTheBegin.next(3))).containsExactly(1L, 2L, 3L);
            stage.changes("s-1");
            assertThat(revisions(back.next(1))).containsExactly(4L);
            assertThat(revisions(missedNothing.next(1))).containsExactly(4L);
        }
    }

    @Test
    void whoMissedMoreThanIsRememberedIsToldHowItIs() {
        stage.opens("s-1");
        for (int i = 0; i < Session.REMEMBERED + 5; i++) {
            stage.changes("s-1");
        }
        long now = stage.session("s-1").revision();
        try (EventClient tooLate = stage.watches("/s-1?since=1");
                EventClient justInTime = stage.watches("/s-1?since=" + (now - Session.REMEMBERED))) {
            JsonObject reset = tooLate.next();
            assertThat(tooLate.lastEvent()).isEqualTo("reset");
            assertThat(reset.getString("type")).isEqualTo("reset");
            assertThat(reset.getString("reason")).isNotEmpty();
            assertThat(reset.getLong("revision")).isEqualTo(now);
            assertThat(reset.getString("state")).isEqualTo("running");
            assertThat(revisions(justInTime.next(Session.REMEMBERED)))
                    .containsExactlyElementsOf(LongStream.rangeClosed(now - Session.REMEMBERED + 1, now)
                            .boxed()
                            .toList());
        }
    }

    @Test
    void changesThatNobodyTellsOfAreFoundInTheRecord() {
        stage.opens("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            client.next();
            stage.changesUnheard("s-1", 5);

            List<JsonObject> seen = client.next(5);
            assertThat(revisions(seen)).containsExactly(2L, 3L, 4L, 5L, 6L);
            assertThat(seen)
                    .allSatisfy(change -> assertThat(change.getString("node")).isEqualTo("node-dead"));

            stage.changesUnheard("s-1", Session.REMEMBERED + 1);
            JsonObject reset = client.next();
            assertThat(reset.getString("type")).isEqualTo("reset");
            assertThat(reset.getLong("revision")).isEqualTo(6 + Session.REMEMBERED + 1);
            stage.changes("s-1");
            assertThat(client.next().getString("type")).isEqualTo("change");
        }
    }

    @Test
    void aSessionThatWasForgottenAndOpenedAnewIsAnotherOne() {
        Session before = stage.opens("s-1");
        stage.changes("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            String id = client.next().getString("id");
            stage.forgets("s-1");
            stage.advance(Duration.ofSeconds(1));
            stage.opens("s-1");

            assertThat(client.next().getString("type")).isEqualTo("forgotten");
            assertThat(client.lastEvent()).isEqualTo("forgotten");
            JsonObject anew = client.next();
            assertThat(anew.getLong("revision")).isEqualTo(1);
            assertThat(anew.getString("type")).isEqualTo("change");
            try (EventClient back = EventClient.to(stage.port(), "/s-1", "Last-Event-ID: " + id)) {
                assertThat(back.next().getString("type")).isEqualTo("reset");
            }
            assertThat(before.sameLife(stage.session("s-1"))).isFalse();
        }
    }

    @Test
    void whereTwoHalvesOfAClusterWentDifferentWaysItSaysSo() {
        Session base = stage.opens("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            client.next();
            stage.changes("s-1");
            client.next();
            Session other =
                    base.to(paused("rt-s-1"), Cause.IDLE, "", base.changedAt().plusSeconds(5));
            stage.isReplacedBy(other);

            JsonObject reset = client.next();
            assertThat(reset.getString("type")).isEqualTo("reset");
            assertThat(reset.getString("state")).isEqualTo("paused");
            assertThat(reset.getLong("revision")).isEqualTo(2);
        }
    }

    @Test
    void whoComesFromANodeThatHadHeardMoreIsToldNothingTwice() {
        stage.opens("s-1");
        try (Stage deaf = stage.beside()) {
            stage.changesOnlyHere("s-1");
            assertThat(deaf.session("s-1").revision()).isEqualTo(1);

            try (EventClient back = EventClient.to(deaf.port(), "/s-1?since=2");
                    EventClient fromNowhere = EventClient.to(deaf.port(), "/s-1?since=999")) {
                assertThat(back.status()).isEqualTo(200);
                assertThat(fromNowhere.next().getString("type")).isEqualTo("reset");
                deaf.changes("s-1");
                assertThat(revisions(back.next(1))).containsExactly(3L);
                assertThat(revisions(fromNowhere.next(1))).containsExactly(3L);
            }
        }
    }

    @Test
    void progressIsToldInBetweenAndNotAgain() {
        stage.opens("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            String id = client.next().getString("id");
            stage.progresses("s-1");

            JsonObject progress = client.next();
            assertThat(client.lastEvent()).isEqualTo("progress");
            assertThat(progress.getString("pod_status")).isEqualTo("pending");
            assertThat(progress.getDouble("elapsed_seconds")).isEqualTo(1.3);
            assertThat(progress.getDouble("expected_seconds")).isEqualTo(3.0);
            assertThat(progress.getJsonArray("restart_reasons")).containsExactly("OOMKilled");
            assertThat(progress.containsKey("id")).isFalse();
            assertThat(client.lastId()).isEqualTo(id);
            stage.changes("s-1");
            assertThat(client.next().getString("type")).isEqualTo("change");
        }
    }

    @Test
    void anIdThatWasAnotherTenantsIsNotToldToItAnyMore() {
        stage.opens("s-1");
        try (EventClient client = stage.watches("/s-1")) {
            client.next();
            stage.forgets("s-1");
            stage.advance(Duration.ofSeconds(1));
            stage.opens("s-1", "zeta");
            stage.changes("s-1");
            stage.forgets("s-1");
            stage.advance(Duration.ofSeconds(1));
            stage.opens("s-1");

            assertThat(client.next().getString("type")).isEqualTo("forgotten");
            JsonObject own = client.next();
            assertThat(own.getString("tenant")).isEqualTo(Stage.TENANT);
            assertThat(own.getLong("revision")).isEqualTo(1);
        }
    }

    @Test
    void oneThatIsNotThereIsNotWatched() {
        try (EventClient client = stage.watches("/none")) {
            assertThat(client.status()).isEqualTo(500);
            assertThat(stage.streams().watchers()).isZero();
        }
    }

    @Test
    void aRecordOfAnEarlierVersionIsToldToo() {
        Session plain = Session.first(
                new SessionId("s-1"), Stage.TENANT, plainSpec(), running("rt1"), Cause.CLIENT, Instant.EPOCH);
        stage.isReplacedBy(plain);
        try (EventClient client = stage.watches("/s-1")) {
            assertThat(client.next().getString("node")).isEmpty();
            stage.changes("s-1");
            assertThat(client.next().getString("previous")).isEqualTo("running");
        }
    }

    private static List<Long> revisions(List<JsonObject> messages) {
        return messages.stream().map(m -> m.getLong("revision")).toList();
    }
}
