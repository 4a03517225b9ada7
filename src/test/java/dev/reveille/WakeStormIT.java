package dev.reveille;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.ReveilleJar;
import dev.reveille.testing.ReveilleJar.Serving;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many at once on a small heap, in front of a real sandbox. */
@ExtendWith(VertxExtension.class)
class WakeStormIT {
    private static final int STORM = 1000;

    @TempDir
    Path folder;

    private ReveilleJar jar;
    private Serving gateway;
    private WebClient client;

    @BeforeEach
    void start(Vertx vertx) {
        jar = new ReveilleJar(folder);
        // Without room for one byte more, and an end at once if that is not enough.
        gateway = jar.serve(List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError"), Map.of());
        client = WebClient.create(vertx, new WebClientOptions(), new PoolOptions().setHttp1MaxSize(STORM));
    }

    @AfterEach
    void stop() {
        client.close();
        jar.close();
    }

    @Test
    void aThousandRequestsToAPausedSandboxResumeItOnceAndAllSucceed() throws Exception {
        JsonObject session = send(api(HttpMethod.PUT, "")).bodyAsJsonObject();
        send(api(HttpMethod.POST, "/pause"));

        List<Future<HttpResponse<Buffer>>> storm = IntStream.range(0, STORM)
                .mapToObj(i -> client.postAbs(session.getString("url") + "/list_files")
                        .putHeader("X-Session-API-Key", session.getString("session_api_key"))
                        .sendJsonObject(new JsonObject()))
                .toList();
        Future.all(storm).await(60, SECONDS);

        assertThat(storm)
                .allSatisfy(answer -> assertThat(answer.result().statusCode()).isEqualTo(200));
        assertThat(counted("reveille_upstream_calls_seconds_count", "\"resume\""))
                .isEqualTo(1);
        assertThat(counted("reveille_holds ", "")).isZero();
        assertThat(gateway.process().isAlive()).isTrue();
    }

    private long counted(String metric, String label) throws Exception {
        String metrics = client.getAbs(URI.create(gateway.admin() + "/metrics").toString())
                .send()
                .await(10, SECONDS)
                .bodyAsString();
        return metrics.lines()
                .filter(line -> line.startsWith(metric) && line.contains(label))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private HttpRequest<Buffer> api(HttpMethod method, String verb) {
        return client.requestAbs(method, gateway.url() + "/api/v1/sessions/storm" + verb)
                .putHeader("Prefer", "wait=60");
    }

    private static HttpResponse<Buffer> send(HttpRequest<Buffer> request) throws Exception {
        HttpResponse<Buffer> response = request.send().await(60, SECONDS);
        assertThat(response.statusCode()).isLessThan(300);
        return response;
    }
}
