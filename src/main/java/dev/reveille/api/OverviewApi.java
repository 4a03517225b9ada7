package dev.reveille.api;

import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.WakeHistory;
import dev.reveille.runtimeapi.BreakerReport;
import dev.reveille.session.SandboxState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeSet;

/** How a tenant's sessions are as a whole, and how the node is that answers. */
final class OverviewApi {
    private static final int OK = 200;

    private final SessionRegistry registry;
    private final String node;
    private final NodeFacts facts;
    private final InstantSource clock;

    /** @param node the name of this node */
    OverviewApi(SessionRegistry registry, String node, NodeFacts facts, InstantSource clock) {
        this.registry = registry;
        this.node = node;
        this.facts = facts;
        this.clock = clock;
    }

    void get(RoutingContext context) {
        Parameters.of(context);
        String tenant = Caller.tenant(context);
        Instant now = clock.instant();
        JsonObject overview = new JsonObject()
                .put("v", 1)
                .put("at", text(now))
                .put("node", node)
                .put("version", facts.version())
                .put(
                        "nodes",
                        new JsonArray(
                                new TreeSet<>(facts.nodes().get()).stream().toList()))
                .put("tenant", tenant)
                .put("sessions", sessions(tenant))
                .put("holds", facts.holds().applyAsInt(tenant))
                .put("runtime_api", breaker(facts.breaker().get(), now))
                .put("wakes", wakes(facts.wakes().of(tenant)));
        JsonAnswer.send(context, OK, overview.toBuffer());
    }

    private JsonObject sessions(String tenant) {
        Map<String, Integer> there = registry.totals(tenant);
        JsonObject counts = new JsonObject();
        SandboxState.WORDS.forEach(state -> counts.put(state, there.getOrDefault(state, 0)));
        return counts;
    }

    private static JsonObject breaker(BreakerReport report, Instant now) {
        return new JsonObject().put("breaker", report.state()).put("since", text(now.minus(report.lasting())));
    }

    private static JsonObject wakes(WakeHistory.Report report) {
        JsonArray minutes = new JsonArray();
        report.minutes()
                .forEach(minute -> minutes.add(new JsonObject()
                        .put("at", text(minute.begin()))
                        .put("ready", minute.ready())
                        .put("failed", minute.failed())));
        JsonArray recent = new JsonArray();
        report.recent()
                .forEach(wake -> recent.add(new JsonObject()
                        .put("session_id", wake.sessionId().value())
                        .put("at", text(wake.at()))
                        .put("took_ms", wake.took().toMillis())
                        .put("outcome", wake.ready() ? "ready" : "failed")));
        return new JsonObject()
                .put("since", text(report.since()))
                .put("per_minute", minutes)
                .put("recent", recent);
    }

    private static String text(Instant moment) {
        return moment.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
