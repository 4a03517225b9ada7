package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.Catalogue;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is told of sandboxes on their way. */
@ExtendWith(VertxExtension.class)
class ProgressTest {
    private final List<SessionProgress> ofAll = new CopyOnWriteArrayList<>();
    private final List<SessionProgress> ofOne = new CopyOnWriteArrayList<>();
    private FakeRuntimeApi upstream;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(upstream, vertx);
        await(Catalogue.PROGRESS.follow(vertx.eventBus(), ofAll::add).completion());
        await(Catalogue.progress(new SessionId("s-1"))
                .follow(vertx.eventBus(), ofOne::add)
                .completion());
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void whatIsNewIsToldAndNotEachLook() {
        upstream.session("s-1").isStarting().reports("starting", "pending");
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("GET /runtime/rt1", 30));
        upstream.session("s-1").reports("starting", "running");
        await(upstream.whenCalled("GET /runtime/rt1", 60));
        upstream.session("s-1").routeIsOpen(true);
        await(opening);

        assertThat(ofOne.stream().map(p -> p.podStatus().orElseThrow()).distinct())
                .containsExactly("pending", "running");
        assertThat(ofOne).hasSizeLessThan(10).allSatisfy(progress -> {
            assertThat(progress.state()).isEqualTo("starting");
            assertThat(progress.statusMessage()).isEqualTo("STATUS$WAITING_FOR_CLIENT");
            assertThat(progress.revision())
                    .isLessThan(node.session("s-1").orElseThrow().revision());
        });
        assertThat(ofAll).isEqualTo(ofOne);
    }

    @Test
    void whenNothingIsNewTheSameIsToldAgainAndHowLongItHasTaken() throws InterruptedException {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now().truncatedTo(ChronoUnit.MILLIS));
        BlockingQueue<SessionProgress> told = new LinkedBlockingQueue<>();
        Vertx apart = Vertx.vertx();
        await(Catalogue.progress(new SessionId("s-2"))
                .follow(apart.eventBus(), told::add)
                .completion());
        try (FakeRuntimeApi other = FakeRuntimeApi.start(apart)) {
            TestNode hasty = TestNode.before(other.uri(), apart, ofMillis(5), now::get);
            other.session("s-2").isStarting().reports("starting", "pending");
            Future<JsonObject> opening = hasty.opening("s-2", new JsonObject());
            SessionProgress first = told.poll(15, TimeUnit.SECONDS);
            while (first.podStatus().isEmpty()) {
                first = told.poll(15, TimeUnit.SECONDS);
            }
            assertThat(first.elapsed()).isZero();

            now.updateAndGet(at -> at.plusSeconds(7));

            SessionProgress later = told.poll(15, TimeUnit.SECONDS);
            while (later != null && later.elapsed().isZero()) {
                later = told.poll(15, TimeUnit.SECONDS);
            }
            assertThat(later)
                    .usingRecursiveComparison()
                    .ignoringFields("elapsed")
                    .isEqualTo(first);
            assertThat(later.elapsed()).isEqualTo(Duration.ofSeconds(7));
            other.session("s-2").reports("starting", "running").routeIsOpen(true);
            await(opening);
        } finally {
            await(apart.close());
        }
    }

    @Test
    void howLongItUsuallyTakesIsKnownFromTheSecondTimeOn() {
        upstream.startTakes(ofMillis(100)).resumeTakes(ofMillis(100));
        node.open("s-1");
        await(node.pausing("s-1"));
        await(node.resuming("s-1"));
        assertThat(ofOne).isNotEmpty().allMatch(progress -> progress.expected().isEmpty());
        ofOne.clear();

        await(node.pausing("s-1"));
        await(node.resuming("s-1"));

        assertThat(ofOne).isNotEmpty().allSatisfy(progress -> {
            assertThat(progress.state()).isEqualTo("resuming");
            assertThat(progress.expected())
                    .hasValueSatisfying(usual -> assertThat(usual).isPositive());
        });
    }

    @Test
    void aStartInPlaceOfAResumeSaysNothingOfHowLongWakesTake() {
        upstream.resumeTakes(ofMillis(100));
        node.open("s-1");
        await(node.pausing("s-1"));
        upstream.on("POST", "/resume").answers(409).usual();
        node.open("s-1");
        await(node.pausing("s-1"));
        ofOne.clear();

        await(node.resuming("s-1"));

        assertThat(ofOne).isNotEmpty().allMatch(progress -> progress.expected().isEmpty());
    }

    @Test
    void howABuildIsDoingIsTold() {
        upstream.buildsTakeLooks(3);

        node.open(
                "s-1",
                new JsonObject()
                        .put(
                                "build",
                                new JsonObject()
                                        .put("target_image", "repo:tag")
                                        .put("tags", new JsonArray())
                                        .put("context", "YmFzZTY0")));

        assertThat(ofOne.stream()
                        .map(SessionProgress::buildStatus)
                        .flatMap(Optional::stream)
                        .distinct())
                .contains("SUCCESS")
                .hasSize(2);
        assertThat(ofOne.get(0).state()).isEqualTo("building");
    }

    @Test
    void theUsualTimeIsTheMiddleOne() {
        UsualTime usual = new UsualTime();
        assertThat(usual.median()).isEmpty();
        for (int seconds : new int[] {9, 1, 500, 2, 3}) {
            usual.took(Duration.ofSeconds(seconds));
        }
        assertThat(usual.median()).contains(Duration.ofSeconds(3));
        for (int i = 0; i < 50; i++) {
            usual.took(Duration.ofMillis(7));
        }
        assertThat(usual.median()).contains(Duration.ofMillis(7));
    }
}
