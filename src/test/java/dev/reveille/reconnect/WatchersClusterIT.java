package dev.reveille.reconnect;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Session;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.JarCluster;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions change all the time, through any node; those who follow them are cut and go on at any node; one node is killed.
 * What each was told in all is what happened, and so is what was posted to the webhook. The seed of the chances is printed
 * behind {@code watchers:}, and can be given: {@code -Dreconnect.seed=}.
 */
@ExtendWith(VertxExtension.class)
class WatchersClusterIT {
    private static final int PATIENCE_SECONDS = 60;
    private static final int SESSIONS = 10;
    private static final int OF_ONE = 20;
    private static final int OF_ALL = 6;
    private static final int ONE_IN_A_WHILE = 15;
    private static final int LOOK_MILLIS = 20;
    private static final int TRACE = 30;

    /** It is never killed, and who stays there hears all. */
    private static final int TRUSTED = 0;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("reconnect.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final LongAdder cuts = new LongAdder();
    private final List<Follower> followers = new ArrayList<>();
    private final List<Follower> truths = new ArrayList<>();
    private final List<Hands> hands = new ArrayList<>();
    private Vertx vertx;
    private FakeRuntimeApi upstream;
    private Hook hook;
    private JarCluster cluster;
    private Lines lines;
    private Nodes nodes;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
        hook = new Hook(vertx, new Random(random.nextLong()));
        lines = new Lines(vertx);
        cluster = new JarCluster(
                vertx,
                folder,
                upstream.uri(),
                4,
                Map.of(
                        "REVEILLE_WEBHOOK_URL", hook.url(),
                        "REVEILLE_WEBHOOK_SECRET", "watchers",
                        // Three of them pass before another node posts: more changes than a session remembers.
                        "REVEILLE_WEBHOOK_TIMEOUT", "1s",
                        "REVEILLE_WEBHOOK_RETRY_DELAY", "50ms"));
        say("seed %d", seed);
    }

    @AfterEach
    void stop() throws Exception {
        lines.close().await(PATIENCE_SECONDS, SECONDS);
        cluster.close();
        upstream.close();
    }

    @Test
    void whoIsCutAndGoesOnElsewhereIsToldEachChangeOnceAlsoIfANodeIsKilled() throws Exception {
        begin(new Pace(60, 400, 150, 300));

        pass(Duration.ofMillis(1_500));
        nodes.kill(1 + random.nextInt(2));
        pass(Duration.ofMillis(1_500));

        assertThatAllWereToldWhatHappened();
    }

    @Test
    @Tag("slow")
    void soTheyAreForMinutesWithANodeThatIsReplaced() throws Exception {
        begin(new Pace(100, 1_500, 400, 8_000));

        pass(Duration.ofSeconds(55));
        nodes.kill(1 + random.nextInt(2));
        pass(Duration.ofSeconds(5));
        nodes.add();
        pass(Duration.ofSeconds(55));

        assertThatAllWereToldWhatHappened();
    }

    /**
     * How long things take at most, in milliseconds.
     *
     * @param rest between two calls that change a session
     * @param connected until a follower is cut
     * @param away until it is back, mostly
     * @param longAway and else
     */
    private record Pace(int rest, int connected, int away, int longAway) {}

    private void begin(Pace pace) throws Exception {
        cluster.start(3);
        nodes = new Nodes(cluster);
        List<String> sessions =
                IntStream.range(0, SESSIONS).mapToObj(i -> "s-" + i).toList();
        Future.all(sessions.stream().map(this::opened).toList()).await(PATIENCE_SECONDS, SECONDS);
        for (String session : sessions) {
            truths.add(stays(TRUSTED, session, 0));
            hands.add(new Hands(vertx, cluster, nodes, session, pace.rest(), chances()));
        }
        for (int i = 0; i < OF_ONE; i++) {
            followers.add(moves(pace, Optional.of(sessions.get(i / 2 % SESSIONS)), i % 2 == 0));
        }
        for (int i = 0; i < OF_ALL; i++) {
            followers.add(moves(pace, Optional.empty(), i % 2 == 0));
        }
        hands.forEach(Hands::act);
    }

    private Future<?> opened(String session) {
        return cluster.request(TRUSTED, HttpMethod.PUT, "/api/v1/sessions/" + session)
                .putHeader("Prefer", "wait=50")
                .send()
                .onSuccess(answer -> assertThat(answer.statusCode()).isBetween(200, 201));
    }

