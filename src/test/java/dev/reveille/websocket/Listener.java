package dev.reveille.websocket;

import static dev.reveille.testing.TestGateway.await;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.bus.ClusterNode;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.http.Certificates;
import dev.reveille.problem.Problem;
import dev.reveille.proxy.Holds;
import dev.reveille.proxy.ProxyVerticle;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.FailureException;
import dev.reveille.session.PublicUrls;
import dev.reveille.testing.Registries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The public listener as it is, with websockets in place of the API.
 *
 * <p>{@code /echo} says what it hears, {@code /ignore} hears nothing, {@code /late} agrees in a turn of its own, {@code /refuse}
 * answers 401 in a turn of its own; all else is answered with 200.
 */
final class Listener implements AutoCloseable {
    static final Limits LIMITS = new Limits(64 * 1024, 32 * 1024, Duration.ofSeconds(10));

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    private final AtomicInteger port = new AtomicInteger();
    private final Map<Integer, CompletableFuture<StrictWebSocket>> opened = new ConcurrentHashMap<>();
    private final Limits limits;
    private final String deployed;

    private Listener(Limits limits, String... settings) {
        this.limits = limits;
        Settings all = TestSettings.of(settings);
        SessionStore store = new SessionStore(await(vertx.sharedData().getAsyncMap(SessionStore.MAP)));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        InstantSource clock = InstantSource.system();
        Optional<Certificates> certificates = all.http().tls().enabled()
                ? Optional.of(await(Certificates.watch(vertx, all.http().tls())))
                : Optional.empty();
        this.deployed = await(vertx.deployVerticle(new ProxyVerticle(
                Registries.registry(vertx, store, ClusterNode.alone()),
                new Tenants(List.of(), Optional.empty()),
                new Tickets(() -> new byte[32], Duration.ofMinutes(1), clock),
                new PublicUrls(Optional.empty()),
                new Holds(all.hold(), meters),
                all,
                meters,
                clock,
                0,
                port,
                v -> this::serve,
                () -> false,
                certificates)));
    }

    static Listener with(String... settings) {
        return new Listener(LIMITS, settings);
    }

    static Listener with(Limits limits, String... settings) {
        return new Listener(limits, settings);
    }

    int port() {
        return port.get();
    }

    /** The server's end of {@code peer}. */
    StrictWebSocket opened(Peer peer) {
        try {
            return of(peer.localPort()).get(15, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("it was not opened", e);
        }
    }

    /** Ports come again. */
    private void isOpen(int clientPort, StrictWebSocket socket) {
        if (!of(clientPort).complete(socket)) {
            opened.put(clientPort, CompletableFuture.completedFuture(socket));
        }
    }

    private CompletableFuture<StrictWebSocket> of(int clientPort) {
        return opened.computeIfAbsent(clientPort, port -> new CompletableFuture<>());
    }

    private void serve(HttpServerRequest request) {
        try {
            switch (request.path()) {
                case "/echo" -> accept(request, Listener::echo);
                case "/ignore" -> accept(request, socket -> {});
                case "/late" -> later(request, () -> accept(request, Listener::echo));
                case "/refuse" ->
                    later(
                            request,
                            () -> request.response()
                                    .setStatusCode(401)
                                    .end("no")
                                    .onFailure(gone -> {}));
                default -> request.response().end("plain").onFailure(gone -> {});
            }
        } catch (FailureException refused) {
            Problem.of(refused.failure()).answer(request).onFailure(gone -> {});
        }
    }

    private void later(HttpServerRequest request, Runnable then) {
        request.pause();
        vertx.setTimer(50, t -> then.run());
    }

    private void accept(HttpServerRequest request, Handler<StrictWebSocket> use) {
        int client = request.remoteAddress().port();
        Handshake.of(request, "https://good.example"::equals)
                .accept(limits)
                .onSuccess(use)
                .onSuccess(socket -> isOpen(client, socket))
                .onFailure(gone -> {});
    }

    private static void echo(StrictWebSocket socket) {
        socket.textHandler(socket::writeText);
        socket.binaryHandler(socket::writeBinary);
    }

    /** Stops listening, as a node does that leaves. */
    void leave() {
        await(vertx.undeploy(deployed));
    }

    @Override
    public void close() {
        await(vertx.close());
    }
}
