package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.api.RawConnection.Answer;
import dev.reveille.bus.ClusterNode;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.registry.WakeHistory;
import dev.reveille.runtimeapi.BreakerReport;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.PublicUrls;
import dev.reveille.testing.Registries;
import dev.reveille.watch.StatusStreams;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** The API alone, with no lifecycle behind it: what is asked on the bus is for a test to answer. Two tenants. */
final class Front implements AutoCloseable {
    static final String ACME = "X-API-Key: acme-key";
    static final String ZETA = "X-API-Key: zeta-key";

    private static final HttpServerOptions LIKE_OURS =
            new HttpServerOptions().setMaxInitialLineLength(16 * 1024).setMaxChunkSize(64 * 1024);

    private final Vertx vertx;
    private final RuntimeApi calls;
    private final Api api;
    private final HttpServer server;
    private volatile Instant now = Instant.parse("2026-11-24T12:00:00Z");

    private Front(Vertx vertx, URI upstream) {
        this.vertx = vertx;
        Settings settings = TestSettings.of(
                "upstream.url=" + upstream,
                "upstream.call-timeout=2s",
                "upstream.attempts=2",
                "upstream.retry-delay=1ms",
                "upstream.breaker.failures=1000",
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "tenants.0.upstream-api-key=up-acme",
                "tenants.1.name=zeta",
                "tenants.1.api-key=zeta-key",
                "tenants.1.upstream-api-key=up-zeta",
                "http.body-limit=1MiB");
        Tenants tenants = new Tenants(settings.tenants(), settings.upstream().apiKey());
        SessionStore store = new SessionStore(await(vertx.sharedData().getAsyncMap(SessionStore.MAP)));
        this.calls = new RuntimeApi(vertx, upstream, settings.upstream(), new SimpleMeterRegistry());
        InstantSource clock = () -> now;
        SessionRegistry registry = Registries.registry(vertx, store, ClusterNode.alone());
        this.api = new Api(
                registry,
                tenants,
                new Tickets(() -> new byte[32], Duration.ofMinutes(1), clock),
                new PublicUrls(Optional.empty()),
                "node",
                settings.http().bodyLimit(),
                calls.passThrough(),
                new StatusStreams(vertx, registry, settings, clock),
                facts(clock),
                RoutingContext::next,
                clock);
        this.server = await(
                vertx.createHttpServer(LIKE_OURS).requestHandler(api.on(vertx)).listen(0, "127.0.0.1"));
    }

    /** Of a node that holds nothing. */
    static NodeFacts facts(InstantSource clock) {
        return new NodeFacts(
                "1",
                () -> Set.of("node"),
                tenant -> 0,
                () -> new BreakerReport("closed", Duration.ZERO),
                new WakeHistory(Set.of(), clock));
    }

    static Front before(URI upstream) {
        return new Front(
                Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setPreferNativeTransport(true)), upstream);
    }

    Vertx vertx() {
        return vertx;
    }

    RawConnection connect() {
        return RawConnection.to(server.actualPort());
    }

    /** The answer to a request of acme's without a body. */
    Answer ask(String requestLine) {
        return ask(requestLine, ACME);
    }

    Answer ask(String requestLine, String... headers) {
        try (RawConnection client = connect()) {
            return client.send(RawConnection.head(requestLine, headers)).answer();
        }
    }

    /** The answer to a POST of acme's. */
    Answer post(String path, String body) {
        return post(path, body.getBytes(UTF_8));
    }

    Answer post(String path, byte[] body, String... headers) {
        try (RawConnection client = connect()) {
            String[] all = Arrays.copyOf(headers, headers.length + 2);
            all[headers.length] = ACME;
            all[headers.length + 1] = "Content-Length: " + body.length;
            return client.send(RawConnection.head("POST " + path, all))
                    .send(body)
                    .answer();
        }
    }

    Api api() {
        return api;
    }

    void advance(Duration time) {
        now = now.plus(time);
    }

    @Override
    public void close() {
        await(server.close());
        await(calls.close());
        await(vertx.close());
    }
}
