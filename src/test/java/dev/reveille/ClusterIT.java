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
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes, each a process of its own. */
@ExtendWith(VertxExtension.class)
class ClusterIT {
    private static final int PATIENCE_SECONDS = 90;

    @TempDir
    Path folder;

    private Vertx vertx;
    private FakeRuntimeApi upstream;
    private JarCluster cluster;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
        cluster = new JarCluster(vertx, folder, upstream.uri(), 3, Map.of());
    }

    @AfterEach
    void stop() {
        cluster.close();
        upstream.close();
    }

    @Test
    void threeThousandRequestsToThreeNodesResumeAPausedSessionOnce() throws Exception {
        cluster.start(3);
        String path = aPausedSession("storm");

        List<Future<HttpResponse<Buffer>>> storm =
                IntStream.range(0, 3_000).mapToObj(i -> post(i % 3, path, i)).toList();
        Future.join(storm).await(PATIENCE_SECONDS, SECONDS);

        assertThat(storm)
                .allSatisfy(answer -> assertThat(answer.result().statusCode()).isEqualTo(200));
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        say("3,000 requests at once to 3 nodes: %d /resume, all 200", upstream.calls("POST /resume"));
    }

    @Test
    void aNodeThatIsKilledInTheMiddleOfAResumeIsReplaced() throws Exception {
        cluster.start(3);
        String path = aPausedSession("killed");
        upstream.resumeTakes(ofSeconds(3));

        Future<HttpResponse<Buffer>> lost = post(0, path, 0);
        upstream.whenCalled("POST /resume", 1).await(PATIENCE_SECONDS, SECONDS);
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
        assertThat(upstream.calls("POST /resume")).isLessThanOrEqualTo(2);
        assertThat(lost.failed()).isTrue();
        say("taken over %d ms after kill -9 of the leader; %d /resume", takeover, upstream.calls("POST /resume"));
        assertThat(cluster.session(1, HttpMethod.GET, "killed").getString("cause"))
                .isEqualTo("node-lost");
    }

    @Test
    void anErrorIsTheSameForThoseWhoWaitOnAllNodes() throws Exception {
        cluster.start(2);
        String path = aPausedSession("broken");
        upstream.resumeTakes(ofSeconds(1)).podsEndAs("failed");

        List<Future<HttpResponse<Buffer>>> all =
                IntStream.range(0, 20).mapToObj(i -> post(i % 2, path, i)).toList();
        Future.join(all).await(PATIENCE_SECONDS, SECONDS);

        assertThat(all.stream().map(a -> a.result().bodyAsJsonObject().getString("code")))
                .containsOnly("runtime_crashed");
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aClusterThatWasWhollyRestartedServesEverySessionThatUpstreamKnows() throws Exception {
        cluster.start(2);
        String running = path(cluster.session(0, HttpMethod.PUT, "up"));
        String paused = aPausedSession("down");
        cluster.node(0).stop();
        cluster.node(1).stop();

        cluster.start(2);

        for (String path : List.of(running, paused)) {
            for (int node = 2; node < 4; node++) {
                assertThat(post(node, path, 0).await(PATIENCE_SECONDS, SECONDS).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void thePageOfOneNodeMayFollowItsSessionAtEveryOtherAlsoAtOneThatCameLater() throws Exception {
        cluster.start(2);
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
        cluster.start(1);
        follow(2, feed.group(1));

        assertThat(page.statusCode()).isEqualTo(503);
        String forged = feed.group(1).substring(0, feed.group(1).length() - 1);
        assertThatThrownBy(() -> follow(2, forged)).hasMessageContaining("401");
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
