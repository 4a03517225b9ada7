package dev.reveille.bus;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.session.Cause;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nodes that are silent, fail, answer late or die. */
@ExtendWith(VertxExtension.class)
class SessionsTest {
    private static final SessionId ID = new SessionId("s-1");
    private static final Pace QUICK = new Pace(ofMillis(20), ofMillis(50), ofMillis(10), ofMillis(100), ofMillis(400));
    private static final Pace NEVER_LOOKS =
            new Pace(ofMillis(20), ofMillis(50), ofMillis(10), ofSeconds(60), ofSeconds(5));
    private static final Duration LONG = ofSeconds(10);

    private Vertx vertx;
    private Sessions sessions;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        sessions = new Sessions(vertx, Optional.empty(), QUICK);
    }

    @Test
    void anAnswerIsTyped() throws Exception {
        serves(
                Catalogue.GET,
                asked -> Future.succeededFuture(document("running", 3)
                        .put("runtime_id", "rt1")
                        .put("url", "http://gateway/rt1/runtime")
                        .put("session_api_key", "secret")));

        SessionView found = await(sessions.get(ID));

        assertThat(found.running()).isTrue();
        assertThat(found.url()).hasToString("Optional[http://gateway/rt1/runtime]");
        assertThat(found.sessionKey()).contains("secret");
        assertThat(found.toString()).doesNotContain("secret");
    }

    @Test
    void aNodeThatIsSilentIsFollowedByTheNext() throws Exception {
        serves(Catalogue.GET, asked -> Promise.<JsonObject>promise().future());
        serves(Catalogue.GET, asked -> Future.succeededFuture(document("paused", 1)));

        assertThat(await(sessions.get(ID)).state()).isEqualTo("paused");
        assertThat(await(sessions.get(ID)).state()).isEqualTo("paused");
    }

    @Test
    void whereNobodyServesYetItIsAskedAgain() throws Exception {
        Future<SessionView> asked = new Sessions(vertx, Optional.empty(), NEVER_LOOKS).get(ID);
        serves(Catalogue.GET, question -> Future.succeededFuture(document("paused", 1)));

        assertThat(await(asked).state()).isEqualTo("paused");
    }

    @Test
    void aNodeThatIsLeavingIsNotTheLastWord() throws Exception {
        serves(Catalogue.GET, failing(new GatewayFailure.ShuttingDown("leaving", ofSeconds(1))));
        serves(Catalogue.GET, asked -> Future.succeededFuture(document("paused", 1)));

        assertThat(await(sessions.get(ID)).state()).isEqualTo("paused");
        assertThat(await(sessions.get(ID)).state()).isEqualTo("paused");
    }

    @Test
    void whatANodeSaysIsNotAskedAgain() throws Exception {
        AtomicInteger asks = new AtomicInteger();
        serves(Catalogue.RESUME, asked -> {
            asks.incrementAndGet();
            return failing(new GatewayFailure.Forbidden("not yours")).apply(asked);
        });

        assertThat(codeOf(sessions.resume(ID, LONG))).isEqualTo("forbidden");
        assertThat(asks).hasValue(1);
    }

    @Test
    void ifNoNodeAnswersThatIsSaidInTheEnd() throws Exception {
        assertThat(codeOf(sessions.resume(ID, Duration.ZERO))).isEqualTo("shutting_down");
        serves(Catalogue.RESUME, asked -> Promise.<JsonObject>promise().future());
        assertThat(codeOf(sessions.resume(ID, Duration.ZERO))).isEqualTo("internal");
    }

    @Test
    void aSlowAnswerIsWaitedForLongerTheNextTime() throws Exception {
        serves(Catalogue.GET, asked -> vertx.timer(120, MILLISECONDS).map(document("running", 1)));

        assertThat(await(new Sessions(vertx, Optional.empty(), NEVER_LOOKS).get(ID))
                        .running())
                .isTrue();
    }

    @Test
    void newsEndTheWaitForASessionOnItsWay() throws Exception {
        Promise<Void> looked = Promise.promise();
        AtomicInteger looks = new AtomicInteger();
        serves(Catalogue.RESUME, asked -> Future.succeededFuture(document("resuming", 2)));
        serves(Catalogue.GET, asked -> {
            looked.tryComplete();
            return Future.succeededFuture(
                    looks.incrementAndGet() == 1 ? document("resuming", 2) : document("running", 3));
        });

        Future<SessionView> resumed = new Sessions(vertx, Optional.empty(), NEVER_LOOKS).resume(ID, LONG);
        await(looked.future());
        publish("running", 3);

        assertThat(await(resumed).running()).isTrue();
    }

    @Test
    void newsThatAreLostAreMadeUpForByALook() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        serves(Catalogue.PAUSE, asked -> Future.succeededFuture(document("pausing", 2)));
        serves(
                Catalogue.GET,
                asked -> Future.succeededFuture(document(looks.incrementAndGet() < 3 ? "pausing" : "paused", 3)));

        assertThat(await(sessions.pause(ID, LONG)).state()).isEqualTo("paused");
    }

    @Test
    void whenPatienceIsOverTheAnswerTellsWhereItStands() throws Exception {
        serves(Catalogue.RESUME, asked -> Future.succeededFuture(document("resuming", 2)));
        serves(Catalogue.GET, asked -> Future.succeededFuture(document("resuming", 2)));

        assertThat(await(sessions.resume(ID, ofMillis(50))).settled()).isFalse();
    }

    @Test
    void howItFailedOnTheWayIsHowTheCommandFails() throws Exception {
        GatewayFailure crash = new GatewayFailure.RuntimeCrashed("the pod failed");
        AtomicInteger starts = new AtomicInteger();
        serves(Catalogue.OPEN, asked -> {
            starts.incrementAndGet();
            return Future.succeededFuture(document("starting", 1));
        });
        serves(
                Catalogue.GET,
                asked -> Future.succeededFuture(document("failed", 2).put("failure", Wire.failure(crash))));

        assertThat(codeOf(sessions.open(ID, new JsonObject(), LONG))).isEqualTo("runtime_crashed");
        assertThat(starts).hasValue(1);
    }

    @Test
    void aPauseAfterWhichTheSessionRunsHasFailed() throws Exception {
        serves(Catalogue.PAUSE, asked -> Future.succeededFuture(document("pausing", 2)));
        serves(Catalogue.GET, asked -> Future.succeededFuture(document("running", 3)));

        assertThat(codeOf(sessions.pause(ID, LONG))).isEqualTo("pause_failed");
    }

    @Test
    void aCommandThatFoundAnotherOneUnderWayIsGivenAgain() throws Exception {
        AtomicInteger asks = new AtomicInteger();
        serves(
                Catalogue.RESUME,
                asked -> Future.succeededFuture(
                        asks.incrementAndGet() == 1 ? document("pausing", 2) : document("running", 5)));
        serves(Catalogue.GET, asked -> Future.succeededFuture(document("paused", 3)));

        assertThat(await(sessions.resume(ID, LONG)).running()).isTrue();
        assertThat(asks).hasValue(2);
    }

    @Test
    void aClosedSessionThatNobodyRemembersIsClosed() throws Exception {
        serves(Catalogue.CLOSE, asked -> Future.succeededFuture(document("stopping", 2)));
        serves(Catalogue.GET, failing(new GatewayFailure.UnknownSession("there is no session s-1")));

        assertThat(await(sessions.close(ID, LONG)).state()).isEqualTo("stopped");
    }

    @Test
    void aListenerThatThrowsOrBlocksHurtsNobody() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
        AtomicInteger thrown = new AtomicInteger();
        Subscription blocked = sessions.follow(change -> wait(release));
        Subscription throwing = sessions.follow(change -> {
            thrown.incrementAndGet();
            throw new IllegalStateException("a listener's defect");
        });
        Subscription well = sessions.follow(ID, change -> heard.add(change.revision()));
        await(Future.join(blocked.ready(), throwing.ready(), well.ready()));

        vertx.eventBus().publish(Catalogue.changed(ID).address(), "no change at all");
        publish("resuming", 2);
        publish("running", 3);
        publish("resuming", 2);
        publish("paused", 4);

        assertThat(heard.poll(5, SECONDS)).isEqualTo(2);
        assertThat(heard.poll(5, SECONDS)).isEqualTo(3);
        assertThat(heard.poll(5, SECONDS)).isEqualTo(4);
        release.countDown();
        await(Future.join(blocked.close(), throwing.close(), well.close()));
    }

    @Test
    void whoHasEndedHearsNoMore() throws Exception {
        BlockingQueue<Long> ended = new LinkedBlockingQueue<>();
        BlockingQueue<Long> goingOn = new LinkedBlockingQueue<>();
        Subscription first = sessions.follow(ID, change -> ended.add(change.revision()));
        Subscription second = sessions.follow(ID, change -> goingOn.add(change.revision()));
        await(Future.join(first.ready(), second.ready()));
        await(first.close());
        await(first.close());

        publish("running", 1);

        assertThat(goingOn.poll(5, SECONDS)).isEqualTo(1);
        assertThat(ended).isEmpty();
        await(second.close());
    }

    private <A> MessageConsumer<JsonObject> serves(
            Endpoint<A, JsonObject> endpoint, Function<A, Future<JsonObject>> handler) throws Exception {
        MessageConsumer<JsonObject> consumer = endpoint.serve(vertx.eventBus(), handler);
        await(consumer.completion());
        return consumer;
    }

    private static <A> Function<A, Future<JsonObject>> failing(GatewayFailure failure) {
        return asked -> Future.failedFuture(failure.asException());
    }

    private static JsonObject document(String state, long revision) {
        return new JsonObject()
                .put("v", 1)
                .put("session_id", ID.value())
                .put("tenant", "default")
                .put("state", state)
                .put("revision", revision);
    }

    private void publish(String state, long revision) {
        SessionChange change = new SessionChange(
                ID,
                Optional.empty(),
                "default",
                revision,
                state,
                Optional.empty(),
                Cause.CLIENT,
                "",
                "",
                Instant.EPOCH.plusSeconds(revision),
                Duration.ZERO,
                "node-a");
        Catalogue.CHANGED.publish(vertx.eventBus(), change);
        Catalogue.changed(ID).publish(vertx.eventBus(), change);
    }

    private static void wait(CountDownLatch release) {
        try {
            release.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(8, SECONDS);
    }

    private static String codeOf(Future<?> future) {
        return catchThrowableOfType(FailureException.class, () -> future.await(8, SECONDS))
                .failure()
                .code();
    }
}
