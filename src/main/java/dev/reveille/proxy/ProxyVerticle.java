package dev.reveille.proxy;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.config.ProxySettings;
import dev.reveille.config.Settings;
import dev.reveille.config.UpstreamSettings;
import dev.reveille.http.Certificates;
import dev.reveille.http.ClientStream;
import dev.reveille.http.HttpListeners;
import dev.reveille.http.InterimAnswers;
import dev.reveille.http.InvalidRequest;
import dev.reveille.http.RequestTarget;
import dev.reveille.http.Transport;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.AliveProbe;
import dev.reveille.session.PortSlots;
import dev.reveille.session.PublicUrls;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public listener on one event loop. Requests to sandboxes become an {@link Exchange}, all others go to the API. Several
 * instances share the port.
 */
public final class ProxyVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyVerticle.class);

    /** Netty's default of 8 KiB costs twice the CPU on large bodies. */
    private static final int CHUNK = 64 * 1024;

    /** Requests that are under way to one service of one sandbox, on one event loop. */
    private static final int CONNECTIONS_PER_ORIGIN = 8192;

    /** What sandboxes may answer; Vert.x takes 4 and 8 KiB by default. */
    private static final int LONGEST_LINE = 16 * 1024;

    private static final int LONGEST_HEAD = 64 * 1024;

    /** Action servers close idle connections after 5 s; one that they close while we reuse it is a lost request. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(4);

    private final SessionRegistry registry;
    private final Tenants tenants;
    private final Tickets tickets;
    private final PublicUrls urls;
    private final Holds holds;
    private final Settings settings;
    private final MeterRegistry meters;
    private final InstantSource clock;
    private final int port;
    private final AtomicInteger actualPort;
    private final Function<Vertx, Handler<HttpServerRequest>> api;
    private final BooleanSupplier leaving;
    private final Optional<Certificates> certificates;
    private Waker waker;
    private AliveProbe probe;
    private HttpClientAgent client;
    private HttpClientAgent grpcClient;
    private HttpServer server;
    private HttpListeners listeners;
    private PortListeners ports;
    private Tunnels tunnels;

    /**
     * @param urls where sandboxes are reached; their ports are listened on too, if they have any
     * @param port where to listen; negative: any, the same for all instances that are given the same number
     * @param actualPort set to where it listens
     * @param api what serves requests that are not for sandboxes, made once for each instance
     * @param leaving whether clients should use their connections no more
     * @param certificates there if it speaks TLS
     */
    public ProxyVerticle(
            SessionRegistry registry,
            Tenants tenants,
            Tickets tickets,
            PublicUrls urls,
            Holds holds,
            Settings settings,
            MeterRegistry meters,
            InstantSource clock,
            int port,
            AtomicInteger actualPort,
            Function<Vertx, Handler<HttpServerRequest>> api,
            BooleanSupplier leaving,
            Optional<Certificates> certificates) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.tenants = Objects.requireNonNull(tenants, "tenants");
        this.tickets = Objects.requireNonNull(tickets, "tickets");
        this.urls = Objects.requireNonNull(urls, "urls");
        this.holds = Objects.requireNonNull(holds, "holds");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.meters = Objects.requireNonNull(meters, "meters");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.port = port;
        this.actualPort = Objects.requireNonNull(actualPort, "actualPort");
        this.api = Objects.requireNonNull(api, "api");
        this.leaving = Objects.requireNonNull(leaving, "leaving");
        this.certificates = Objects.requireNonNull(certificates, "certificates");
    }

    @Override
    public Future<?> start() {
        ProxySettings proxy = settings.proxy();
        // Who has left while its buffer was full cannot be heard any more: the end of what it sends waits behind the
        // rest.
        int stallMillis = (int) proxy.stallTimeout().toMillis();
        Silence silence = new Silence(
                vertx,
                shortest(
                        proxy.responseTimeout(),
                        proxy.idleTimeout(),
                        settings.lifecycle().aliveTimeout()));
        IdleLimit idle = new IdleLimit(silence, proxy.idleTimeout());
        tunnels = new Tunnels(vertx, proxy.stallTimeout(), idle);
        listeners = new HttpListeners(vertx, settings.http(), proxy.stallTimeout(), CHUNK, certificates);
        probe = new AliveProbe(vertx, settings.lifecycle().aliveTimeout());
        HttpClientOptions toSandboxes = new HttpClientOptions()
                .setConnectTimeout((int) proxy.connectTimeout().toMillis())
                .setSslHandshakeTimeout(proxy.connectTimeout().toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                // What lasts for hours and is silent, such as a tunnel, must notice that the other end is gone.
                .setTcpKeepAlive(true)
                .setTcpUserTimeout(stallMillis)
                .setKeepAliveTimeout((int) KEEP_ALIVE.toSeconds())
                .setMaxChunkSize(CHUNK)
                .setMaxInitialLineLength(LONGEST_LINE)
                .setMaxHeaderSize(LONGEST_HEAD);
        client = client(toSandboxes, new PoolOptions());
        grpcClient = client(Grpc.client(toSandboxes), Grpc.pool(CONNECTIONS_PER_ORIGIN));
        waker = new Waker(vertx, registry, holds, settings.hold().deadline());
        ProxyMeters requests = new ProxyMeters(meters);
        Verdicts verdicts = new Verdicts(probe, proxy.verdictCache(), clock);
        ProxyContext context = new ProxyContext(
                vertx,
                registry,
                new Connections(vertx, client, grpcClient, proxy.connectTimeout(), KEEP_ALIVE, CONNECTIONS_PER_ORIGIN),
                silence,
                idle,
                waker,
                holds,
                verdicts,
                new Intents(proxy.intents()),
                new WakeRight(tenants),
                new Pages(tickets, urls, holds.wakeTimes(), proxy.wakingPageAfter(), clock),
                new Breakers(
                        verdicts,
                        proxy.strict() ? 0 : proxy.breakerFailures(),
                        proxy.breakerReset(),
                        requests::breakerOpened),
                new RetryBudget(proxy.retryBudget(), System.nanoTime()),
                tunnels,
                Unread.on(Runtime.getRuntime().availableProcessors()),
                requests,
                proxy,
                settings.hold().deadline(),
                settings.lifecycle().aliveTimeout(),
                lookPatience(settings.upstream()));
        Handler<HttpServerRequest> others = api.apply(vertx);
        Addressing addressing = new Addressing(registry, urls.names());
        server = listeners.create(request -> dispatch(context, others, addressing.of(request), request));
        return server.listen(port, settings.http().host())
                .onSuccess(up -> actualPort.set(up.actualPort()))
                .compose(up -> urls.slots()
                        .map(slots -> portsOf(slots, context, others))
                        .orElseGet(Future::succeededFuture))
                .onSuccess(up -> certificates.ifPresent(c -> c.renewing(this::renew)));
    }

    private HttpClientAgent client(HttpClientOptions options, PoolOptions pool) {
        return vertx.httpClientBuilder()
                .with(options)
                .with(pool)
                .withConnectHandler(ProxyVerticle::met)
                .build();
    }

    private Future<?> renew(ServerSSLOptions certificate) {
        return Future.join(
                server.updateSSLOptions(certificate),
                ports == null ? Future.succeededFuture() : ports.renew(certificate));
    }

    private Future<Void> portsOf(PortSlots slots, ProxyContext context, Handler<HttpServerRequest> others) {
        ports = new PortListeners(
                slots,
                settings.http().host(),
                listeners::create,
                (slot, service) ->
                        request -> dispatch(context, others, Addressing.at(slots, slot, service, request), request));
        return ports.listen();
    }

    @Override
    public Future<?> stop() {
        Duration drain = settings.shutdown().drain();
        tunnels.leave(settings.shutdown().websocketWindow());
        long lastCall =
                vertx.setTimer(Math.max(1, settings.shutdown().holdWindow().toMillis()), t -> waker.leave());
        Future<Void> drained = server.shutdown(drain.toMillis(), TimeUnit.MILLISECONDS);
        Future<Void> portsDrained = ports == null ? Future.succeededFuture() : ports.shutdown(drain);
        return Future.join(drained, portsDrained)
                .onComplete(over -> vertx.cancelTimer(lastCall))
                .eventually(client::close)
                .eventually(grpcClient::close)
                .eventually(probe::close);
    }

    /** One that Vert.x keeps, which are those of HTTP/2. */
    private static void met(HttpConnection connection) {
        connection.exceptionHandler(ProxyVerticle::broke);
        InterimAnswers.leaveOut(connection);
        Transport.noticeVanishing(connection);
    }

    /** Whoever is killed resets its connections. Requests that are under way hear of it in their own way. */
    private static void broke(Throwable error) {
        LOG.debug("a connection broke: {}", error.toString());
    }

    private void dispatch(
            ProxyContext context,
            Handler<HttpServerRequest> others,
            Optional<SandboxPath> path,
            HttpServerRequest request) {
        if (leaving.getAsBoolean() && !EndToEnd.asksForUpgrade(request)) {
            HttpListeners.sayGoodbye(
                    request,
                    settings.shutdown().notReady().plus(settings.shutdown().drain()));
        }
        if (path.isPresent()) {
            new Exchange(context, request, path.get()).serve();
        } else if (RequestTarget.hasOddHost(request)) {
            // Vert.x would throw on it, and nobody would answer.
            InvalidRequest.refuse(request, "the Host field is no host");
        } else {
            ClientStream.of(request).flow();
            others.handle(request);
        }
    }

    /** Of those that are limits at all. */
    private static Duration shortest(Duration... limits) {
        return Stream.of(limits)
                .filter(limit -> !limit.isZero())
                .min(Duration::compareTo)
                .orElseThrow();
    }

    /** As long as all attempts of one call to the runtime API may take, and a little. */
    private static Duration lookPatience(UpstreamSettings upstream) {
        return upstream.callTimeout().multipliedBy(upstream.attempts()).plusSeconds(30);
    }
}
