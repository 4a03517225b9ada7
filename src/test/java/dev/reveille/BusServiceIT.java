package dev.reveille;

import static dev.reveille.testing.Eventually.eventually;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.Cluster;
import dev.reveille.bus.SessionView;
import dev.reveille.bus.Sessions;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.JarCluster;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Another service in a cluster of two nodes, each a process of its own; those that a test leaves serve the next one. */
@ExtendWith(VertxExtension.class)
class BusServiceIT {
    private static final int PATIENCE_SECONDS = 60;
    private static final Duration PATIENCE = ofSeconds(30);

    private static FakeRuntimeApi upstream;
    private static JarCluster cluster;

    private final BlockingQueue<SessionChange> news = new LinkedBlockingQueue<>();
    private int resumesBefore;
    private Vertx service;
    private Sessions sessions;

    @BeforeAll
    static void start(Vertx vertx, @TempDir Path folder) {
        upstream = FakeRuntimeApi.start(vertx);
        cluster = new JarCluster(vertx, folder, upstream.uri(), 2, Map.of());
    }

    @BeforeEach
    void join() throws Exception {
        cluster.alive(2);
        resumesBefore = upstream.calls("POST /resume");
        service = await(Cluster.join(
                        Cluster.Options.listener(cluster.name(), "127.0.0.1", cluster.members()),
                        new VertxOptions(),
                        Vertx.builder()))
                .vertx();
        sessions = new Sessions(service);
        await(sessions.follow(news::add).ready());
    }

    @AfterEach
    void leave() throws Exception {
        upstream.resumeTakes(Duration.ZERO);
        if (service != null) {
            await(service.close());
        }
    }

    @AfterAll
    static void stop() {
        cluster.close();
        upstream.close();
    }

    private int resumes() {
        return upstream.calls("POST /resume") - resumesBefore;
    }

    @Test
    void aServiceHearsOfBothNodesAndWakesASession() throws Exception {
        String first = whoOpens(0, "first");
        String second = whoOpens(1, "second");
        assertThat(first).isNotEqualTo(second);
        pause(1, "first");
        assertThat(heard("first", "paused").node()).isEqualTo(second);

        SessionView woken = await(sessions.resume(new SessionId("first"), PATIENCE));

        assertThat(woken.running()).isTrue();
        assertThat(heard("first", "running").revision()).isEqualTo(woken.revision());
        // Without http.public-url each node names itself in the URLs, and either may answer.
        assertThat(await(sessions.get(new SessionId("first"))))
                .usingRecursiveComparison()
                .ignoringFields("url", "services")
                .isEqualTo(woken);
        assertThat(resumes()).isEqualTo(1);
    }

    @Test
    void aNodeThatIsKilledTakesNoSessionWithIt() throws Exception {
        List<String> ids = IntStream.range(0, 6).mapToObj(i -> "s-" + i).toList();
        for (String id : ids) {
            whoOpens(0, id);
            pause(0, id);
        }

        cluster.kill(0);
        long killed = System.nanoTime();
        List<Future<SessionView>> woken = ids.stream()
                .map(id -> sessions.resume(new SessionId(id), PATIENCE))
                .toList();
        await(Future.join(woken));
        long took = (System.nanoTime() - killed) / 1_000_000;

        assertThat(woken)
                .allSatisfy(session -> assertThat(session.result().running()).isTrue());
        System.out.printf("bus: 6 sessions awake %d ms after kill -9 of one of two nodes%n", took);
        String survivor = heard("s-0", "running").node();
        pause(1, "s-0");
        assertThat(heard("s-0", "paused").node()).isEqualTo(survivor);
        assertThat(whoOpens(1, "later")).isEqualTo(survivor);
    }

    @Test
    void aResumeWhoseNodeIsKilledIsFinishedByTheOther() throws Exception {
        List<String> nodes = List.of(whoOpens(0, "killed"), whoOpens(1, "other"));
        pause(0, "killed");
        upstream.resumeTakes(ofSeconds(3));

        Future<SessionView> woken = sessions.resume(new SessionId("killed"), PATIENCE);
        int leader = nodes.indexOf(heard("killed", "resuming").node());
        cluster.kill(leader);

        assertThat(await(woken).running()).isTrue();
        assertThat(heard("killed", "running").node()).isEqualTo(nodes.get(1 - leader));
        assertThat(resumes()).isLessThanOrEqualTo(2);
    }

    @Test
    void aServiceGoesOnAfterARestartOfAllNodes() throws Exception {
        whoOpens(0, "kept");
        pause(0, "kept");
        cluster.node(0).stop();
        cluster.node(1).stop();

        cluster.alive(2);

        assertThat(await(sessions.resume(new SessionId("kept"), PATIENCE)).running())
                .isTrue();
        // What happens before it is known again who listens is not heard.
        AtomicInteger opened = new AtomicInteger();
        eventually("news of a session that was opened later", Duration.ofMillis(200), () -> {
            cluster.session(1, HttpMethod.PUT, "later-" + opened.getAndIncrement());
            return hasHeardOf("later-");
        });
    }

    private boolean hasHeardOf(String prefix) {
        return news.stream().anyMatch(change -> change.sessionId().value().startsWith(prefix));
    }

    /** Which node a session was opened at, as the news tell. */
    private String whoOpens(int index, String id) throws Exception {
        cluster.session(index, HttpMethod.PUT, id);
        return heard(id, "running").node();
    }

    private void pause(int index, String id) {
        cluster.session(index, HttpMethod.POST, id + "/pause");
    }

    /** The next news that tells of it; what comes before is forgotten. */
    private SessionChange heard(String id, String state) throws Exception {
        long end = System.nanoTime() + SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < end) {
            SessionChange change = news.poll(100, MILLISECONDS);
            if (change != null
                    && change.sessionId().value().equals(id)
                    && change.state().equals(state)) {
                return change;
            }
        }
        throw new AssertionError("no news of " + id + " that is " + state);
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(PATIENCE_SECONDS, SECONDS);
    }
}
