package dev.reveille;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class SessionLifeTest {
    private FakeRuntimeApi upstream;
    private TestGateway gateway;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(upstream, vertx);
    }

    @AfterEach
    void stop() {
        gateway.close();
        upstream.close();
    }

    @Test
    void aSessionIsOpenedUsedPausedWokenByARequestAndClosed() {
        upstream.startTakes(ofMillis(50)).resumeTakes(ofMillis(50));

        HttpResponse<Buffer> opened = gateway.open("s-1", new JsonObject().put("image", "python"));
        assertThat(opened.statusCode()).isEqualTo(201);
        assertThat(opened.bodyAsJsonObject().getString("state")).isEqualTo("running");
        String runtime = opened.bodyAsJsonObject().getString("runtime_id");

        assertThat(await(gateway.act(runtime, "echo hi")).statusCode()).isEqualTo(200);
        assertThat(gateway.post("s-1", "pause").bodyAsJsonObject().getString("state"))
                .isEqualTo("paused");
        assertThat(await(gateway.act(runtime, "echo again")).statusCode()).isEqualTo(200);
        assertThat(gateway.get("s-1").bodyAsJsonObject().getString("state")).isEqualTo("running");
        assertThat(gateway.close("s-1").bodyAsJsonObject().getString("state")).isEqualTo("stopped");
        assertThat(upstream.calls("POST /start")).isEqualTo(1);
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.calls("POST /stop")).isEqualTo(1);
        assertThat(upstream.session("s-1").commands()).containsExactly("echo hi", "echo again");
    }

    @Test
    void aThousandRequestsToAPausedSandboxResumeItOnceAndAllSucceed() {
        upstream.resumeTakes(ofMillis(300));
        String runtime =
                gateway.open("s-1", new JsonObject()).bodyAsJsonObject().getString("runtime_id");
        gateway.post("s-1", "pause");

        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 1000)
                .mapToObj(i -> gateway.act(runtime, "n " + i))
                .toList();
        await(Future.all(answers));

        assertThat(answers).allSatisfy(a -> assertThat(a.result().statusCode()).isEqualTo(200));
        assertThat(upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(upstream.session("s-1").commands()).hasSize(1000);
    }
}
