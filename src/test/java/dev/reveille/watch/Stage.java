package dev.reveille.watch;

import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static dev.reveille.testing.TestGateway.await;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.Wire;
import dev.reveille.registry.RegistryVerticle;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.Cause;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import dev.reveille.testing.Registries;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.shareddata.AsyncMap;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A node with a listener whose every path is a stream: {@code /SESSION}, or {@code /} for all. Whose they are is said in
 * {@code X-Tenant}. Its clock goes on when it is told to.
 */
final class Stage implements AutoCloseable {
    static final String TENANT = "acme";
    static final StreamTimes TIMES = new StreamTimes(
            Duration.ofSeconds(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ZERO);

    /** So that a client that does not read is soon noticed. */
    private static final HttpServerOptions SMALL = new HttpServerOptions().setSendBufferSize(8_192);

    private final AtomicReference<Instant> now;
    private final SessionRegistry registry;
    private final StatusStreams streams;
    private final HttpServer server;
    private final AtomicInteger connections = new AtomicInteger();
    private final Vertx vertx;
    private final String mapName;
    private final AsyncMap<String, String> map;
    private final String registryVerticle;

    private Stage(Vertx vertx, String mapName, AtomicReference<Instant> now, int most, StreamTimes times) {
        InstantSource clock = now::get;
        this.vertx = vertx;
        this.now = now;
        this.mapName = mapName;
        this.map = await(vertx.sharedData().<String, String>getAsyncMap(mapName));
        this.registry = Registries.registry(vertx, new SessionStore(map), ClusterNode.alone());
        this.registryVerticle = await(vertx.deployVerticle(
                new RegistryVerticle(registry, new PublicUrls(Optional.empty()), Duration.ofHours(1))));
        this.streams = new StatusStreams(vertx, registry, most, times, clock);
        Watching watching = await(vertx.timer(1).map(t -> streams.here()));
        this.server = await(vertx.createHttpServer(SMALL)
                .connectionHandler(connection -> {
                    connections.incrementAndGet();
                    connection.closeHandler(closed -> connections.decrementAndGet());
                })
                .requestHandler(request -> {
                    Optional<SessionId> session = Optional.of(request.path().substring(1))
                            .filter(id -> !id.isEmpty())
                            .map(SessionId::new);
                    Set<String> states = Optional.ofNullable(request.getParam("state"))
                            .map(words -> Set.of(words.split(",", -1)))
                            .orElse(Set.of());
                    Optional<String> since = Optional.ofNullable(request.getHeader("Last-Event-ID"))
                            .or(() -> Optional.ofNullable(request.getParam("since")));
                    String tenant =
                            Optional.ofNullable(request.getHeader("X-Tenant")).orElse(TENANT);
                    request.pause();
                    Wish wish = new Wish(tenant, session, since, states);
                    if (!Watching.wantsSocket(request)) {
                        request.resume();
                    }
                    watching.begin(request, wish)
                            .onFailure(refused ->
                                    request.response().setStatusCode(500).end(refused.getMessage()));
                })
                .listen(0, "127.0.0.1"));
        await(streams.open());
    }

    /** One event loop, as its desk has only one. */
    static Vertx vertx() {
        return Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    }

    static Stage on(Vertx vertx) {
        return with(vertx, 1_000, TIMES);
    }

    static Stage with(Vertx vertx, int most, StreamTimes times) {
        return new Stage(vertx, UUID.randomUUID().toString(), new AtomicReference<>(noon()), most, times);
    }

    /** Another node of the same cluster. */
    Stage beside() {
        return beside(TIMES);
    }

    Stage beside(StreamTimes times) {
        return new Stage(vertx, mapName, now, 1_000, times);
    }

    private static Instant noon() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    // What happens.

    Session opens(String id) {
        return opens(id, TENANT);
    }

    Session opens(String id, String tenant) {
        return opens(id, tenant, running("rt-" + id));
    }

    /** One that is over as it begins, so that it can be forgotten. */
    Session opensStopped(String id) {
        return opens(id, TENANT, new SandboxState.Stopped());
    }

    private Session opens(String id, String tenant, SandboxState state) {
        Session first = Session.first(new SessionId(id), tenant, plainSpec(), state, Cause.CLIENT, now.get());
        return await(registry.create(first)).orElseThrow();
    }

    /** One more change of the session as it is now. */
    Session changes(String id) {
        return changes(id, "");
    }

    Session changes(String id, String detail) {
        Session from = session(id);
        advance(Duration.ofMillis(1));
        return await(registry.change(from, from.to(from.state(), Cause.UPSTREAM, detail, now.get())))
                .orElseThrow();
    }

    Session becomes(String id, SandboxState state) {
        Session from = session(id);
        advance(Duration.ofMillis(1));
        return await(registry.change(from, from.to(state, Cause.CLIENT, "", now.get())))
                .orElseThrow();
    }

    /** Another node changes it and dies before it can tell anybody; this one looks into the shared map later. */
    void changesUnheard(String id, int times) {
        changesInTheMap(id, times);
        await(registry.find(new SessionId(id)));
    }

    /** The same of several sessions, and this node hears of all of them at one moment. */
    void changesUnheard(List<String> ids, int times) {
        ids.forEach(id -> changesInTheMap(id, times));
        CountDownLatch asked = new CountDownLatch(1);
        vertx.runOnContext(busy -> waitFor(asked));
        List<Future<Optional<Session>>> found =
                ids.stream().map(id -> registry.find(new SessionId(id))).toList();
        asked.countDown();
        await(Future.all(found));
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void changesInTheMap(String id, int times) {
        Session now = session(id);
        for (int i = 0; i < times; i++) {
            advance(Duration.ofMillis(1));
            now = now.to(now.state(), Cause.UPSTREAM, "", this.now.get()).madeBy("node-dead");
        }
        await(map.put(id, Wire.session(now).encode()));
    }

    /** The map says something else than this node knows. */
    void isReplacedBy(Session other) {
        await(map.put(other.id().value(), Wire.session(other).encode()));
        await(registry.find(other.id()));
    }

    /** It is changed, and this node alone hears of it. */
    Session changesOnlyHere(String id) {
        advance(Duration.ofMillis(1));
        Session from = session(id);
        Session next = from.to(from.state(), Cause.UPSTREAM, "", now.get());
        isReplacedBy(next);
        return next;
    }

    /** Until this node has heard of it. */
    Session awaits(String id, long revision) {
        return await(registry.until(new SessionId(id), s -> s.revision() >= revision, Duration.ofSeconds(10)))
                .orElseThrow();
    }

    /** It looks whether the map has what it knows. */
    void looksFor(String id) {
        await(registry.find(new SessionId(id)));
    }

    void forgets(String id) {
        await(registry.forget(session(id)));
    }

    void progresses(String id) {
        Session at = session(id);
        SessionProgress progress = new SessionProgress(
                at.id(),
                at.tenant(),
                at.revision(),
                at.state().word(),
                Duration.ofMillis(1_260),
                Optional.of(Duration.ofSeconds(3)),
                Optional.of("pending"),
                1,
                List.of("OOMKilled"),
                Optional.empty(),
                " ");
        Catalogue.PROGRESS.publish(vertx.eventBus(), progress);
    }

    Session session(String id) {
        return registry.seen(new SessionId(id)).orElseThrow();
    }

    void advance(Duration time) {
        now.updateAndGet(at -> at.plus(time));
    }

    // What to look at.

    SessionRegistry registry() {
        return registry;
    }

    StatusStreams streams() {
        return streams;
    }

    /** How many are connected, whether they watch or not. */
    int connections() {
        return connections.get();
    }

    int port() {
        return server.actualPort();
    }

    /** A client that takes what it gets. */
    EventClient watches(String target) {
        return EventClient.to(port(), target);
    }

    @Override
    public void close() {
        await(server.close());
        await(streams.close());
        await(vertx.undeploy(registryVerticle));
    }
}
