package dev.reveille.admin;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.TestSettings;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class AdminTest {
    @Test
    void aNodeIsAliveAllTheTimeAndReadyBetweenStartAndEnd(Vertx vertx) {
        Readiness readiness = new Readiness();
        AtomicInteger port = new AtomicInteger();
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        await(vertx.deployVerticle(new AdminVerticle(TestSettings.of().admin(), readiness, meters, port)));
        WebClient client = WebClient.create(vertx);

        assertNotReady(get(client, port, "/ready"), "starting");
        assertThat(get(client, port, "/live").statusCode()).isEqualTo(200);
        readiness.ready();
        assertThat(get(client, port, "/ready").statusCode()).isEqualTo(200);
        assertThat(get(client, port, "/ready").bodyAsJsonObject().getString("status"))
                .isEqualTo("UP");
        readiness.leaving();
        assertNotReady(get(client, port, "/ready"), "leaving");
        assertThat(get(client, port, "/live").statusCode()).isEqualTo(200);
        assertThat(get(client, port, "/nothing").statusCode()).isEqualTo(404);
        assertThat(get(client, port, "/metrics").statusCode()).isEqualTo(200);
        client.close();
    }

    @Test
    void theMetricsTellALifeWithAWake(Vertx vertx) {
        try (FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx).resumeTakes(ofMillis(50));
                TestGateway gateway = TestGateway.before(upstream, vertx)) {
            String runtime =
                    gateway.open("s-1", new JsonObject()).bodyAsJsonObject().getString("runtime_id");
            gateway.open("s-2", new JsonObject());
            gateway.post("s-2", "pause");
            gateway.post("s-1", "pause");
            assertThat(await(gateway.act(runtime, "echo hi")).statusCode()).isEqualTo(200);

            HttpResponse<Buffer> answer = await(gateway.admin("/metrics").send());

            assertThat(answer.getHeader("Content-Type")).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
            List<String> lines = answer.bodyAsString().lines().toList();
            assertThat(lines)
                    .contains("reveille_sessions{state=\"running\"} 1.0")
                    .contains("reveille_sessions{state=\"paused\"} 1.0")
                    .contains("reveille_sessions{state=\"failed\"} 0.0")
                    .contains("reveille_holds 0.0")
                    .contains("reveille_hold_duration_seconds_count 1")
                    .contains("reveille_wakes_seconds_count{outcome=\"ready\"} 1")
                    .contains("reveille_wakes_seconds_bucket{outcome=\"ready\",le=\"+Inf\"} 1")
                    .contains("reveille_requests_seconds_count{outcome=\"2xx\",service=\"runtime\"} 1")
                    .contains("reveille_upstream_calls_seconds_count{operation=\"resume\",outcome=\"ok\"} 1")
                    .contains("reveille_upstream_breaker_state 0.0")
                    .contains("reveille_transitions_seconds_count{from=\"resuming\",to=\"running\"} 1")
                    .contains("# TYPE reveille_wakes_seconds histogram")
                    .contains("# TYPE reveille_sessions gauge");
            assertThat(lines)
                    .filteredOn(line -> !line.startsWith("#"))
                    .allMatch(Pattern.compile("[a-z][a-z0-9_]*(\\{[^}]*})? [-+0-9.eE]+(NaN|Infinity)?|.* NaN")
                            .asMatchPredicate())
                    .noneMatch(line -> line.contains("s-1") || line.contains(runtime));
        }
    }

    private static void assertNotReady(HttpResponse<Buffer> answer, String reason) {
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.bodyAsString()).contains("\"reason\":\"" + reason + "\"");
    }

    private static HttpResponse<Buffer> get(WebClient client, AtomicInteger port, String path) {
        return await(client.get(port.get(), "127.0.0.1", path).send());
    }
}
