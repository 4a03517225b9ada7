package dev.reveille.webhook;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.WebhookSettings;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
@Timeout(60)
class WebhookTest {
    private static final String SECRET = "a-secret";

    private Vertx vertx;
    private HookReceiver receiver;

    @BeforeEach
    void start(Vertx given) {
        vertx = given;
        receiver = new HookReceiver(vertx);
    }

    private WebhookSettings settings() {
        return settings(SECRET, Duration.ofSeconds(10), 1_000);
    }

    private WebhookSettings settings(String secret, Duration timeout, int most) {
        return new WebhookSettings(
                Optional.of(receiver.url()),
                Optional.of(secret),
                timeout,
                Duration.ofMillis(2),
                Duration.ofHours(1),
                most);
    }

    @Test
    void eachChangeIsPostedOnceInOrderAndSigned() throws Exception {
        HookStage node = HookStage.of(vertx, settings());

        node.opens("s");
        node.changes("s", "two");
        node.changes("s", "three");

        List<HookReceiver.Post> posts = receiver.next(3);
        assertThat(posts).extracting(HookReceiver.Post::revision).containsExactly(1L, 2L, 3L);
        assertThat(posts).extracting(HookReceiver.Post::detail).containsExactly("", "two", "three");
        assertThat(posts).extracting(HookReceiver.Post::id).doesNotHaveDuplicates();
        HookReceiver.Post first = posts.get(0);
        assertThat(first.uri()).isEqualTo("/hook?who=us");
        assertThat(first.json().getString("type")).isEqualTo("change");
        assertThat(first.json().getString("state")).isEqualTo("running");
        assertThat(first.signature()).isEqualTo(signed(SECRET.getBytes(StandardCharsets.UTF_8), first));
        eventually(() -> node.posts("delivered") == 3 && node.behind() == 0);
        assertThat(receiver.waiting()).isZero();
    }

    @Test
    void aSecretBehindWhsecIsReadAsBase64() throws Exception {
        byte[] key = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        HookStage node = HookStage.of(
                vertx, settings("whsec_" + Base64.getEncoder().encodeToString(key), Duration.ofSeconds(10), 10));

        node.opens("s");

        HookReceiver.Post post = receiver.next();
        assertThat(post.signature()).isEqualTo(signed(key, post));
    }

