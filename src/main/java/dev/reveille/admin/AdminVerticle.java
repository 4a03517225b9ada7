package dev.reveille.admin;

import dev.reveille.config.AdminSettings;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.healthchecks.HealthChecks;
import io.vertx.ext.healthchecks.Status;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.healthchecks.HealthCheckHandler;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** {@code /live}, {@code /ready} and {@code /metrics}. */
public final class AdminVerticle extends VerticleBase {
    private final AdminSettings settings;
    private final Readiness readiness;
    private final PrometheusMeterRegistry meters;
    private final AtomicInteger port;
    private HttpServer server;

    /** @param port set to where it listens */
    public AdminVerticle(
            AdminSettings settings, Readiness readiness, PrometheusMeterRegistry meters, AtomicInteger port) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.readiness = Objects.requireNonNull(readiness, "readiness");
        this.meters = Objects.requireNonNull(meters, "meters");
        this.port = Objects.requireNonNull(port, "port");
    }

    @Override
    public Future<?> start() {
        HealthChecks ready = HealthChecks.create(vertx);
        ready.register(
                "node",
                status -> status.complete(
                        readiness.isReady()
                                ? Status.OK()
                                : Status.KO(new JsonObject().put("reason", readiness.whyNot()))));
        // That it answers says that its event loops turn. Without a check the answer would be 204, which not all probes
        // like.
        HealthChecks live = HealthChecks.create(vertx);
        live.register("node", status -> status.complete(Status.OK()));
        Router router = Router.router(vertx);
        router.get("/live").handler(HealthCheckHandler.createWithHealthChecks(live));
        router.get("/ready").handler(HealthCheckHandler.createWithHealthChecks(ready));
        router.get("/metrics").handler(this::metrics);
        server = vertx.createHttpServer().requestHandler(router);
        return server.listen(settings.port(), settings.host()).onSuccess(up -> port.set(up.actualPort()));
    }

    @Override
    public Future<?> stop() {
        return server.close();
    }

    private void metrics(RoutingContext context) {
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                .end(meters.scrape())
                .onFailure(context::fail);
    }
}
