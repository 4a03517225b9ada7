package dev.reveille.api;

import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.HEAD;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.config.ByteSize;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.PassThrough;
import dev.reveille.session.PublicUrls;
import dev.reveille.watch.StatusStreams;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes of the gateway itself: the runtime API's at the root, its own below {@code /api/v1}. */
public final class Api {
    private static final Logger LOG = LoggerFactory.getLogger(Api.class);
    private static final String SESSION_EVENTS = "/api/v1/sessions/:session_id/events";
    private static final String EVENTS = "/api/v1/events";
    private static final String TICKETS = "/api/v1/tickets";
    private static final Pattern DOT_SEGMENT = Pattern.compile("/(\\.|%2e){1,2}(?=/|$)", Pattern.CASE_INSENSITIVE);

    /** Long enough for a restart of upstream, short enough for what it said to be true still. */
    private static final Duration ANSWER_LIFETIME = Duration.ofMinutes(5);

    private final SessionRegistry registry;
    private final Tenants tenants;
    private final Tickets tickets;
    private final PublicUrls urls;
    private final String node;
    private final ByteSize bodyLimit;
    private final StatusStreams streams;
    private final PassThrough upstream;
    private final NodeFacts facts;
    private final Handler<RoutingContext> console;
    private final InstantSource clock;
    private final LastAnswers lastAnswers;
    private final Buffer contract = resource("/openapi.yaml");
    private final Map<String, Function<Vertx, Router>> beside = new LinkedHashMap<>();
    private volatile boolean served;

