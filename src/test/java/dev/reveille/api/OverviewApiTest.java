package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a whole gateway tells of itself. */
@ExtendWith(VertxExtension.class)
class OverviewApiTest {
    private FakeRuntimeApi upstream;
    private TestGateway gateway;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(
                upstream,
                vertx,
                "tenants.0.name=acme",
                "tenants.0.api-key=a",
                "tenants.1.name=zeta",
                "tenants.1.api-key=z",
                "upstream.attempts=1",
                "upstream.breaker.failures=2");
    }

    @AfterEach
    void stop() {
        gateway.close();
        upstream.close();
    }

    private HttpResponse<Buffer> ask(HttpMethod method, String rest) {
        return await(gateway.request(method, "/api/v1/sessions/" + rest)
                .putHeader("X-API-Key", "a")
                .putHeader("Prefer", "wait=15")
                .send());
    }

    private JsonObject overview(String key) {
        return await(gateway.request(HttpMethod.GET, "/api/v1/overview")
                        .putHeader("X-API-Key", key)
                        .send())
                .bodyAsJsonObject();
    }

    @Test
    void sessionsAndWakesAreToldToTheirTenantAlone() {
        ask(HttpMethod.PUT, "one");
        ask(HttpMethod.PUT, "two");
        ask(HttpMethod.POST, "one/pause");
        ask(HttpMethod.POST, "one/resume");
        ask(HttpMethod.POST, "two/pause");

        JsonObject acme = overview("a");
        assertThat(acme.getString("tenant")).isEqualTo("acme");
        assertThat(acme.getJsonObject("sessions").getInteger("running")).isEqualTo(1);
        assertThat(acme.getJsonObject("sessions").getInteger("paused")).isEqualTo(1);
        assertThat(acme.getJsonObject("wakes").getJsonArray("recent")).hasSize(1);
        JsonObject wake = acme.getJsonObject("wakes").getJsonArray("recent").getJsonObject(0);
        assertThat(wake.getString("session_id")).isEqualTo("one");
        assertThat(wake.getString("outcome")).isEqualTo("ready");
        assertThat(acme.getJsonArray("nodes")).containsExactly(acme.getString("node"));

        JsonObject zeta = overview("z");
        assertThat(zeta.getJsonObject("sessions").stream())
                .allMatch(count -> count.getValue().equals(0));
        assertThat(zeta.getJsonObject("wakes").getJsonArray("recent")).isEmpty();
    }

    @Test
    void requestsThatWaitAreToldToTheirTenantAlone() {
        ask(HttpMethod.PUT, "one");
        String runtime = ask(HttpMethod.GET, "one").bodyAsJsonObject().getString("runtime_id");
        ask(HttpMethod.POST, "one/pause");
        upstream.resumeTakes(Duration.ofMinutes(10));

        Future<HttpResponse<Buffer>> held = gateway.request(HttpMethod.POST, "/" + runtime + "/runtime/execute_action")
                .putHeader("X-API-Key", "a")
                .sendJsonObject(TestGateway.action("ls"));
        await(upstream.whenCalled("POST /resume", 1));

        assertThat(overview("a").getInteger("holds")).isEqualTo(1);
        assertThat(overview("z").getInteger("holds")).isZero();
        upstream.session("one").isRunning();
        assertThat(await(held).statusCode()).isEqualTo(200);
        assertThat(overview("a").getInteger("holds")).isZero();
    }

    @Test
    void theBreakerIsTold() {
        assertThat(overview("a").getJsonObject("runtime_api").getString("breaker"))
                .isEqualTo("closed");
        Instant before = Instant.now().minusMillis(1);
        upstream.closeControl();

        ask(HttpMethod.PUT, "nobody-1");
        ask(HttpMethod.PUT, "nobody-2");
        ask(HttpMethod.PUT, "nobody-3");

        JsonObject told = overview("a").getJsonObject("runtime_api");
        assertThat(told.getString("breaker")).isEqualTo("open");
        assertThat(Instant.parse(told.getString("since"))).isAfterOrEqualTo(before);
    }
}
