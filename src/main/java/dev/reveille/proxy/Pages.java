package dev.reveille.proxy;

import dev.reveille.access.Tickets;
import dev.reveille.problem.Problem;
import dev.reveille.registry.Route;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What people see who open a page of a sandbox that is not there: while it wakes, how far it is, until their page can be
 * loaded in place of ours; otherwise what is wrong, in plain words.
 *
 * <p>The page brings all it needs, and may do nothing but follow the session. It holds no key: its address may, so it is
 * told to nobody.
 */
final class Pages {
    private static final Template PAGE = Template.of("page.html");
    private static final String POLICY = "default-src 'none'; script-src " + PAGE.hashOf("script") + "; style-src "
            + PAGE.hashOf("style") + "; img-src data:; base-uri 'none'; form-action 'none'";
    private static final String NOTHING = "";

    private final Tickets tickets;
    private final PublicUrls urls;
    private final WakeTimes wakeTimes;
    private final Duration after;
    private final InstantSource clock;

    /** @param after how long people look at nothing before they see that a sandbox wakes; zero: until it is awake */
    Pages(Tickets tickets, PublicUrls urls, WakeTimes wakeTimes, Duration after, InstantSource clock) {
        this.tickets = tickets;
        this.urls = urls;
        this.wakeTimes = wakeTimes;
        this.after = after;
        this.clock = clock;
    }

    /** How long {@code in} may wait for its sandbox, {@code left} being what it has. */
    Duration patience(HttpServerRequest in, Duration left) {
        return !after.isZero() && after.compareTo(left) < 0 && Navigation.isOne(in) ? after : left;
    }

    /**
     * Answers a {@link Navigation}.
     *
     * @param problem why it was not forwarded
     * @param route to its sandbox as it is now; empty if there is none
     * @param mayWake whether it has the right to wake the sandbox
     * @param left what it has left of its time
     * @return when it was sent
     */
    Future<Void> answer(
            HttpServerRequest in,
            SandboxPath path,
            Problem problem,
            Optional<Route> route,
            boolean mayWake,
            Duration left) {
        boolean cutShort = problem.failure() instanceof GatewayFailure.WakeTimeout && !after.isZero() && !left.isZero();
        return route.filter(r -> cutShort && onItsWay(r))
                .map(r -> waking(in, path, problem, r.session(), mayWake))
                .orElseGet(() -> failed(in, problem, mayWake));
    }

    /** Its wake may not have begun yet, and may have ended by now: the page finds out. */
    private static boolean onItsWay(Route route) {
        SandboxState state = route.session().state();
        return !(state instanceof SandboxState.Failed
                || state instanceof SandboxState.Stopping
                || state instanceof SandboxState.Stopped);
    }

    private Future<Void> waking(
            HttpServerRequest in, SandboxPath path, Problem problem, Session session, boolean mayWake) {
        boolean starting = session.state() instanceof SandboxState.Starting;
        Duration elapsed = starting || session.state() instanceof SandboxState.Resuming
                ? Duration.between(session.changedAt(), clock.instant())
                : Duration.ZERO;
        Optional<Duration> expected = starting ? Optional.empty() : wakeTimes.known();
        Duration rest = expected.orElseGet(wakeTimes::expected).minus(elapsed);
        Duration retry = rest.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : rest;
        Problem notYet = new Problem(
                new GatewayFailure.RuntimePaused(
                        "the sandbox is " + session.state().word() + " and not ready yet", retry),
                problem.sessionId(),
                problem.runtimeId());
        Feed feed = mayWake ? feed(session, path) : Feed.NONE;
        return send(
                in.response(),
                notYet,
                feed,
                Map.ofEntries(
                        Map.entry("title", starting ? "Starting your sandbox" : "Waking your sandbox"),
                        Map.entry(
                                "advice",
                                starting
                                        ? "It is on its way. Your page opens by itself as soon as it is ready."
                                        : "It was asleep. Your page opens by itself as soon as it is ready."),
                        Map.entry("waking", "yes"),
                        Map.entry("failed", NOTHING),
                        Map.entry("state", starting ? "Starting…" : "Waking…"),
                        Map.entry("retry-after", Long.toString(Math.min(10, retry.toSeconds()))),
                        Map.entry("feed", feed.url),
                        Map.entry("elapsed", Long.toString(Math.max(0, elapsed.toMillis()))),
                        Map.entry(
                                "expected",
                                expected.map(d -> Long.toString(d.toMillis())).orElse(NOTHING)),
                        Map.entry("runtime", problem.runtimeId().orElse(NOTHING)),
                        Map.entry("detail", NOTHING),
                        Map.entry("code", NOTHING)));
    }

    private Future<Void> failed(HttpServerRequest in, Problem problem, boolean mayWake) {
        PlainWords words = PlainWords.of(problem.failure(), mayWake);
        return send(
                in.response(),
                problem,
                Feed.NONE,
                Map.ofEntries(
                        Map.entry("title", words.title()),
                        Map.entry("advice", words.advice()),
                        Map.entry("waking", NOTHING),
                        Map.entry("failed", "yes"),
                        Map.entry("state", NOTHING),
                        Map.entry("retry-after", NOTHING),
                        Map.entry("feed", NOTHING),
                        Map.entry("elapsed", NOTHING),
                        Map.entry("expected", NOTHING),
                        Map.entry("runtime", problem.runtimeId().orElse(NOTHING)),
                        Map.entry("detail", problem.failure().detail()),
                        Map.entry("code", problem.failure().code())));
    }

    private static Future<Void> send(
            HttpServerResponse response, Problem problem, Feed feed, Map<String, String> values) {
        if (!problem.begin(response)) {
            return Future.succeededFuture();
        }
        return response.putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader(HttpHeaders.VARY, "Accept, Sec-Fetch-Mode")
                .putHeader("Content-Security-Policy", POLICY + feed.permission)
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("X-Content-Type-Options", "nosniff")
                .end(PAGE.filled(values));
    }

    /** On a host or port of its own nothing is ours, so that the feed is at another origin. */
    private Feed feed(Session session, SandboxPath path) {
        String events = "/api/v1/sessions/" + session.id() + "/events";
        String ticket = "?ticket=" + tickets.mint(session.id(), session.tenant());
        if (!path.ownOrigin()) {
            return new Feed(events + ticket, "; connect-src 'self'");
        }
        String base = urls.base();
        if (!base.startsWith("http")) {
            return Feed.NONE;
        }
        String socket = "ws" + base.substring("http".length()) + events;
        return new Feed(socket + ticket, "; connect-src " + socket);
    }

    /**
     * Where a page hears of its session.
     *
     * @param url for a websocket; empty if there is none
     * @param permission what the page's policy needs for it
     */
    private record Feed(String url, String permission) {
        private static final Feed NONE = new Feed(NOTHING, NOTHING);
    }
}
