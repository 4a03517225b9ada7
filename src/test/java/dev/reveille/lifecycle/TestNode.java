package dev.reveille.lifecycle;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.access.Tenants;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.OpenCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.Wire;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.registry.CountingMap;
import dev.reveille.registry.RegistryVerticle;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Registries;
import dev.reveille.testing.TestGateway;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.AsyncMap;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Registry and lifecycle of one node, without listeners. Commands go over the event bus, for the tenant {@code default}. */
final class TestNode {
    static final Duration LONG = Duration.ofSeconds(15);

    private final Vertx vertx;
    private final AsyncMap<String, String> map;
    private final CountingMap counting;
    private final SessionRegistry registry;
    private final SimpleMeterRegistry meters;
    private final String lifecycle;

    private TestNode(
            Vertx vertx,
            AsyncMap<String, String> map,
            CountingMap counting,
            SessionRegistry registry,
            SimpleMeterRegistry meters,
            String lifecycle) {
        this.vertx = vertx;
        this.map = map;
        this.counting = counting;
        this.registry = registry;
        this.meters = meters;
        this.lifecycle = lifecycle;
    }

    /** Serves when this returns. {@code settings}: {@code key=value}, over short times and a breaker that never opens. */
    static TestNode before(FakeRuntimeApi upstream, Vertx vertx, String... settings) {
        return before(upstream.uri(), vertx, InstantSource.system(), settings);
    }

    static TestNode before(URI upstream, Vertx vertx, InstantSource clock, String... given) {
        return before(upstream, vertx, Progress.SILENCE, clock, given);
    }

    /** @param silence after which progress is told again */
    static TestNode before(URI upstream, Vertx vertx, Duration silence, InstantSource clock, String... given) {
        List<String> all = new ArrayList<>(List.of(
                "upstream.url=" + upstream,
                "upstream.api-key=up-key",
                "upstream.call-timeout=1s",
                "upstream.retry-delay=1ms",
                "upstream.breaker.failures=1000",
                "lifecycle.poll-first=2ms",
                "lifecycle.poll-max=20ms",
                "lifecycle.build-poll=5ms",
                "lifecycle.alive-timeout=1s",
                "registry.repair-interval=1h"));
        all.addAll(List.of(given));
        Settings settings = TestSettings.of(all.toArray(String[]::new));
        AsyncMap<String, String> map = await(vertx.sharedData().<String, String>getAsyncMap(SessionStore.MAP));
        CountingMap counting = new CountingMap(map);
        ClusterNode node = ClusterNode.named("node-here");
        SessionRegistry registry = Registries.registry(vertx, new SessionStore(counting.map()), node);
        PublicUrls urls = new PublicUrls(Optional.of(URI.create("http://gw.test")));
        await(vertx.deployVerticle(
                new RegistryVerticle(registry, urls, settings.registry().repairInterval())));
        Tenants tenants = new Tenants(settings.tenants(), settings.upstream().apiKey());
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        RuntimeApi api = new RuntimeApi(vertx, upstream, settings.upstream(), meters);
        String lifecycle = await(vertx.deployVerticle(
                new LifecycleVerticle(registry, node, tenants, urls, api, settings, meters, silence, clock)));
        return new TestNode(vertx, map, counting, registry, meters, lifecycle);
    }

    // Commands.

    /** Opens with nothing asked for but an image. */
    JsonObject open(String id) {
        return await(opening(id, new JsonObject().put("image", "python")));
    }

    JsonObject open(String id, JsonObject request) {
        return await(opening(id, request));
    }

    Future<JsonObject> opening(String id, JsonObject request) {
        return opening(id, Tenants.EVERYBODY, request);
    }

    Future<JsonObject> opening(String id, JsonObject request, Duration patience) {
        SessionCommand command = SessionCommand.byClient(new SessionId(id), Tenants.EVERYBODY, patience);
        return Catalogue.OPEN.ask(vertx.eventBus(), new OpenCommand(command, request), LONG);
    }

    Future<JsonObject> opening(String id, String tenant, JsonObject request) {
        OpenCommand open = new OpenCommand(SessionCommand.byClient(new SessionId(id), tenant, LONG), request);
        return Catalogue.OPEN.ask(vertx.eventBus(), open, LONG);
    }

