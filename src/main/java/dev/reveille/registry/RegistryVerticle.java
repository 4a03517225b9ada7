package dev.reveille.registry;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionDocument;
import dev.reveille.bus.SessionListing;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this node's copy of the registry true, and lists it on the event bus.
 *
 * <p>News tells that a session changed, not all of what it is now: what this node did not do itself it reads from the
 * shared map. What it did not hear of, it finds there at the next repair.
 */
public final class RegistryVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryVerticle.class);

    /** News that was lost is made up for that fast where somebody waits for it. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

    private final SessionRegistry registry;
    private final PublicUrls urls;
    private final Duration repairInterval;
    private MessageConsumer<JsonObject> news;
    private MessageConsumer<JsonObject> listing;
    private long repair;
    private long refresh;

    public RegistryVerticle(SessionRegistry registry, PublicUrls urls, Duration repairInterval) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.urls = Objects.requireNonNull(urls, "urls");
        this.repairInterval = Objects.requireNonNull(repairInterval, "repairInterval");
    }

    @Override
    public Future<?> start() {
        // News first, then the whole map: what changes meanwhile is not missed.
        registry.follow(() -> context.runOnContext(v -> repaired(registry.reload())));
        news = Catalogue.CHANGED.follow(vertx.eventBus(), this::heard);
        listing = Catalogue.LIST.serve(vertx.eventBus(), asked -> Future.succeededFuture(page(asked)));
        repair = vertx.setPeriodic(repairInterval.toMillis(), t -> repaired(registry.repair()));
        refresh = vertx.setPeriodic(LOOK_AGAIN.toMillis(), t -> refreshed());
        return Future.join(news.completion(), listing.completion(), registry.reload());
    }

    @Override
    public Future<?> stop() {
        vertx.cancelTimer(repair);
        vertx.cancelTimer(refresh);
        return Future.join(listing.unregister(), news.unregister());
    }

    private void heard(SessionChange change) {
        // A session that was forgotten and opened again counts from 1 again, but later.
        boolean known = registry.seen(change.sessionId())
                .filter(s -> s.revision() >= change.revision())
                .filter(s -> !s.changedAt().isBefore(change.at()))
                .isPresent();
        if (!known) {
            registry.find(change.sessionId())
                    .onFailure(e -> LOG.warn("session={} could not be read: {}", change.sessionId(), e.getMessage()));
        }
    }

    private void refreshed() {
        registry.refresh().onFailure(e -> LOG.debug("sessions that are waited for: {}", e.getMessage()));
    }

    private void repaired(Future<?> repair) {
        repair.onSuccess(all -> urls.tidy(runtime -> registry.route(runtime.value()) != null))
                .onFailure(e -> LOG.warn("the registry could not be read: {}", e.getMessage()));
    }

    private JsonObject page(SessionListing asked) {
        List<Session> found = registry.list(asked);
        JsonArray sessions = new JsonArray();
        found.stream().limit(asked.limit()).forEach(s -> sessions.add(SessionDocument.summary(s, urls)));
        JsonObject page = new JsonObject().put("v", 1).put("sessions", sessions);
        if (found.size() > asked.limit()) {
            page.put("next", found.get(asked.limit() - 1).id().value());
        }
        return page;
    }
}