    private static String signed(byte[] key, HookReceiver.Post post) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        String what = post.id() + "." + post.timestamp() + "." + post.body();
        return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(what.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void whatIsRefusedIsPostedAgainBeforeWhatCameLaterAndOtherSessionsGoOn() {
        AtomicInteger refusals = new AtomicInteger(3);
        receiver.answers((post, request) -> request.response()
                .setStatusCode(post.session().equals("slow") && refusals.getAndDecrement() > 0 ? 500 : 200)
                .end("thanks"));
        HookStage node = HookStage.of(vertx, settings());

        node.opens("slow");
        node.changes("slow", "two");
        node.opens("quick");

        List<HookReceiver.Post> posts = receiver.next(6);
        List<HookReceiver.Post> slow =
                posts.stream().filter(p -> p.session().equals("slow")).toList();
        assertThat(slow).extracting(HookReceiver.Post::revision).containsExactly(1L, 1L, 1L, 1L, 2L);
        assertThat(slow.subList(0, 4))
                .extracting(HookReceiver.Post::id)
                .containsOnly(slow.get(0).id());
        assertThat(posts).anyMatch(p -> p.session().equals("quick"));
        eventually(() -> node.posts("failed") == 3 && node.posts("delivered") == 3);
    }

    @Test
    void aRedirectIsNotFollowedAndCountsAsRefused() {
        AtomicInteger redirects = new AtomicInteger(1);
        receiver.answers((post, request) -> {
            if (redirects.getAndDecrement() > 0) {
                request.response()
                        .setStatusCode(307)
                        .putHeader("Location", "/elsewhere")
                        .end();
            } else {
                HookReceiver.takes(post, request);
            }
        });
        HookStage node = HookStage.of(vertx, settings());

        node.opens("s");

        assertThat(receiver.next(2)).extracting(HookReceiver.Post::uri).containsOnly("/hook?who=us");
        eventually(() -> node.posts("delivered") == 1);
    }

    @Test
    void aReceiverThatDoesNotAnswerIsAskedAgain() {
        AtomicInteger silences = new AtomicInteger(2);
        receiver.answers((post, request) -> {
            if (silences.getAndDecrement() <= 0) {
                HookReceiver.takes(post, request);
            }
        });
        HookStage node = HookStage.of(vertx, settings(SECRET, Duration.ofMillis(100), 1_000));

        node.opens("s");

        receiver.next(3);
        eventually(() -> node.posts("delivered") == 1 && node.posts("failed") == 2);
    }

    @Test
    void anAnswerWithoutEndHoldsNothingUp() {
        receiver.answers((post, request) -> {
            request.response().setChunked(true).write(Buffer.buffer(new byte[1 << 20]));
        });
        HookStage node = HookStage.of(vertx, settings());

        node.opens("s");
        node.changes("s", "two");

        assertThat(receiver.next(2)).extracting(HookReceiver.Post::revision).containsExactly(1L, 2L);
        eventually(() -> node.posts("delivered") == 2 && node.behind() == 0);
    }

    @Test
    void whatIsTooOldIsGivenUpAndReportedAndTheNextOneHasItsTurn() {
        receiver.answers((post, request) -> request.response()
                .setStatusCode(post.detail().equals("poison") ? 400 : 204)
                .end());
        HookStage node = HookStage.of(vertx, settings());
        node.opens("s");
        receiver.next();
        node.changes("s", "poison");
        receiver.next(2);

        node.advance(Duration.ofHours(2));
        node.changes("s", "good");

        HookReceiver.Post last = receiver.next();
        while (last.detail().equals("poison")) {
            last = receiver.next();
        }
        assertThat(last.detail()).isEqualTo("good");
        eventually(() -> node.posts("dead") == 1 && node.posts("delivered") == 2);
    }

    @Test
    void afterThatOthersThatAreAsOldAreTriedOnceAndYoungerOnesStill() {
        AtomicBoolean away = new AtomicBoolean(true);
        receiver.answers((post, request) ->
                request.response().setStatusCode(away.get() ? 503 : 204).end());
        HookStage node = HookStage.of(vertx, settings());
        node.opens("s");
        node.changes("s", "two");
        node.changes("s", "three");
        assertThat(receiver.next().revision()).isEqualTo(1);
        eventually(() -> node.posts("failed") >= 1);

        node.advance(Duration.ofHours(2));
        node.changes("s", "young");
        eventually(() -> node.posts("dead") == 3);
        away.set(false);

        eventually(() -> node.posts("delivered") == 1 && node.behind() == 0);
        assertThat(node.posts("dead")).isEqualTo(3);
        HookReceiver.Post post = receiver.next();
        long before = 1;
        while (!post.detail().equals("young")) {
            assertThat(post.revision()).isGreaterThanOrEqualTo(before);
            before = post.revision();
            post = receiver.next();
        }
        assertThat(before).as("each was asked for").isEqualTo(3);
    }

    @Test
    void aSessionThatIsForgottenAndOpenedAnewIsToldOfInBothLives() {
        AtomicInteger refusals = new AtomicInteger(2);
        receiver.answers((post, request) -> request.response()
                .setStatusCode(refusals.getAndDecrement() > 0 ? 503 : 204)
                .end());
        HookStage node = HookStage.of(vertx, settings());

        node.opens("s");
        node.changes("s", "last words");
        node.forgets("s");
        node.advance(Duration.ofSeconds(1));
        node.opens("s");

        List<HookReceiver.Post> posts = receiver.next(5);
        assertThat(posts).extracting(HookReceiver.Post::revision).containsExactly(1L, 1L, 1L, 2L, 1L);
        assertThat(posts.get(4).id()).isNotEqualTo(posts.get(0).id());
        eventually(() -> node.posts("delivered") == 3 && node.behind() == 0);
    }

    @Test
    void whoTakesOverGoesOnWhereTheOtherNodeWas() {
        receiver.answers((post, request) -> request.response()
                .setStatusCode(post.revision() > 2 ? 503 : 204)
                .end());
        HookStage dying = HookStage.of(vertx, settings());
        dying.opens("s");
        dying.changes("s", "two");
        dying.changes("s", "three");
        assertThat(receiver.next(3)).extracting(HookReceiver.Post::revision).containsExactly(1L, 2L, 3L);
        eventually(() -> dying.posts("delivered") == 2);
        HookStage other = dying.beside("node-b", settings(SECRET, Duration.ofMillis(50), 1_000));
        other.members("node-a", "node-b", "node-c");

        dying.dies();
        receiver.answers(HookReceiver::takes);
        other.members("node-b");

        HookReceiver.Post post = receiver.next();
        while (post.revision() < 3) {
            post = receiver.next();
        }
        assertThat(post.detail()).isEqualTo("three");
        eventually(() -> other.posts("delivered") >= 1 && other.behind() == 0);
    }

    @Test
    void aReceiverThatIsAwayForMoreThanASessionRemembersIsToldOfEachChange() {
        AtomicBoolean away = new AtomicBoolean(true);
        receiver.answers((post, request) ->
                request.response().setStatusCode(away.get() ? 503 : 204).end());
        HookStage node = HookStage.of(vertx, settings());
        node.opens("s");
        assertThat(receiver.next().revision()).isEqualTo(1);
        IntStream.range(0, 3 * Session.REMEMBERED).forEach(i -> node.changes("s", "one more"));
        away.set(false);

        assertThatAllAreToldInOrder(1 + 3 * Session.REMEMBERED);
        assertThat(node.posts("skipped")).isZero();
    }

    @Test
    void whoTakesOverKeepsWhatHappensUntilItMayPost() {
        receiver.answers(HookReceiver::takes);
        HookStage dying = HookStage.of(vertx, settings());
        dying.opens("s");
        eventually(() -> dying.posts("delivered") == 1);
        HookStage other = dying.beside(
                "node-b", settings(SECRET, Duration.ofMillis(500), 1_000), Set.of("node-a", "node-b", "node-c"));

        dying.dies();
        other.members("node-b");
        IntStream.range(0, 2 * Session.REMEMBERED).forEach(i -> dying.changes("s", "one more"));

        assertThatAllAreToldInOrder(1 + 2 * Session.REMEMBERED);
        assertThat(other.posts("skipped")).isZero();
    }

    @Test
    void aMemberThatComesAndGoesAgainCostsNothing() {
        receiver.answers(
                (post, request) -> request.response().setStatusCode(503).end());
        HookStage node = HookStage.of(vertx, settings(SECRET, Duration.ofMillis(300), 1_000));
        List<String> all = IntStream.range(0, 8).mapToObj(i -> "s-" + i).toList();
        all.forEach(node::opens);
        for (int i = 0; i < 2 * Session.REMEMBERED; i++) {
            all.forEach(session -> node.changes(session, "one more"));
        }

        node.members("node-a", "node-b");
        node.members("node-a");
        receiver.answers(HookReceiver::takes);

        eventually(() -> node.posts("delivered") == all.size() * (1.0 + 2 * Session.REMEMBERED));
        assertThat(node.posts("skipped")).isZero();
    }

    @Test
    void whatTheMapDoesNotKnowAnyMoreIsNotCalledSkipped() {
        AtomicBoolean away = new AtomicBoolean();
        receiver.answers((post, request) ->
                request.response().setStatusCode(away.get() ? 503 : 204).end());
        HookStage node = HookStage.of(vertx, settings());
        node.opens("s");
        eventually(() -> node.posts("delivered") == 1);
        away.set(true);
        node.changes("s", "two");
        eventually(() -> node.posts("failed") >= 1);
        await(vertx.sharedData().<String, String>getAsyncMap("reveille.webhook").compose(map -> map.remove("s")));
        eventually(() -> node.posts("failed") >= 3);
        away.set(false);

        eventually(() -> node.posts("delivered") == 2);
        assertThat(node.posts("skipped")).isZero();
    }

    /** Each at least once. */
    private void assertThatAllAreToldInOrder(long last) {
        long told = 0;
        while (told < last) {
            long next = receiver.next().revision();
            assertThat(next).isBetween(1L, told + 1);
            told = Math.max(told, next);
        }
    }

    @Test
    void whoTakesOverManySessionsPostsForAllOfThem() {
        int many = 1_200;
        receiver.answers(
                (post, request) -> request.response().setStatusCode(503).end());
        HookStage dying = HookStage.of(vertx, settings(SECRET, Duration.ofSeconds(10), 1));
        IntStream.range(0, many).forEach(n -> dying.opens("s-" + n));
        dying.dies();
        receiver.answers(HookReceiver::takes);

        HookStage other = dying.beside("node-b", settings(SECRET, Duration.ofSeconds(10), many));

        eventually(() -> other.posts("delivered") == many && other.behind() == 0);
        assertThat(other.posts("postponed")).isZero();
    }

    @Test
    void ofAllMembersOnePostsForASession() {
        Set<String> members = Set.of("node-a", "node-b", "node-c");
        int[] duties = new int[3];
        for (int i = 0; i < 3_000; i++) {
            SessionId session = new SessionId("session-" + i);
            int[] on = IntStream.range(0, 3)
                    .filter(n -> Duty.isOf("node-" + (char) ('a' + n), session, members))
                    .toArray();
            assertThat(on).hasSize(1);
            duties[on[0]]++;
        }
        assertThat(IntStream.of(duties)).allMatch(n -> n > 800 && n < 1_200);
    }

    @Test
    void moreThanMayWaitIsReportedAndComesLater() {
        receiver.answers(
                (post, request) -> request.response().setStatusCode(503).end());
        HookStage node = HookStage.of(vertx, settings(SECRET, Duration.ofSeconds(10), 1));
        node.opens("first");
        receiver.next();

        node.opens("second");

        eventually(() -> node.posts("postponed") == 1);
        receiver.answers(HookReceiver::takes);
        HookReceiver.Post post = receiver.next();
        while (!post.session().equals("second")) {
            post = receiver.next();
        }
        assertThat(post.revision()).isEqualTo(1);
        assertThat(node.posts("dead")).isZero();
    }

    @Test
    void anAnswerThatStopsHalfWayHoldsNothingUp() {
        receiver.answers((post, request) -> {
            request.response().putHeader("Content-Length", "5").write("two");
        });
        HookStage node = HookStage.of(vertx, settings(SECRET, Duration.ofMillis(100), 1_000));

        for (int i = 0; i < 40; i++) {
            node.opens("s-" + i);
        }

        receiver.next(40);
        eventually(() -> node.posts("delivered") == 40 && node.behind() == 0);
    }

    @Test
    void anOldChangeIsTriedMoreThanOnceAllTheSame() {
        AtomicInteger refusals = new AtomicInteger(1);
        receiver.answers((post, request) -> request.response()
                .setStatusCode(refusals.getAndDecrement() > 0 ? 503 : 204)
                .end());
        HookStage dying = HookStage.of(vertx, settings());
        dying.dies();
        dying.opens("s");
        dying.advance(Duration.ofDays(2));

        HookStage node = dying.beside("node-b", settings());

        assertThat(receiver.next(2)).extracting(HookReceiver.Post::revision).containsExactly(1L, 1L);
        eventually(() -> node.posts("delivered") == 1);
        assertThat(node.posts("dead")).isZero();
    }

    private static void eventually(BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begun).as("nanoseconds").isLessThan(15_000_000_000L);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