    private Random chances() {
        return new Random(random.nextLong());
    }

    private Follower moves(Pace pace, Optional<String> session, boolean socket) {
        Follower.Habits habits =
                new Follower.Habits(session, socket, pace.connected(), pace.away(), pace.longAway(), ONE_IN_A_WHILE);
        Follower follower = new Follower(vertx, lines, nodes, habits, chances(), -1, cuts);
        follower.begin();
        return follower;
    }

    private Follower stays(int node, String session, long since) {
        Follower.Habits habits = new Follower.Habits(Optional.of(session), node % 2 == 0, 1, 1, 1, 1);
        Follower follower = new Follower(vertx, lines, nodes, habits, chances(), since, cuts);
        follower.stayAt(node);
        return follower;
    }

    private void assertThatAllWereToldWhatHappened() throws Exception {
        Future.all(hands.stream().map(Hands::stop).toList()).await(PATIENCE_SECONDS, SECONDS);
        Map<String, Long> ends = new TreeMap<>();
        for (int i = 0; i < SESSIONS; i++) {
            // Nothing more happens to a session that runs.
            ends.put(
                    "s-" + i, cluster.session(TRUSTED, HttpMethod.PUT, "s-" + i).getLong("revision"));
        }
        followers.forEach(Follower::settle);
        List<Follower> all = new ArrayList<>(truths);
        all.addAll(followers);
        for (int node : nodes.living()) {
            ends.forEach((session, end) -> all.add(stays(node, session, Math.max(0, end - Session.REMEMBERED))));
        }

        List<String> missing = awaited(() -> Stream.concat(
                        all.stream().flatMap(one -> one.missing(ends).stream()), hook.missing(ends).stream())
                .toList());
        all.forEach(Follower::end);

        Account truth = Account.together(truths.stream().map(Follower::account).toList());
        sayWhatHappened(truth);
        assertThat(missing).as("not told, seed %d", seed).isEmpty();
        assertThat(Stream.concat(
                        all.stream().flatMap(one -> one.problems(truth).stream()), hook.problems(truth).stream()))
                .as("told otherwise than it happened, seed %d", seed)
                .isEmpty();
        assertThat(defects()).as("errors in the logs of the nodes").isEmpty();
    }

    /**
     * What nodes logged as an error, and the lines behind it, but for Vert.x' words on a connection that was reset, and on
     * news for a node that has just died.
     */
    private List<String> defects() throws IOException {
        try (Stream<Path> logs = Files.list(folder)) {
            List<String> found = new ArrayList<>();
            for (Path log : logs.filter(Files::isRegularFile).toList()) {
                List<String> lines = Files.readAllLines(log);
                for (int i = 0; i < lines.size(); i++) {
                    String line = lines.get(i);
                    if (line.contains(" ERROR ") && !line.contains(" ConnectionBase ")) {
                        String behind = String.join(" |", lines.subList(i + 1, Math.min(lines.size(), i + TRACE)));
                        if (!behind.contains("Promise already completed") || !behind.contains("sendRemote")) {
                            found.add(log.getFileName() + ": " + line + " " + behind);
                        }
                    }
                }
            }
            return found;
        }
    }

    private void sayWhatHappened(Account truth) {
        Map<String, Integer> answers = new TreeMap<>();
        hands.forEach(one -> one.answers().forEach((how, count) -> answers.merge(how, count, Integer::sum)));
        say("%d changes of %d sessions by calls that were answered %s", truth.size(), SESSIONS, answers);
        say(
                "%d who follow were cut %d times and told of %d changes, with %d resets",
                followers.size(),
                cuts.sum(),
                followers.stream().mapToInt(one -> one.account().size()).sum(),
                followers.stream().mapToInt(one -> one.account().resets()).sum());
        say("%s", hook.summary());
    }

    /** @return what is left of it when it is empty, or takes too long to be */
    private List<String> awaited(Supplier<List<String>> left) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(PATIENCE_SECONDS);
        List<String> now = left.get();
        while (!now.isEmpty() && System.nanoTime() < deadline) {
            pass(Duration.ofMillis(LOOK_MILLIS));
            now = left.get();
        }
        return now;
    }

    private void pass(Duration time) throws Exception {
        vertx.timer(time.toMillis(), MILLISECONDS).await(time.toSeconds() + PATIENCE_SECONDS, SECONDS);
    }

    private static void say(String format, Object... values) {
        System.out.printf("watchers: " + format + "%n", values);
    }
}
