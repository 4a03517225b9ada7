package dev.reveille.testing;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.reveille.Gateway;
import dev.reveille.bus.ClusterNode;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** A gateway on free ports in front of a {@link FakeRuntimeApi}, and a client for it. */
public final class TestGateway implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 20;

    private final Gateway gateway;
    private final WebClient client;
    private final boolean tls;

    private TestGateway(Vertx vertx, Gateway gateway, boolean tls) {
        this.gateway = gateway;
        this.tls = tls;
        this.client = WebClient.create(
                vertx,
                new WebClientOptions()
                        .setFollowRedirects(false)
                        .setTrustAll(true)
                        .setVerifyHost(false),
                new PoolOptions().setHttp1MaxSize(4096));
    }

    /** Listens when this returns. {@code settings}: {@code key=value}, over short times and free ports. */
    public static TestGateway before(FakeRuntimeApi upstream, Vertx vertx, String... settings) {
        List<String> all = new ArrayList<>(List.of(
                "upstream.url=" + upstream.uri(),
                "upstream.api-key=up-key",
                "upstream.call-timeout=2s",
                "upstream.retry-delay=5ms",
                "lifecycle.poll-first=5ms",
                "lifecycle.alive-timeout=1s",
                "shutdown.not-ready=0",
                "shutdown.drain=1s"));
        all.addAll(List.of(settings));
        return start(vertx, TestSettings.of(all.toArray(String[]::new)));
    }

    /** Listens when this returns. */
    public static TestGateway start(Vertx vertx, Settings settings) {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Gateway gateway = await(Gateway.start(vertx, ClusterNode.alone(), settings, meters, InstantSource.system()));
        return new TestGateway(vertx, gateway, settings.http().tls().enabled());
    }

    public Gateway gateway() {
        return gateway;
    }

    public int port() {
        return gateway.port();
    }

    /** A request to the public listener. */
    public HttpRequest<Buffer> request(HttpMethod method, String path) {
        return client.request(method, gateway.port(), "127.0.0.1", path).ssl(tls);
    }

    /** A request to the admin listener. */
    public HttpRequest<Buffer> admin(String path) {
        return client.get(gateway.adminPort(), "127.0.0.1", path);
    }

    /** Opens a session and waits until it has settled. */
    public HttpResponse<Buffer> open(String sessionId, JsonObject spec) {
        return await(request(HttpMethod.PUT, "/api/v1/sessions/" + sessionId)
                .putHeader("Prefer", "wait=15")
                .sendJsonObject(spec));
    }

    /** {@code pause} or {@code resume}, until settled. */
    public HttpResponse<Buffer> post(String sessionId, String verb) {
        return await(request(HttpMethod.POST, "/api/v1/sessions/" + sessionId + "/" + verb)
                .putHeader("Prefer", "wait=15")
                .send());
    }

    public HttpResponse<Buffer> get(String sessionId) {
        return await(request(HttpMethod.GET, "/api/v1/sessions/" + sessionId).send());
    }

    /** Closes a session and waits until it has settled. */
    public HttpResponse<Buffer> close(String sessionId) {
        return await(request(HttpMethod.DELETE, "/api/v1/sessions/" + sessionId)
                .putHeader("Prefer", "wait=15")
                .send());
    }

    /** An action of the runtime {@code runtimeId}, as V0 clients send it. */
    public Future<HttpResponse<Buffer>> act(String runtimeId, String command) {
        return request(HttpMethod.POST, "/" + runtimeId + "/runtime/execute_action")
                .sendJsonObject(action(command));
    }

    /** The body of an action that runs {@code command}. */
    public static JsonObject action(String command) {
        return new JsonObject()
                .put(
                        "action",
                        new JsonObject().put("action", "run").put("args", new JsonObject().put("command", command)));
    }

    /** The result of {@code future}, or its failure; never waits for ever. */
    public static <T> T await(Future<T> future) {
        try {
            return future.await(PATIENCE_SECONDS, SECONDS);
        } catch (java.util.concurrent.TimeoutException late) {
            throw new AssertionError("not there after " + PATIENCE_SECONDS + " s", late);
        }
    }

    @Override
    public void close() {
        client.close();
        await(gateway.stop());
    }
}
