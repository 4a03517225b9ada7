package dev.reveille;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.JarCluster;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes, each a process of its own; those that a test leaves serve the next one. */
@ExtendWith(VertxExtension.class)
class ClusterIT {
    private static final int PATIENCE_SECONDS = 90;

    private static Vertx vertx;
    private static FakeRuntimeApi upstream;
    private static JarCluster cluster;

    private int resumesBefore;

    @BeforeAll
    static void start(Vertx shared, @TempDir Path folder) {
        vertx = shared;
        upstream = FakeRuntimeApi.start(vertx);
        cluster = new JarCluster(vertx, folder, upstream.uri(), 3, Map.of());
    }

    @BeforeEach
    void count() {
        resumesBefore = upstream.calls("POST /resume");
    }

    @AfterEach
    void asUsual() {
        upstream.resumeTakes(Duration.ZERO).podsEndAs("ready");
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
    void threeThousandRequestsToThreeNodesResumeAPausedSessionOnce() throws Exception {
        cluster.alive(3);
        String path = aPausedSession("storm");

        List<Future<HttpResponse<Buffer>>> storm =
                IntStream.range(0, 3_000).mapToObj(i -> post(i % 3, path, i)).toList();
        Future.join(storm).await(PATIENCE_SECONDS, SECONDS);

        assertThat(storm)
                .allSatisfy(answer -> assertThat(answer.result().statusCode()).isEqualTo(200));
        assertThat(resumes()).isEqualTo(1);
        say("3,000 requests at once to 3 nodes: %d /resume, all 200", resumes());
    }

    @Test
    void aNodeThatIsKilledInTheMiddleOfAResumeIsReplaced() throws Exception {
        cluster.alive(3);
        String path = aPausedSession("killed");
        upstream.resumeTakes(ofSeconds(3));

        Future<HttpResponse<Buffer>> lost = post(0, path, 0);
        upstream.whenCalled("POST /resume", resumesBefore + 1).await(PATIENCE_SECONDS, SECONDS);
        List<Future<HttpResponse<Buffer>>> others =
                IntStream.range(0, 200).mapToObj(i -> post(1 + i % 2, path, i)).toList();
        cluster.kill(0);
        long killed = System.nanoTime();
        Future<Void> takenOver = takenOver();
        takenOver.await(PATIENCE_SECONDS, SECONDS);
        long takeover = (System.nanoTime() - killed) / 1_000_000;
        Future.join(others).await(PATIENCE_SECONDS, SECONDS);

        assertThat(others)
                .allSatisfy(answer -> assertThat(answer.result().statusCode()).isEqualTo(200));
        assertThat(resumes()).isLessThanOrEqualTo(2);
        assertThat(lost.failed()).isTrue();
        say("taken over %d ms after kill -9 of the leader; %d /resume", takeover, resumes());
        assertThat(cluster.session(1, HttpMethod.GET, "killed").getString("cause"))
                .isEqualTo("node-lost");
    }

    @Test
    void anErrorIsTheSameForThoseWhoWaitOnAllNodes() throws Exception {
        cluster.alive(2);
        String path = aPausedSession("broken");
        upstream.resumeTakes(ofSeconds(1)).podsEndAs("failed");

        List<Future<HttpResponse<Buffer>>> all =
                IntStream.range(0, 20).mapToObj(i -> post(i % 2, path, i)).toList();
        Future.join(all).await(PATIENCE_SECONDS, SECONDS);

        assertThat(all.stream().map(a -> a.result().bodyAsJsonObject().getString("code")))
                .containsOnly("runtime_crashed");
        assertThat(resumes()).isEqualTo(1);
    }

    @Test
    void aClusterThatWasWhollyRestartedServesEverySessionThatUpstreamKnows() throws Exception {
        cluster.alive(2);
        String running = path(cluster.session(0, HttpMethod.PUT, "up"));
        String paused = aPausedSession("down");
        for (int node = 0; node < cluster.size(); node++) {
            cluster.node(node).stop();
        }

        cluster.alive(2);

        for (String path : List.of(running, paused)) {
            for (int node = 0; node < 2; node++) {
                assertThat(post(node, path, 0).await(PATIENCE_SECONDS, SECONDS).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void thePageOfOneNodeMayFollowItsSessionAtEveryOtherAlsoAtOneThatCameLater() throws Exception {
        cluster.alive(2);
        String path = aPausedSession("watched");
        upstream.resumeTakes(ofMinutes(10));

        HttpResponse<Buffer> page = cluster.request(0, HttpMethod.GET, path)
                .putHeader("Sec-Fetch-Mode", "navigate")
                .send()
                .await(PATIENCE_SECONDS, SECONDS);
        Matcher feed = Pattern.compile("data-feed=\"([^\"]+)\"").matcher(page.bodyAsString());
        assertThat(feed.find()).as(page.bodyAsString()).isTrue();
        follow(1, feed.group(1));
        cluster.kill(0);
        int later = cluster.alive(2).size() - 1;
        follow(later, feed.group(1));

        assertThat(page.statusCode()).isEqualTo(503);
        String forged = feed.group(1).substring(0, feed.group(1).length() - 1);
        assertThatThrownBy(() -> follow(later, forged)).hasMessageContaining("401");
    }

    private void follow(int node, String feed) throws Exception {
        URI url = cluster.node(node).url();
        WebSocketClient sockets = vertx.createWebSocketClient();
        sockets.connect(url.getPort(), url.getHost(), feed).await(PATIENCE_SECONDS, SECONDS);
        sockets.close().await(PATIENCE_SECONDS, SECONDS);
    }

    /** Until another node has said that it goes on. */
    private Future<Void> takenOver() {
        Promise<Void> heard = Promise.promise();
        vertx.setPeriodic(
                20,
                t -> cluster.request(1, HttpMethod.GET, "/api/v1/sessions/killed")
                        .send()
                        .onSuccess(answer -> {
                            if ("node-lost".equals(answer.bodyAsJsonObject().getString("cause"))) {
                                vertx.cancelTimer(t);
                                heard.tryComplete();
                            }
                        }));
        return heard.future();
    }

    private static void say(String format, Object... values) {
        System.out.printf("cluster: " + format + "%n", values);
    }

    private String aPausedSession(String id) {
        JsonObject opened = cluster.session(0, HttpMethod.PUT, id);
        cluster.session(cluster.size() - 1, HttpMethod.POST, id + "/pause");
        return path(opened);
    }

    private static String path(JsonObject opened) {
        return "/" + opened.getString("runtime_id") + "/runtime/list_files";
    }

    private Future<HttpResponse<Buffer>> post(int node, String path, int number) {
        return cluster.request(node, HttpMethod.POST, path).sendJsonObject(new JsonObject().put("number", number));
    }
}
