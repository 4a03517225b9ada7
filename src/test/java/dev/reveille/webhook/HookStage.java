package dev.reveille.webhook;

import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static dev.reveille.testing.TestGateway.await;

import dev.reveille.bus.ClusterNode;
import dev.reveille.config.Settings;
import dev.reveille.config.WebhookSettings;
import dev.reveille.registry.RegistryVerticle;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.Cause;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.testing.Registries;
import dev.reveille.watch.StatusStreams;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/** A node that posts to a receiver. Its clock goes on when it is told to. */
final class HookStage {
    private final Vertx vertx;
    private final String mapName;
    private final AtomicReference<Instant> now;
    private final Member node;
    private final SessionRegistry registry;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final String webhook;

    private HookStage(
            Vertx vertx, String mapName, AtomicReference<Instant> now, Member node, WebhookSettings settings) {
        this.vertx = vertx;
        this.mapName = mapName;
        this.now = now;
        this.node = node;
        AsyncMap<String, String> map = await(vertx.sharedData().<String, String>getAsyncMap(mapName));
        this.registry = Registries.registry(vertx, new SessionStore(map), node);
        await(vertx.deployVerticle(
                new RegistryVerticle(registry, new PublicUrls(Optional.empty()), Duration.ofHours(1))));
        StatusStreams streams = new StatusStreams(vertx, registry, Settings.defaults(), now::get);
        await(streams.open());
        this.webhook =
                await(vertx.deployVerticle(new WebhookVerticle(registry, streams, node, settings, meters, now::get)));
    }

    static HookStage of(Vertx vertx, WebhookSettings settings) {
        return new HookStage(
                vertx,
                "sessions",
                new AtomicReference<>(Instant.now().truncatedTo(ChronoUnit.MILLIS)),
                new Member("node-a"),
                settings);
    }

    /** Another node that sees the same shared maps, and at first itself alone. */
    HookStage beside(String name, WebhookSettings settings) {
        return beside(name, settings, Set.of(name));
    }

    /** @param members who there is, as it sees it at first */
    HookStage beside(String name, WebhookSettings settings, Set<String> members) {
        Member node = new Member(name);
        node.members = members;
        return new HookStage(vertx, mapName, now, node, settings);
    }

    /** Who there is, as this node sees it. */
    void members(String... names) {
        node.are(Set.of(names));
    }

    void dies() {
        await(vertx.undeploy(webhook));
    }

    void opens(String id) {
        Session first =
                Session.first(new SessionId(id), "acme", plainSpec(), running("rt-" + id), Cause.CLIENT, now.get());
        await(registry.create(first));
    }

    void changes(String id, String detail) {
        advance(Duration.ofMillis(1));
        Session from = registry.seen(new SessionId(id)).orElseThrow();
        await(registry.change(from, from.to(from.state(), Cause.UPSTREAM, detail, now.get())));
    }

    void forgets(String id) {
        await(registry.forget(registry.seen(new SessionId(id)).orElseThrow()));
    }

    void advance(Duration time) {
        now.updateAndGet(at -> at.plus(time));
    }

    double posts(String outcome) {
        return meters.get("reveille.webhook.posts")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    double behind() {
        return meters.get("reveille.webhook.behind").gauge().value();
    }

    /** A node that is told who there is. */
    private static final class Member implements ClusterNode {
        private final String id;
        private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
        private volatile Set<String> members;

        private Member(String id) {
            this.id = id;
            this.members = Set.of(id);
        }

        private void are(Set<String> names) {
            members = names;
            listeners.forEach(Runnable::run);
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public Set<String> members() {
            return members;
        }

        @Override
        public boolean knows(String other) {
            return members.contains(other);
        }

        @Override
        public boolean hasLeft(String other) {
            return !knows(other);
        }

        @Override
        public int size() {
            return members.size();
        }

        @Override
        public void onChange(Runnable listener) {
            listeners.add(listener);
        }

        @Override
        public void follow(String map, MapListener listener) {
            // What the others change it reads from the map when it hears of it on the event bus.
        }
    }
}
