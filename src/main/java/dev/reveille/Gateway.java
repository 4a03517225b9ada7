package dev.reveille;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.admin.AdminVerticle;
import dev.reveille.admin.Readiness;
import dev.reveille.api.Api;
import dev.reveille.api.NodeFacts;
import dev.reveille.bridge.Bridges;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.SharedSecret;
import dev.reveille.config.HttpSettings;
import dev.reveille.config.PortRange;
import dev.reveille.config.Settings;
import dev.reveille.config.TlsSettings;
import dev.reveille.console.Console;
import dev.reveille.http.Certificates;
import dev.reveille.lifecycle.LifecycleVerticle;
import dev.reveille.proxy.Holds;
import dev.reveille.proxy.ProxyVerticle;
import dev.reveille.registry.RegistryVerticle;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.registry.WakeHistory;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.PortSlots;
import dev.reveille.session.PublicUrls;
import dev.reveille.watch.StatusStreams;
import dev.reveille.webhook.WebhookVerticle;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: everything made and wired here, started in order and stopped in the reverse of it.
 *
 * <p>Starting: the embedded host if it is used, registry, lifecycle, admin listener, public listener, ready. Stopping: not
 * ready, wait for balancers to notice, take no more holds, finish requests, and so back.
 */
public final class Gateway {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    private final Vertx vertx;
    private final Settings settings;
    private final PrometheusMeterRegistry meters;
    private final InstantSource clock;
    private final Tenants tenants;
    private final PublicUrls urls;
    private final Holds holds;
    private final Readiness readiness = new Readiness();
    private final ClusterNode node;
    private final AtomicInteger port;
    private final AtomicInteger adminPort;
    private final AtomicInteger bridgePort = new AtomicInteger();
    private URI runtimeApi;
    private RuntimeApi calls;
    private StatusStreams streams;
    private Optional<EmbeddedHost> embedded = Optional.empty();
    private final Deque<Supplier<Future<Void>>> undo = new ArrayDeque<>();

