package dev.reveille;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.OpenCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.lifecycle.LifecycleVerticle;
import dev.reveille.proxy.Holds;
import dev.reveille.proxy.ProxyVerticle;
import dev.reveille.registry.CountingMap;
import dev.reveille.registry.RegistryVerticle;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.RecordedRequest;
import dev.reveille.testing.Registries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a request to a running sandbox costs besides itself. */
@ExtendWith(VertxExtension.class)
class HotPathTest {
    @Test
    void aRequestToARunningSandboxAsksNeitherTheRuntimeApiNorTheSharedMap(Vertx vertx) {
        FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
        Settings settings = TestSettings.of("upstream.url=" + upstream.uri(), "registry.repair-interval=1h");
        CountingMap map = new CountingMap(await(vertx.sharedData().getAsyncMap(SessionStore.MAP)));
        int port = aNode(vertx, upstream, settings, map);
        SessionCommand command =
                SessionCommand.byClient(new SessionId("s-1"), Tenants.EVERYBODY, Duration.ofSeconds(10));
        await(Catalogue.OPEN.ask(vertx.eventBus(), new OpenCommand(command, new JsonObject()), Duration.ofSeconds(10)));
        long asked = controlCalls(upstream);
        int read = map.calls();

        WebClient client = WebClient.create(vertx);
        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 100)
                .mapToObj(i ->
                        client.get(port, "127.0.0.1", "/rt1/runtime/n/" + i).send())
                .toList();
        await(Future.all(answers));

        assertThat(answers).allSatisfy(a -> assertThat(a.result().statusCode()).isEqualTo(200));
        assertThat(upstream.calls("GET /rt1/runtime/n/*")).isEqualTo(100);
        assertThat(controlCalls(upstream)).isEqualTo(asked);
        assertThat(map.calls()).isEqualTo(read);
        upstream.close();
    }

    private static int aNode(Vertx vertx, FakeRuntimeApi upstream, Settings settings, CountingMap map) {
        ClusterNode node = ClusterNode.named("node-here");
        SessionRegistry registry = Registries.registry(vertx, new SessionStore(map.map()), node);
        PublicUrls urls = new PublicUrls(Optional.empty());
        Tenants tenants = new Tenants(List.of(), Optional.empty());
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        InstantSource clock = InstantSource.system();
        AtomicInteger port = new AtomicInteger();
        await(vertx.deployVerticle(
                new RegistryVerticle(registry, urls, settings.registry().repairInterval())));
        RuntimeApi api = new RuntimeApi(vertx, upstream.uri(), settings.upstream(), meters);
        await(vertx.deployVerticle(new LifecycleVerticle(registry, node, tenants, urls, api, settings, meters, clock)));
        Holds holds = new Holds(settings.hold(), meters);
        await(vertx.deployVerticle(new ProxyVerticle(
                registry,
                tenants,
                new Tickets(() -> new byte[32], Duration.ofMinutes(1), clock),
                urls,
                holds,
                settings,
                meters,
                clock,
                0,
                port,
                v -> other -> other.response().setStatusCode(404).end(),
                () -> false,
                Optional.empty())));
        return port.get();
    }

    private static long controlCalls(FakeRuntimeApi upstream) {
        return upstream.requests().stream().filter(RecordedRequest::isControl).count();
    }
}
