package dev.reveille.lifecycle;

import dev.reveille.access.Tenants;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.Endpoint;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionDocument;
import dev.reveille.config.LifecycleSettings;
import dev.reveille.config.Settings;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.AliveProbe;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.Cause;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.Session;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/** Serves the commands on sessions, and sees to those that nobody carries any more. */
public final class LifecycleVerticle extends VerticleBase {
    private final SessionRegistry registry;
    private final ClusterNode node;
    private final Tenants tenants;
    private final PublicUrls urls;
    private final RuntimeApi api;
    private final Settings settings;
    private final MeterRegistry meters;
    private final Duration silence;
    private final InstantSource clock;
    private final List<MessageConsumer<JsonObject>> consumers = new ArrayList<>();
    private AliveProbe probe;
    private InitialEnv initialEnv;
    private Transitions transitions;
    private Sweeper sweeper;
    private Adoption adoption;
    private Ledger ledger;
    private long sweep;

    /**
     * @param api may be shared with others of this node that stop before; closed when this stops
     * @param clock the time; handed in so that tests can
     */
    public LifecycleVerticle(
            SessionRegistry registry,
            ClusterNode node,
            Tenants tenants,
            PublicUrls urls,
            RuntimeApi api,
            Settings settings,
            MeterRegistry meters,
            InstantSource clock) {
        this(registry, node, tenants, urls, api, settings, meters, Progress.SILENCE, clock);
    }

    LifecycleVerticle(
            SessionRegistry registry,
            ClusterNode node,
            Tenants tenants,
            PublicUrls urls,
            RuntimeApi api,
            Settings settings,
            MeterRegistry meters,
            Duration silence,
            InstantSource clock) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.node = Objects.requireNonNull(node, "node");
        this.tenants = Objects.requireNonNull(tenants, "tenants");
        this.urls = Objects.requireNonNull(urls, "urls");
        this.api = Objects.requireNonNull(api, "api");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.meters = Objects.requireNonNull(meters, "meters");
        this.silence = Objects.requireNonNull(silence, "silence");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public Future<?> start() {
        LifecycleSettings times = settings.lifecycle();
        probe = new AliveProbe(vertx, times.aliveTimeout());
        initialEnv = new InitialEnv(vertx, times.environmentTimeout());

        Upstream upstream = new Upstream(api, tenants);
        Leases leases = new Leases(node, times, settings.upstream(), clock);
        Leftovers leftovers = new Leftovers(registry, upstream);
        Pace pace = new Pace(times.pollFirst(), times.pollMax());
        PublicRoute publicRoute = new PublicRoute(urls, probe);
        Readiness readiness = new Readiness(vertx, upstream, probe, publicRoute, pace, clock);
        Arrival arrival = new Arrival(readiness, publicRoute, initialEnv);
        Waking waking = new Waking(upstream, arrival, leftovers);
        Pace buildPace = new Pace(times.buildPoll(), times.buildPoll());
        ImageBuild builds = new ImageBuild(upstream, new Polling(vertx, buildPace, clock));
        Opening opening = new Opening(upstream, builds, waking, arrival, leftovers);
        Ending ending = new Ending(upstream, new Polling(vertx, pace, clock));
        transitions = new Transitions(
                vertx,
                registry,
                leases,
                new Transitions.Steps(opening, waking, ending),
                leftovers,
                meters,
                silence,
                clock);
        ledger = new Ledger(vertx, registry, ledgerFile());
        Discovery discovery = new Discovery(registry, upstream, transitions, leases, ledger, clock);
        Lifecycle lifecycle = new Lifecycle(vertx.eventBus(), registry, transitions, discovery, leases, clock);
        sweeper = new Sweeper(
                registry, transitions, discovery, leases, settings.registry().retainStopped(), clock);

        serve(Catalogue.GET, lifecycle::get);
        OwedStops owedStops = new OwedStops(registry, upstream, lifecycle, clock);
        serve(Catalogue.OPEN, open -> wanted(owedStops, open.command(), () -> lifecycle.open(open)));
        serve(Catalogue.RESUME, resume -> wanted(owedStops, resume, () -> lifecycle.resume(resume)));
        serve(Catalogue.PAUSE, lifecycle::pause);
        serve(Catalogue.CLOSE, lifecycle::close);
        serve(Catalogue.INSPECT, lifecycle::inspect);
        serve(Catalogue.ADOPT, lifecycle::adopt);
        consumers.add(lifecycle.wishes().follow(owedStops::heard));
        RuntimeRecords records = new RuntimeRecords(registry, upstream, discovery, publicRoute, urls);
        RuntimeCalls calls = new RuntimeCalls(registry, upstream, transitions, lifecycle, records, owedStops);
        answer(Catalogue.RUNTIME_START, calls::start);
        answer(Catalogue.RUNTIME_RECORD, records::record);
        answer(Catalogue.RUNTIME_RECORDS, records::records);
        answer(Catalogue.RUNTIME_POD, records::pod);
        answer(Catalogue.RUNTIME_RESUME, calls::resume);
        answer(Catalogue.RUNTIME_PAUSE, calls::pause);
        answer(Catalogue.RUNTIME_STOP, calls::stop);

        sweep = vertx.setPeriodic(settings.registry().repairInterval().toMillis(), t -> {
            sweeper.sweep();
            owedStops.pay();
        });
        // What a node was carrying that has just left.
        node.onChange(() -> context.runOnContext(v -> sweeper.sweep()));
        adoption = new Adoption(vertx, discovery, tenants.names());
        adoption.begin();
        return Future.join(consumers.stream().map(MessageConsumer::completion).toList())
                .compose(listening -> ledger.begin());
    }

    /** One for each upstream: what one knows is nothing to another. */
    private Optional<Path> ledgerFile() {
        String upstream = settings.upstream()
                .url()
                .map(URI::toString)
                .orElseGet(() -> "embedded " + settings.embedded().directory().toAbsolutePath());
        return settings.registry()
                .directory()
                .map(folder ->
                        folder.resolve(UUID.nameUUIDFromBytes(upstream.getBytes(StandardCharsets.UTF_8)) + ".jsonl"));
    }

    @Override
    public Future<?> stop() {
        vertx.cancelTimer(sweep);
        adoption.end();
        transitions.leave();
        return Future.join(consumers.stream().map(MessageConsumer::unregister).toList())
                .eventually(ledger::end)
                .eventually(initialEnv::close)
                .eventually(probe::close)
                .eventually(api::close);
    }

    /** Only a client, and the session's owner, takes back that it is to end. */
    private static Future<Session> wanted(OwedStops owed, SessionCommand command, Supplier<Future<Session>> call) {
        return command.cause() == Cause.CLIENT && command.tenant().isPresent()
                ? owed.wanted(command.tenant().get(), command.id(), call)
                : call.get();
    }

    private <A> void answer(Endpoint<A, JsonObject> endpoint, Function<A, Future<JsonObject>> call) {
        consumers.add(endpoint.serve(vertx.eventBus(), call));
    }

    private <A> void serve(Endpoint<A, JsonObject> endpoint, Function<A, Future<Session>> command) {
        consumers.add(endpoint.serve(
                vertx.eventBus(), asked -> command.apply(asked).map(s -> SessionDocument.of(s, urls))));
    }
}