    private Gateway(
            Vertx vertx, ClusterNode node, Settings settings, PrometheusMeterRegistry meters, InstantSource clock) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.node = Objects.requireNonNull(node, "node");
        this.meters = Objects.requireNonNull(meters, "meters");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.tenants = new Tenants(settings.tenants(), settings.upstream().apiKey());
        this.urls = urls(settings.http());
        this.holds = new Holds(settings.hold(), meters);
        this.port = new AtomicInteger(settings.http().port());
        this.adminPort = new AtomicInteger(settings.admin().port());
    }

    /**
     * Starts a node.
     *
     * @return once it is ready; if a part cannot be started, those before it are stopped again and it fails
     */
    public static Future<Gateway> start(
            Vertx vertx, ClusterNode node, Settings settings, PrometheusMeterRegistry meters, InstantSource clock) {
        Gateway gateway = new Gateway(vertx, node, settings, meters, clock);
        return gateway.start()
                .map(gateway)
                .recover(error -> gateway.unwind().transform(done -> Future.failedFuture(error)));
    }

    /** Where the public listener listens. */
    public int port() {
        return port.get();
    }

    /** Where the admin listener listens. */
    public int adminPort() {
        return adminPort.get();
    }

    /** Where the TCP bridge of the event bus listens; 0: nowhere. */
    public int bridgePort() {
        return bridgePort.get();
    }

    /** Where the runtime API is; the embedded one's address if that is used. */
    public URI runtimeApi() {
        return runtimeApi;
    }

    /** The base of the URLs that are handed out. */
    public String publicUrl() {
        return urls.base();
    }

    /** Promises that {@link #stop} is called when a signal ends the process: embedded sandboxes serve until then. */
    void stopsOnSignal() {
        embedded.ifPresent(EmbeddedHost::endsInOrder);
    }

    /** Drains and stops. @return when everything is released; at most the two times of {@code shutdown} and a little later */
    public Future<Void> stop() {
        readiness.leaving();
        return pause(settings.shutdown().notReady()).compose(noticed -> {
            holds.close();
            streams.leave();
            return unwind();
        });
    }

    private Future<Void> start() {
        return vertx.sharedData()
                .<String, String>getAsyncMap(SessionStore.MAP)
                .map(map -> new SessionRegistry(
                        vertx,
                        new SessionStore(map),
                        node,
                        urls::routed,
                        urls::unrouted,
                        settings.registry().retainStopped(),
                        clock))
                .compose(registry -> SharedSecret.of(vertx, node, "tickets")
                        .map(secret -> new Tickets(secret, settings.watchers().ticketLifetime(), clock))
                        .compose(tickets -> upstream().compose(upstream -> start(registry, tickets, upstream))));
    }

    private Future<Void> start(SessionRegistry registry, Tickets tickets, URI upstream) {
        runtimeApi = upstream;
        SessionGauges.register(registry, meters);
        calls = new RuntimeApi(vertx, upstream, settings.upstream(), meters);
        undo.push(calls::close);
        streams = new StatusStreams(vertx, registry, settings, clock);
        Gauge.builder("reveille.watchers", streams, StatusStreams::watchers)
                .description("Streams of what happens to sessions")
                .strongReference(true)
                .register(meters);
        Api api = new Api(
                registry,
                tenants,
                tickets,
                urls,
                node.id(),
                settings.http().bodyLimit(),
                calls.passThrough(),
                streams,
                facts(),
                new Console(),
                clock);
        Bridges bridges = new Bridges(
                vertx,
                tenants,
                tickets,
                streams,
                settings.bridges(),
                settings.shutdown().websocketWindow(),
                meters);
        if (settings.bridges().sockjs().enabled()) {
            api.beside(Bridges.PATH, loop -> bridges.sockJs(Api::tenant, Api::ticket));
        }
        return deploy(new RegistryVerticle(registry, urls, settings.registry().repairInterval()))
                .compose(up -> streams.open())
                .onSuccess(up -> undo.push(streams::close))
                .compose(up -> webhook(registry))
                .compose(up ->
                        deploy(new LifecycleVerticle(registry, node, tenants, urls, calls, settings, meters, clock)))
                .compose(up -> deploy(new AdminVerticle(settings.admin(), readiness, meters, adminPort)))
                .compose(up -> certificates())
                .compose(certificates -> listeners(registry, tickets, api, certificates))
                .compose(up ->
                        settings.bridges().tcp().enabled() ? deploy(bridges.tcp(bridgePort)) : Future.succeededFuture())
                .onSuccess(up -> undo.push(() -> {
                    bridges.leave();
                    return Future.succeededFuture();
                }))
                .onSuccess(up -> readiness.ready());
    }

    private Future<?> webhook(SessionRegistry registry) {
        return settings.webhook().url().isEmpty()
                ? Future.succeededFuture()
                : deploy(new WebhookVerticle(registry, streams, node, settings.webhook(), meters, clock));
    }

    /** What the API tells of this node, gathered from rooms that it does not see. */
    private NodeFacts facts() {
        WakeHistory wakes = new WakeHistory(tenants.names(), clock);
        MessageConsumer<JsonObject> news = Catalogue.CHANGED.follow(vertx.eventBus(), wakes::saw);
        undo.push(news::unregister);
        return new NodeFacts(Cli.Version.number(), node::members, holds::of, calls::breaker, wakes);
    }

    /** One listener on each event loop that the machine can run at once, all on one port. */
    private Future<Void> listeners(
            SessionRegistry registry, Tickets tickets, Api api, Optional<Certificates> certificates) {
        int configured = settings.http().port();
        int shared = configured == 0 ? -ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE) : configured;
        // As one deployment they stop together.
        DeploymentOptions instances =
                new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors());
        return vertx.deployVerticle(
                        () -> new ProxyVerticle(
                                registry,
                                tenants,
                                tickets,
                                urls,
                                holds,
                                settings,
                                meters,
                                clock,
                                shared,
                                port,
                                api::on,
                                readiness::isLeaving,
                                certificates),
                        instances)
                .onSuccess(id -> undo.push(() -> vertx.undeploy(id)))
                .onComplete(tried -> certificates.ifPresent(c -> undo.push(c::close)))
                .onSuccess(up -> urls.listening(
                        settings.http().tls().scheme(), settings.http().host(), port.get()))
                .mapEmpty();
    }

    private Future<Optional<Certificates>> certificates() {
        TlsSettings tls = settings.http().tls();
        return tls.enabled()
                ? Certificates.watch(vertx, tls).map(Optional::of)
                : Future.succeededFuture(Optional.empty());
    }

    private static PublicUrls urls(HttpSettings http) {
        return switch (http.routing()) {
            case PATH -> new PublicUrls(http.publicUrl());
            case SUBDOMAIN -> PublicUrls.byHost(http.publicUrl(), http.domain().orElseThrow(), http.domainSeparator());
            case PORT ->
                PublicUrls.byPort(http.publicUrl(), slots(http.portRange().orElseThrow()));
        };
    }

    private static PortSlots slots(PortRange range) {
        return new PortSlots(
                range.first(),
                range.last(),
                runtime -> LOG.warn(
                        "runtime={} gets no ports, as all of http.port-range {} are taken: its URLs are by path",
                        runtime,
                        range));
    }

    private Future<URI> upstream() {
        if (settings.upstream().url().isPresent()) {
            return Future.succeededFuture(settings.upstream().url().get());
        }
        EmbeddedHost host = new EmbeddedHost(vertx, node, settings.embedded());
        embedded = Optional.of(host);
        undo.push(host::stop);
        return host.start();
    }

    private Future<Void> deploy(Deployable part) {
        return vertx.deployVerticle(part)
                .onSuccess(id -> undo.push(() -> vertx.undeploy(id)))
                .mapEmpty();
    }

    private Future<Void> unwind() {
        Future<Void> all = Future.succeededFuture();
        while (!undo.isEmpty()) {
            Supplier<Future<Void>> step = undo.pop();
            all = all.eventually(step);
        }
        return all;
    }

    private Future<Void> pause(Duration time) {
        return time.isZero()
                ? Future.succeededFuture()
                : vertx.timer(time.toMillis(), TimeUnit.MILLISECONDS).mapEmpty();
    }
}
