package dev.reveille.registry;

import static dev.reveille.session.Examples.NOON;
import static dev.reveille.session.Examples.paused;
import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static dev.reveille.session.Examples.session;
import static dev.reveille.testing.Eventually.eventually;
import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.SessionListing;
import dev.reveille.bus.Wire;
import dev.reveille.session.Cause;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.testing.Registries;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class RegistryVerticleTest {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration OFTEN = Duration.ofMillis(10);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Session running = session("s-1", running("rt1"));
    private final Session paused = running.to(paused("rt1"), NOON.plusSeconds(1));
    private Vertx vertx;
    private CountingMap counting;
    private AsyncMap<String, String> map;
    private SessionRegistry registry;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        map = await(vertx.sharedData().getAsyncMap(SessionStore.MAP));
        counting = new CountingMap(map);
        registry = Registries.registry(vertx, new SessionStore(counting.map()), ClusterNode.named("node-a"));
    }

    @Test
    void whatIsThereAtTheStartIsKnown() {
        put(running);

        deploy(NEVER);

        assertThat(registry.seen(running.id())).contains(running);
        assertThat(registry.route("rt1").awake()).isTrue();
    }

    @Test
    void newsOfAnotherNodeLeadsToARead() {
        deploy(NEVER);

        put(running);
        tell(Optional.empty(), running);

        assertThat(await(registry.until(running.id(), s -> s.revision() == 1, LONG)))
                .contains(running);
        assertThat(registry.route("rt1").awake()).isTrue();
    }

    @Test
    void whatThisNodeDidItselfIsNotReadAgain() {
        deploy(NEVER);
        Promise<Void> heard = Promise.promise();
        Catalogue.CHANGED.follow(vertx.eventBus(), change -> {
            if (change.revision() == 2) {
                heard.complete();
            }
        });

        Session created = await(registry.create(running)).orElseThrow();
        await(registry.change(created, created.to(paused("rt1"), NOON)));
        await(heard.future());

        assertThat(counting.calls()).as("reload, create, change").isEqualTo(3);
    }

    @Test
    void newsThatWasMissedIsRepairedFromTheMap() {
        deploy(OFTEN);
        put(running);
        await(registry.until(running.id(), s -> s.revision() == 1, LONG));

        put(paused);

        assertThat(await(registry.until(running.id(), s -> s.revision() == 2, LONG)))
                .contains(paused);
    }

    @Test
    void whatAnotherNodeForgotIsForgottenByTheRepair() {
        put(running.to(new SandboxState.Stopped(), NOON));
        deploy(NEVER);

        await(map.remove("s-1"));
        await(registry.reload());

        assertThat(registry.seen(running.id())).isEmpty();
    }

    @Test
    void aRecordThatIsLostWhileItsSandboxIsThereIsPutBack() {
        put(running);
        deploy(NEVER);

        await(map.remove("s-1"));
        await(registry.reload());

        assertThat(registry.route("rt1")).isNotNull();
        assertThat(await(new SessionStore(map).get(running.id()))).contains(running);
    }

    @Test
    void aSessionThatIsNoLongerInTheMapIsForgottenWhenItIsLookedFor() {
        put(running.to(new SandboxState.Stopped(), NOON));
        deploy(NEVER);

        await(map.remove("s-1"));
        assertThat(await(registry.find(running.id()))).isEmpty();

        assertThat(registry.seen(running.id())).isEmpty();
    }

    @Test
    void aRecordThatIsLostIsPutBackByWhoeverLooksForIt() {
        put(running);
        deploy(NEVER);

        await(map.remove("s-1"));

        assertThat(await(registry.find(running.id()))).contains(running);
        assertThat(await(new SessionStore(map).get(running.id()))).contains(running);
    }

    @Test
    void aRecordThatIsLostDoesNotKeepItsSessionFromChanging() {
        put(running);
        deploy(NEVER);

        await(map.remove("s-1"));

        assertThat(await(registry.change(running, paused))).contains(paused.madeBy("node-a"));
        assertThat(await(new SessionStore(map).get(running.id()))).contains(paused.madeBy("node-a"));
    }

    @Test
    void aSessionOpenedAgainElsewhereIsNewsThoughItCountsFromOne() throws Exception {
        put(paused);
        deploy(NEVER);
        Session again =
                Session.first(running.id(), "default", plainSpec(), running("rt2"), Cause.CLIENT, NOON.plusSeconds(9));

        put(again);
        tell(Optional.empty(), again);

        assertThat(await(registry.until(running.id(), again::equals, LONG))).contains(again);
        // On another thread the session is seen before the route is gone.
        eventually("its old route is gone", Duration.ofMillis(1), () -> registry.route("rt1") == null);
    }

    @Test
    void aSessionOpenedAgainByANodeWhoseClockIsBehindIsRepaired() {
        put(paused);
        deploy(NEVER);
        Session again =
                Session.first(running.id(), "default", plainSpec(), running("rt2"), Cause.CLIENT, NOON.minusSeconds(9));

        put(again);
        await(registry.reload());

        assertThat(registry.seen(running.id())).contains(again);
        assertThat(registry.route("rt1")).isNull();
        assertThat(registry.route("rt2").awake()).isTrue();
    }

    @Test
    void whatChangesWhileTheMapIsReadIsNotUndoneByTheRead() {
        put(running);
        deploy(NEVER);

        var reading = registry.reload();
        registry.learn(Optional.of(running), Optional.of(paused));
        await(reading);

        assertThat(registry.seen(running.id())).contains(paused);
    }

    @Test
    void aReadThatFailsIsTriedAgainWithTheNextRepair() {
        deploy(OFTEN);
        counting.fails("values", 2);

        put(running);

        assertThat(await(registry.until(running.id(), s -> true, LONG))).contains(running);
    }

    @Test
    void aWaiterLearnsOfAChangeThatCameJustBefore() {
        deploy(NEVER);
        await(registry.create(running));

        assertThat(await(registry.until(running.id(), Session::settled, LONG))).contains(running.madeBy("node-a"));
    }

    @Test
    void aChangeThatLostIsToldToNobody() {
        deploy(NEVER);
        List<SessionChange> news = new ArrayList<>();
        Session created = await(registry.create(running)).orElseThrow();
        Session now =
                await(registry.change(created, created.to(paused("rt1"), NOON))).orElseThrow();
        Catalogue.CHANGED.follow(vertx.eventBus(), news::add);

        assertThat(await(registry.change(created, created.to(new SandboxState.Stopped(), NOON))))
                .isEmpty();

        assertThat(news).isEmpty();
        assertThat(registry.seen(running.id())).contains(now);
    }

    @Test
    void sessionsAreListedInPagesByTheirIds() {
        for (int i = 0; i < 7; i++) {
            put(session("s-" + i, i % 2 == 0 ? running("rt" + i) : paused("rt" + i)));
        }
        deploy(NEVER);

        JsonObject first = page(new SessionListing(Optional.empty(), Optional.empty(), Optional.empty(), 3));
        JsonObject second =
                page(new SessionListing(Optional.empty(), Optional.empty(), Optional.of(first.getString("next")), 3));
        JsonObject last =
                page(new SessionListing(Optional.empty(), Optional.empty(), Optional.of(second.getString("next")), 3));

        assertThat(ids(first)).containsExactly("s-0", "s-1", "s-2");
        assertThat(ids(second)).containsExactly("s-3", "s-4", "s-5");
        assertThat(ids(last)).containsExactly("s-6");
        assertThat(last.containsKey("next")).isFalse();
    }

    @Test
    void aPageThatIsJustFullIsTheLastIfNothingFollows() {
        for (int i = 0; i < 4; i++) {
            put(session("s-" + i, i % 2 == 0 ? running("rt" + i) : paused("rt" + i)));
        }
        deploy(NEVER);

        JsonObject page = page(new SessionListing(Optional.empty(), Optional.of("paused"), Optional.empty(), 2));

        assertThat(ids(page)).containsExactly("s-1", "s-3");
        assertThat(page.containsKey("next")).isFalse();
    }

    @Test
    void aTenantSeesItsOwnSessionsOnly() {
        put(running);
        put(Session.first(new SessionId("s-2"), "acme", plainSpec(), running("rt2"), Cause.CLIENT, NOON));
        deploy(NEVER);

        JsonObject page = page(new SessionListing(Optional.of("acme"), Optional.empty(), Optional.empty(), 10));

        assertThat(ids(page)).containsExactly("s-2");
        assertThat(page.encode()).doesNotContain("key-rt2", "up.test");
    }

    private void deploy(Duration repairInterval) {
        await(vertx.deployVerticle(new RegistryVerticle(registry, urls(), repairInterval)));
    }

    private static PublicUrls urls() {
        return new PublicUrls(Optional.empty());
    }

    private void put(Session session) {
        await(map.put(session.id().value(), Wire.session(session).encode()));
    }

    private void tell(Optional<Session> before, Session now) {
        Catalogue.CHANGED.publish(vertx.eventBus(), SessionChange.between(before, now, "node-b"));
    }

    private JsonObject page(SessionListing asked) {
        return await(Catalogue.LIST.ask(vertx.eventBus(), asked, LONG));
    }

    private static List<String> ids(JsonObject page) {
        JsonArray sessions = page.getJsonArray("sessions");
        return sessions.stream()
                .map(s -> ((JsonObject) s).getString("session_id"))
                .toList();
    }
}
