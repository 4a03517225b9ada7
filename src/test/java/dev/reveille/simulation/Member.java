package dev.reveille.simulation;

import dev.reveille.access.Tenants;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.Endpoint;
import dev.reveille.bus.OpenCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.lifecycle.LifecycleVerticle;
import dev.reveille.registry.RegistryVerticle;
import dev.reveille.registry.Route;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** One node in one of its lives: its registry and its lifecycle, as they serve. */
final class Member {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Settings SETTINGS = TestSettings.of(
            "upstream.url=" + PlayedUpstream.HOST,
            "upstream.call-timeout=2s",
            "upstream.attempts=2",
            // Else it is a random one.
            "upstream.retry-delay=1ms",
            "upstream.breaker.failures=1000",
            "lifecycle.poll-first=300ms",
            "lifecycle.poll-max=1s",
            "lifecycle.alive-timeout=1s",
            "lifecycle.start-timeout=15s",
            "lifecycle.resume-timeout=10s",
            "lifecycle.pause-timeout=5s",
            "lifecycle.stop-timeout=5s",
            "registry.retain-stopped=30s",
            "registry.repair-interval=10s");

    /** Counts nothing. */
    private static final MeterRegistry METERS = new CompositeMeterRegistry();

    private final PlayedVertx played;
    private final SessionRegistry registry;
    private final PlayedNode node;
    private final Set<String> routed = new TreeSet<>();
    private final RegistryVerticle registryVerticle;
    private final LifecycleVerticle lifecycleVerticle;

    Member(World world, PlayedVertx played, PlayedMap map, PlayedNode node) {
        this.played = played;
        this.node = node;
        this.registry = new SessionRegistry(
                played.vertx(),
                new SessionStore(map.seenBy(this)),
                node,
                runtime -> routed.add(runtime.value()),
                runtime -> routed.remove(runtime.value()),
                SETTINGS.registry().retainStopped(),
                world);
        PublicUrls urls = new PublicUrls(Optional.of(URI.create("http://gw.test")));
        this.registryVerticle =
                new RegistryVerticle(registry, urls, SETTINGS.registry().repairInterval());
        this.lifecycleVerticle = new LifecycleVerticle(
                registry,
                node,
                new Tenants(SETTINGS.tenants(), Optional.empty()),
                urls,
                new RuntimeApi(played.vertx(), URI.create(PlayedUpstream.HOST), SETTINGS.upstream(), METERS),
                SETTINGS,
                METERS,
                world);
        registryVerticle.init(played.vertx(), played.context());
        lifecycleVerticle.init(played.vertx(), played.context());
    }

    void starts() {
        registryVerticle.start();
        lifecycleVerticle.start();
    }

    /** Others may go on at once with what it leaves undone. */
    void leaves() {
        lifecycleVerticle.stop();
        registryVerticle.stop();
        played.dies();
    }

    /** As by {@code kill -9}. */
    void dies() {
        played.dies();
    }

    boolean alive() {
        return played.alive();
    }

    String id() {
        return node.id();
    }

    /** Whether it takes the node {@code other} to be there. */
    boolean knows(String other) {
        return node.knows(other);
    }

    void hears(String address, JsonObject news) {
        played.hears(address, news);
    }

    /** An entry of the map has changed, by whomever. */
    void hears(String before, String after) {
        if (alive()) {
            node.hears(before, after);
        }
    }

    /** Others have come or gone. */
    void hearsOfMembers() {
        if (alive()) {
            node.hearsOfMembers();
        }
    }

    // How it sees the sessions.

    Iterable<Session> sessions() {
        return registry.all();
    }

    /** The session to which this node leads requests for {@code runtimeId}. */
    Optional<Session> routeTo(String runtimeId) {
        return Optional.ofNullable(registry.route(runtimeId)).map(Route::session);
    }

    /** The runtimes to which it says that it has a route. */
    Set<String> routed() {
        return routed;
    }

    // What it is asked for.

    Future<JsonObject> opens(String session) {
        JsonObject request = new JsonObject().put("image", "python");
        return Catalogue.OPEN.ask(played.vertx().eventBus(), new OpenCommand(byClient(session), request), PATIENCE);
    }

    Future<JsonObject> isAsked(Endpoint<SessionCommand, JsonObject> what, String session) {
        return what.ask(played.vertx().eventBus(), byClient(session), PATIENCE);
    }

    /** Traffic found the sandbox asleep. */
    Future<JsonObject> wakes(String session) {
        SessionId id = new SessionId(session);
        long seen = registry.seen(id).map(Session::revision).orElse(0L);
        return Catalogue.RESUME.ask(played.vertx().eventBus(), SessionCommand.byTraffic(id, seen, PATIENCE), PATIENCE);
    }

    Future<JsonObject> adopts(String runtimeId) {
        return Catalogue.ADOPT.ask(played.vertx().eventBus(), new RuntimeId(runtimeId), PATIENCE);
    }

    private static SessionCommand byClient(String session) {
        return SessionCommand.byClient(new SessionId(session), Tenants.EVERYBODY, PATIENCE);
    }
}