    /**
     * @param node the name of this node
     * @param bodyLimit the largest request body that is read
     * @param upstream takes what this gateway has no answer to
     * @param streams of what happens to sessions
     * @param facts what is told of this node
     * @param console serves what is below {@code /console}, and leaves the rest to others
     */
    public Api(
            SessionRegistry registry,
            Tenants tenants,
            Tickets tickets,
            PublicUrls urls,
            String node,
            ByteSize bodyLimit,
            PassThrough upstream,
            StatusStreams streams,
            NodeFacts facts,
            Handler<RoutingContext> console,
            InstantSource clock) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.tenants = Objects.requireNonNull(tenants, "tenants");
        this.tickets = Objects.requireNonNull(tickets, "tickets");
        this.urls = Objects.requireNonNull(urls, "urls");
        this.node = Objects.requireNonNull(node, "node");
        this.bodyLimit = Objects.requireNonNull(bodyLimit, "bodyLimit");
        this.streams = Objects.requireNonNull(streams, "streams");
        this.upstream = Objects.requireNonNull(upstream, "upstream");
        this.facts = Objects.requireNonNull(facts, "facts");
        this.console = Objects.requireNonNull(console, "console");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.lastAnswers = new LastAnswers(clock, ANSWER_LIFETIME);
    }

    /**
     * Lets {@code routes}, made once for each event loop, serve what is at {@code path}. Before that it is found out for whom a
     * request comes, if it shows that: see {@link #tenant} and {@link #ticket}.
     *
     * @throws IllegalStateException behind {@link #on}, whose routes would not have it
     */
    public Api beside(String path, Function<Vertx, Router> routes) {
        if (served) {
            throw new IllegalStateException("beside: " + path + " (expected: before on)");
        }
        beside.put(path, routes);
        return this;
    }

    /** For which tenant a request comes that is served beside the API; empty if it has not shown that. */
    public static Optional<String> tenant(RoutingContext context) {
        return Optional.ofNullable(Caller.tenant(context));
    }

    /** The ticket that a request has shown that is served beside the API. It was good then; it may end. */
    public static Optional<String> ticket(RoutingContext context) {
        return Optional.ofNullable(Caller.ticket(context));
    }

    /** The routes, for one event loop. */
    public Handler<HttpServerRequest> on(Vertx vertx) {
        served = true;
        return router(vertx);
    }

    Router router(Vertx vertx) {
        Router router = Router.router(vertx);
        Caller caller = new Caller(tenants, tickets, urls);

        router.route().handler(UnreadBody::watch).failureHandler(Refusal::answer);
        router.route("/console*").handler(console);
        runtimes(router, caller, vertx);
        router.route("/api/*").handler(Api::plainPath);
        for (String stream : List.of(SESSION_EVENTS, EVENTS)) {
            router.route(stream).handler(caller::identifyByTicket);
        }
        for (String path : List.of("/api/v1/sessions*", EVENTS, TICKETS)) {
            router.route(path).handler(caller::identify);
        }
        forCallers(router, caller, "/api/v1/overview", GET, new OverviewApi(registry, node, facts, clock)::get);
        sessions(router, vertx);
        events(router, vertx);
        beside.forEach((path, routes) -> {
            router.route(path).handler(caller::identifyIfShown);
            router.route(path).subRouter(routes.apply(vertx));
        });

        router.errorHandler(Refusal.NOT_FOUND, context -> Refusal.answer(context, Refusal.NOT_FOUND));
        router.errorHandler(Refusal.BAD_REQUEST, context -> Refusal.answer(context, Refusal.BAD_REQUEST));
        return router;
    }

    /** Clients write their base URL and a path one after the other, so a path may begin with several slashes. */
    private void runtimes(Router router, Caller caller, Vertx vertx) {
        RuntimesApi runtimes = new RuntimesApi(vertx.eventBus(), bodyLimit);
        UpstreamCalls calls = new UpstreamCalls(upstream, tenants, lastAnswers);

        resource(router, "/health", Map.of(GET, runtimes::health));
        forCallers(router, caller, "/start", POST, runtimes::start);
        forCallers(router, caller, "/stop", POST, runtimes::stop);
        forCallers(router, caller, "/pause", POST, runtimes::pause);
        forCallers(router, caller, "/resume", POST, runtimes::resume);
        forCallers(router, caller, "/sessions/batch", GET, runtimes::batch);
        forCallers(router, caller, "/sessions/:session_id", GET, runtimes::record);
        forCallers(router, caller, "/list", GET, runtimes::list);
        forCallers(router, caller, "/runtime/:runtime_id", GET, runtimes::pod);
        forCallers(router, caller, "/registry_prefix", GET, calls::registryPrefix);
        forCallers(router, caller, "/image_exists", GET, calls::imageExists);
        forCallers(router, caller, "/build", POST, calls::build);
        forCallers(router, caller, "/build_status", GET, calls::buildStatus);
        forCallers(router, caller, "/api/warm-runtime-configs", GET, calls::warmRuntimeConfigs);
    }

    private void sessions(Router router, Vertx vertx) {
        SessionsApi sessions = new SessionsApi(vertx.eventBus(), registry, bodyLimit, node);

        resource(router, "/api/v1/openapi.yaml", Map.of(GET, this::contract));
        resource(router, "/api/v1/sessions", Map.of(GET, sessions::list));
        resource(
                router,
                "/api/v1/sessions/:session_id",
                Map.of(PUT, sessions::open, GET, sessions::get, DELETE, sessions::close));
        resource(router, "/api/v1/sessions/:session_id/pause", Map.of(POST, sessions::pause));
        resource(router, "/api/v1/sessions/:session_id/resume", Map.of(POST, sessions::resume));
    }

    private void events(Router router, Vertx vertx) {
        EventsApi events = new EventsApi(vertx.eventBus(), streams.here(), tickets, bodyLimit);
        resource(router, SESSION_EVENTS, Map.of(GET, events::followOne, HEAD, events::followOne));
        resource(router, EVENTS, Map.of(GET, events::followAll, HEAD, events::followAll));
        resource(router, TICKETS, Map.of(POST, events::ticket));
    }

    private static void forCallers(
            Router router, Caller caller, String path, HttpMethod method, Handler<RoutingContext> handler) {
        router.route(path).handler(caller::identify);
        resource(router, path, Map.of(method, handler));
    }

    /** The router would answer other methods with 405, but does not tell us which ones there are. */
    private static void resource(Router router, String path, Map<HttpMethod, Handler<RoutingContext>> handlers) {
        handlers.forEach((method, handler) -> router.route(method, path).handler(handler));
        String allowed =
                handlers.keySet().stream().map(HttpMethod::name).sorted().collect(Collectors.joining(", "));
        router.route(path).handler(context -> Refusal.ofMethod(context, allowed));
    }

    private void contract(RoutingContext context) {
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/yaml")
                .end(contract)
                .onFailure(left -> LOG.debug("the client has left: {}", left.toString()));
    }

    /** One path, one meaning: what a client would turn into another path is none of ours. */
    private static void plainPath(RoutingContext context) {
        String path = context.request().path();
        boolean plain = !path.endsWith("/")
                && !path.contains("//")
                && !DOT_SEGMENT.matcher(path).find();
        if (plain) {
            context.next();
        } else {
            context.fail(Refusal.NOT_FOUND);
        }
    }

    private static Buffer resource(String name) {
        try (InputStream in = Api.class.getResourceAsStream(name)) {
            return Buffer.buffer(Objects.requireNonNull(in, name).readAllBytes());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