    Future<JsonObject> resuming(String id) {
        return Catalogue.RESUME.ask(vertx.eventBus(), byClient(id), LONG);
    }

    Future<JsonObject> resuming(String id, String tenant) {
        return Catalogue.RESUME.ask(vertx.eventBus(), byClient(id, tenant), LONG);
    }

    Future<JsonObject> pausing(String id, String tenant) {
        return Catalogue.PAUSE.ask(vertx.eventBus(), byClient(id, tenant), LONG);
    }

    Future<JsonObject> closing(String id, String tenant) {
        return Catalogue.CLOSE.ask(vertx.eventBus(), byClient(id, tenant), LONG);
    }

    Future<JsonObject> inspecting(String id, String tenant) {
        return Catalogue.INSPECT.ask(vertx.eventBus(), byClient(id, tenant), LONG);
    }

    Future<JsonObject> resuming(String id, Duration patience) {
        SessionCommand command = SessionCommand.byClient(new SessionId(id), Tenants.EVERYBODY, patience);
        return Catalogue.RESUME.ask(vertx.eventBus(), command, LONG);
    }

    /** A request that found the sandbox asleep at {@code revision}. */
    Future<JsonObject> waking(String id, long revision) {
        return Catalogue.RESUME.ask(
                vertx.eventBus(), SessionCommand.byTraffic(new SessionId(id), revision, LONG), LONG);
    }

    Future<JsonObject> pausing(String id) {
        return Catalogue.PAUSE.ask(vertx.eventBus(), byClient(id), LONG);
    }

    Future<JsonObject> closing(String id) {
        return Catalogue.CLOSE.ask(vertx.eventBus(), byClient(id), LONG);
    }

    Future<JsonObject> closing(String id, ClosePolicy policy) {
        return Catalogue.CLOSE.ask(vertx.eventBus(), byClient(id).closingBy(Optional.of(policy)), LONG);
    }

    Future<JsonObject> looking(String id) {
        return looking(id, Tenants.EVERYBODY);
    }

    Future<JsonObject> looking(String id, String tenant) {
        return Catalogue.GET.ask(vertx.eventBus(), SessionCommand.byClient(new SessionId(id), tenant, LONG), LONG);
    }

    Future<JsonObject> inspecting(String id) {
        return Catalogue.INSPECT.ask(vertx.eventBus(), byClient(id), LONG);
    }

    Future<JsonObject> adopting(String runtimeId) {
        return Catalogue.ADOPT.ask(vertx.eventBus(), new RuntimeId(runtimeId), LONG);
    }

    private static SessionCommand byClient(String id) {
        return byClient(id, Tenants.EVERYBODY);
    }

    private static SessionCommand byClient(String id, String tenant) {
        return SessionCommand.byClient(new SessionId(id), tenant, LONG);
    }

    // How things stand.

    Optional<Session> session(String id) {
        return await(registry.find(new SessionId(id)));
    }

    /** The session once {@code point} holds for it. */
    Session until(String id, Predicate<Session> point) {
        return await(registry.until(new SessionId(id), point, LONG)).orElseThrow();
    }

    Session untilState(String id, String word) {
        return until(id, s -> s.state().word().equals(word));
    }

    /** Whether the session is forgotten within a while. */
    boolean gone(String id) {
        long end = System.nanoTime() + LONG.toNanos();
        while (session(id).isPresent() && System.nanoTime() < end) {
            await(vertx.timer(2));
        }
        return session(id).isEmpty();
    }

    /** Writes a record as another node would have left it, and lets this node read it. */
    void finds(Session left) {
        await(map.put(left.id().value(), Wire.session(left).encode()));
        await(registry.find(left.id()));
    }

    CountingMap map() {
        return counting;
    }

    SimpleMeterRegistry meters() {
        return meters;
    }

    /** The lifecycle leaves, as when the node does. */
    void leaves() {
        await(vertx.undeploy(lifecycle));
    }

    static <T> T await(Future<T> future) {
        return TestGateway.await(future);
    }

    static GatewayFailure failureOf(Future<?> future) {
        FailureException failed = catchThrowableOfType(FailureException.class, () -> TestGateway.await(future));
        if (failed == null) {
            throw new AssertionError("it did not fail: " + future);
        }
        return failed.failure();
    }
}
