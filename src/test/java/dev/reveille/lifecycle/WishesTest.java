package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionWish;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that come while another transition is under way, from callers who do not wait for it. */
@ExtendWith(VertxExtension.class)
class WishesTest {
    /** A transition ends when the test says so. */
    private static final Duration FOR_EVER = Duration.ofMinutes(10);

    /** In which what should not happen would have happened. */
    private static final int A_WHILE = 200;

    private static final SessionId ID = new SessionId("s-1");

    private FakeRuntimeApi upstream;
    private TestNode node;
    private Vertx vertx;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(upstream, vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void anOpeningDuringAStopStartsItAfterwards(int patience) {
        node.open("s-1");
        Future<JsonObject> closing = whileStopping();

        assertThat(stateAfter(opening(ofMillis(patience)))).isEqualTo("stopping");

        upstream.session("s-1").isStopped();
        await(closing);
        node.untilState("s-1", "running");
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
    }

    @Test
    void askingAgainAndAgainStartsItOnce() {
        node.open("s-1");
        Future<JsonObject> closing = whileStopping();

        List<Future<JsonObject>> openings =
                IntStream.range(0, 50).mapToObj(i -> opening(Duration.ZERO)).toList();

        assertThat(openings).allSatisfy(one -> assertThat(stateAfter(one)).isEqualTo("stopping"));
        upstream.session("s-1").isStopped();
        await(closing);
        node.untilState("s-1", "running");
        await(vertx.timer(A_WHILE));
        assertThat(upstream.calls("POST /start")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void aResumeDuringAPauseWakesItAfterwards(int patience) {
        node.open("s-1");
        Future<JsonObject> pausing = whilePausing();

        assertThat(stateAfter(node.resuming("s-1", ofMillis(patience)))).isEqualTo("pausing");

        upstream.session("s-1").isPaused();
        await(pausing);
        node.untilState("s-1", "running");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void aPauseDuringAStartPausesItAfterwards(int patience) {
        Future<JsonObject> opening = whileStarting();

        assertThat(stateAfter(Catalogue.PAUSE.ask(vertx.eventBus(), byClient(ofMillis(patience)), TestNode.LONG)))
                .isEqualTo("starting");

        upstream.session("s-1").isRunning();
        await(opening);
        node.untilState("s-1", "paused");
    }

    @Test
    void aCloseThatPausesDuringAStartPausesItAfterwards() {
        Future<JsonObject> opening = whileStarting();
        SessionCommand close = byClient(Duration.ZERO).closingBy(Optional.of(ClosePolicy.PAUSE));

        assertThat(stateAfter(Catalogue.CLOSE.ask(vertx.eventBus(), close, TestNode.LONG)))
                .isEqualTo("starting");

        upstream.session("s-1").isRunning();
        await(opening);
        node.untilState("s-1", "paused");
    }

    @Test
    void whatIsAskedForLastCounts() {
        node.open("s-1");
        Future<JsonObject> pausing = whilePausing();
        await(node.resuming("s-1", Duration.ZERO));

        await(Catalogue.PAUSE.ask(vertx.eventBus(), byClient(Duration.ZERO), TestNode.LONG));

        upstream.session("s-1").isPaused();
        await(pausing);
        await(vertx.timer(A_WHILE));
        assertThat(upstream.calls("POST /resume")).isZero();
        assertThat(node.session("s-1").orElseThrow().state().word()).isEqualTo("paused");
    }

    @Test
    void aResumeBehindAPauseIsNotSaidToBeDoneIfTheSessionIsClosedInstead() {
        node.open("s-1");
        whilePausing();
        Future<JsonObject> resuming = node.resuming("s-1");
        await(node.looking("s-1"));

        assertThat(stateAfter(node.closing("s-1"))).isEqualTo("stopped");

        assertThat(failureOf(resuming).code()).isEqualTo("unknown_session");
    }

    /** A start joins what is under way, and what it wants is what there will be. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPauseThatWaitsIsTakenBackByAnOpening(boolean itsCallerWaits) {
        Future<JsonObject> first = whileStarting();
        SessionCommand pause = byClient(itsCallerWaits ? TestNode.LONG : Duration.ZERO);
        Future<JsonObject> pausing = Catalogue.PAUSE.ask(vertx.eventBus(), pause, TestNode.LONG);
        await(node.looking("s-1"));

        await(opening(Duration.ZERO));

        upstream.session("s-1").isRunning();
        await(first);
        assertThat(stateAfter(pausing)).isEqualTo(itsCallerWaits ? "running" : "starting");
        await(vertx.timer(A_WHILE));
        assertThat(upstream.calls("POST /pause")).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"AWAKE", "ENDED"})
    void itIsTakenBackByWhatAClientWantsAtAnotherNode(SessionWish.Aim aim) {
        Future<JsonObject> opening = whileStarting();
        await(Catalogue.PAUSE.ask(vertx.eventBus(), byClient(Duration.ZERO), TestNode.LONG));

        Catalogue.WISHED.publish(vertx.eventBus(), new SessionWish(ID, Tenants.EVERYBODY, aim, "another"));

        upstream.session("s-1").isRunning();
        await(opening);
        await(vertx.timer(A_WHILE));
        assertThat(upstream.calls("POST /pause")).isZero();
    }

    @Test
    void anotherTenantTakesNothingBack() {
        Future<JsonObject> opening = whileStarting();
        await(Catalogue.PAUSE.ask(vertx.eventBus(), byClient(Duration.ZERO), TestNode.LONG));

        assertThat(failureOf(node.resuming("s-1", "zeta")).code()).isEqualTo("forbidden");

        upstream.session("s-1").isRunning();
        await(opening);
        node.untilState("s-1", "paused");
    }

    @Test
    void whatClientsWantIsToldToTheOtherNodes() {
        node.open("s-1");
        Queue<SessionWish> told = new ConcurrentLinkedQueue<>();
        await(Catalogue.WISHED.follow(vertx.eventBus(), told::add).completion());

        await(node.pausing("s-1"));
        failureOf(node.resuming("s-1", "zeta"));
        await(node.resuming("s-1"));
        await(node.closing("s-1"));

        assertThat(told)
                .extracting(SessionWish::aim)
                .containsExactly(SessionWish.Aim.ASLEEP, SessionWish.Aim.AWAKE, SessionWish.Aim.ENDED);
    }

    private Future<JsonObject> whileStarting() {
        upstream.startTakes(FOR_EVER);
        Future<JsonObject> opening = node.opening("s-1", new JsonObject());
        await(upstream.whenCalled("POST /start", 1));
        return opening;
    }

    private Future<JsonObject> whilePausing() {
        upstream.pauseTakes(FOR_EVER);
        Future<JsonObject> pausing = node.pausing("s-1");
        await(upstream.whenCalled("POST /pause", 1));
        return pausing;
    }

    private Future<JsonObject> whileStopping() {
        upstream.on("POST", "/stop").answersJson(new JsonObject());
        Future<JsonObject> closing = node.closing("s-1");
        await(upstream.whenCalled("POST /stop", 1));
        return closing;
    }

    private Future<JsonObject> opening(Duration patience) {
        return node.opening("s-1", new JsonObject().put("image", "python"), patience);
    }

    private static SessionCommand byClient(Duration patience) {
        return SessionCommand.byClient(ID, Tenants.EVERYBODY, patience);
    }

    private static String stateAfter(Future<JsonObject> command) {
        return await(command).getString("state");
    }
}
