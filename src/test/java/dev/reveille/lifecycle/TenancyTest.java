package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class TenancyTest {
    private static final JsonObject NOTHING_SPECIAL = new JsonObject();

    private Vertx vertx;
    private FakeRuntimeApi upstream;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void anothersSessionIsForbiddenWhateverIsAsked() {
        TestNode node = withOwnKeys();
        await(node.opening("s-1", "acme", NOTHING_SPECIAL));

        assertThat(failureOf(node.opening("s-1", "zeta", NOTHING_SPECIAL)).code())
                .isEqualTo("forbidden");
        assertThat(failureOf(node.looking("s-1", "zeta")).code()).isEqualTo("forbidden");
        assertThat(failureOf(node.closing("s-1")).code()).isEqualTo("forbidden");

        assertThat(upstream.calls("POST *")).isEqualTo(1);
    }

    @Test
    void eachTenantsCallsCarryItsOwnUpstreamKey() {
        TestNode node = withOwnKeys();

        await(node.opening("s-1", "acme", NOTHING_SPECIAL));
        await(node.opening("s-2", "zeta", NOTHING_SPECIAL));

        assertThat(upstream.requests("POST /start"))
                .extracting(r -> r.header("X-API-Key"))
                .containsExactly("up-acme", "up-zeta");
        assertThat(upstream.requests("GET /sessions/s-2"))
                .extracting(r -> r.header("X-API-Key"))
                .containsExactly("up-zeta");
    }

    @Test
    void whatOneTenantDoesNotSeeAnotherMay() {
        upstream.on("GET", "/list").answers(503);
        upstream.on("GET", "/sessions/s-1").answers(404).then(200);
        upstream.session("s-1").isRunning();
        TestNode node = withOwnKeys();

        assertThat(failureOf(node.looking("s-1", "acme")).code()).isEqualTo("unknown_session");

        assertThat(await(node.looking("s-1", "zeta")).getString("tenant")).isEqualTo("zeta");
    }

    @Test
    void aRuntimeIsAdoptedThoughAnotherTenantsListCannotBeHad() {
        upstream.on("GET", "/list").answers(401).then(200);
        upstream.session("s-1").isRunning();
        TestNode node = withOwnKeys();

        assertThat(await(node.adopting("rt1")).getString("session_id")).isEqualTo("s-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", "paused", "starting", "error", "odd"})
    void whoSharesAnUpstreamKeyGetsNoSessionThatOnlyUpstreamKnows(String status) {
        upstream.session("s-1").isRunning().reports(status, "ready");
        TestNode node = withASharedKey();

        assertThat(failureOf(node.opening("s-1", "acme", NOTHING_SPECIAL)).code())
                .isEqualTo("forbidden");
        assertThat(failureOf(node.opening("s-1", "acme", NOTHING_SPECIAL)).code())
                .isEqualTo("forbidden");
        assertThat(failureOf(node.looking("s-1", "acme")).code()).isEqualTo("unknown_session");
        assertThat(failureOf(node.adopting("rt1")).code()).isEqualTo("unknown_session");

        assertThat(upstream.calls("POST *")).isZero();
        assertThat(node.session("s-1")).isEmpty();
    }

    @Test
    void noWayAroundThatLeadsThroughAnOpeningThatFailed() {
        TestNode node = withASharedKey();
        upstream.on("POST", "/start").answers(500);
        failureOf(node.opening("s-1", "acme", NOTHING_SPECIAL));
        upstream.session("s-1").isRunning();

        assertThat(failureOf(node.opening("s-1", "acme", NOTHING_SPECIAL)).code())
                .isEqualTo("forbidden");
        assertThat(failureOf(node.resuming("s-1", "acme")).code()).isEqualTo("forbidden");
        assertThat(await(node.inspecting("s-1", "acme")).getString("state")).isEqualTo("failed");
        assertThat(await(node.closing("s-1", "acme")).getString("state")).isEqualTo("stopped");

        assertThat(upstream.session("s-1").status()).isEqualTo("running");
    }

    @Test
    void whoSharesAnUpstreamKeyStillHasItsOwnSessions() {
        TestNode node = withASharedKey();

        await(node.opening("s-1", "acme", NOTHING_SPECIAL));
        await(node.pausing("s-1", "acme"));
        assertThat(await(node.opening("s-1", "acme", NOTHING_SPECIAL)).getString("runtime_id"))
                .isEqualTo("rt1");
        upstream.session("s-1").crash();
        await(node.inspecting("s-1", "acme"));
        assertThat(await(node.opening("s-1", "acme", NOTHING_SPECIAL)).getString("runtime_id"))
                .isEqualTo("rt2");

        assertThat(await(node.closing("s-1", "acme")).getString("state")).isEqualTo("stopped");
    }

    @Test
    void whoSharesAnUpstreamKeyKeepsItsSandboxWhenItsOpeningFails() {
        TestNode node = withASharedKey();
        await(node.opening("s-1", "acme", NOTHING_SPECIAL));
        await(node.pausing("s-1", "acme"));
        upstream.on("POST", "/resume").answers(500);
        upstream.on("POST", "/start").answers(500);
        failureOf(node.opening("s-1", "acme", NOTHING_SPECIAL));
        upstream.asUsual();

        assertThat(await(node.opening("s-1", "acme", NOTHING_SPECIAL)).getString("runtime_id"))
                .isEqualTo("rt1");
    }

    /** Nobody could find it by its session's name. */
    @Test
    void whoSharesAnUpstreamKeyEndsWhatIsJustBeingStartedInPlaceOfAResume() {
        TestNode node = withASharedKey("upstream.call-timeout=10s");
        await(node.opening("s-1", "acme", NOTHING_SPECIAL));
        await(node.pausing("s-1", "acme"));
        upstream.on("POST", "/resume").answers(409);
        upstream.on("POST", "/start").hangs();
        node.opening("s-1", "acme", NOTHING_SPECIAL);
        await(upstream.whenCalled("POST /start", 2));

        await(node.closing("s-1", "acme"));

        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    private TestNode withOwnKeys() {
        return TestNode.before(
                upstream,
                vertx,
                "tenants.0.name=acme",
                "tenants.0.api-key=key-of-acme",
                "tenants.0.upstream-api-key=up-acme",
                "tenants.1.name=zeta",
                "tenants.1.api-key=key-of-zeta",
                "tenants.1.upstream-api-key=up-zeta");
    }

    private TestNode withASharedKey(String... settings) {
        Stream<String> tenants = Stream.of(
                "tenants.0.name=acme",
                "tenants.0.api-key=key-of-acme",
                "tenants.1.name=zeta",
                "tenants.1.api-key=key-of-zeta");
        return TestNode.before(
                upstream, vertx, Stream.concat(tenants, Stream.of(settings)).toArray(String[]::new));
    }
}
