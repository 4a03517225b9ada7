package dev.reveille.registry;

import static dev.reveille.session.Examples.NOON;
import static dev.reveille.session.Examples.paused;
import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static dev.reveille.session.Examples.session;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Cause;
import dev.reveille.session.Origin;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Service;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoutingTableTest {
    private final List<String> news = new ArrayList<>();
    private final RoutingTable table =
            new RoutingTable(id -> news.add("+" + id), id -> news.add("-" + id), InstantSource.system());
    private final Session running = session("s-1", running("rt1"));
    private final Session paused = running.to(paused("rt1"), NOON.plusSeconds(1));

    @Test
    void aSessionWithARuntimeHasARoute() {
        table.apply(running);

        Route route = table.route("rt1");
        assertThat(route.session()).isEqualTo(running);
        assertThat(route.awake()).isTrue();
        assertThat(route.origins())
                .hasSize(4)
                .containsEntry(Service.VSCODE, new Origin(false, "up.test", 80, "/rt1/vscode"));
        assertThat(table.route("rt2")).isNull();
    }

    @Test
    void olderNewsNeverReplacesNewer() {
        assertThat(table.apply(paused)).isTrue();
        assertThat(table.apply(running)).isFalse();
        assertThat(table.apply(paused)).isFalse();

        assertThat(table.route("rt1").awake()).isFalse();
        assertThat(table.session(running.id())).contains(paused);
    }

    @Test
    void whatWasLongOnItsWayDoesNotBringBackWhatWasForgotten() {
        table.apply(running);
        table.forget(running);

        assertThat(table.correct(Optional.of(running), Optional.of(running))).isFalse();
        assertThat(table.apply(running)).isFalse();
        assertThat(table.session(running.id())).isEmpty();

        table.begins(running.id());
        assertThat(table.apply(running)).isTrue();
        assertThat(table.session(running.id())).contains(running);
    }

    @Test
    void thereIsNoMomentWithoutTheRouteWhileASessionChanges() {
        table.apply(running);
        List<Boolean> routed = new ArrayList<>();
        table.follow((before, now) -> routed.add(table.route("rt1") != null));

        table.correct(Optional.of(running), Optional.of(paused));
        table.apply(paused.to(running("rt1"), NOON.plusSeconds(5)));

        assertThat(routed).containsExactly(true, true, true);
    }

    @Test
    void theEndOfASessionIsWhenItWasHeardOf() {
        table.apply(running);
        assertThat(table.end(running.id())).isEmpty();

        table.apply(running.to(new SandboxState.Stopped(), NOON.minusSeconds(3_600)));
        assertThat(table.end(running.id()))
                .hasValueSatisfying(at -> assertThat(at).isAfter(NOON));

        table.forget(table.session(running.id()).orElseThrow());
        assertThat(table.end(running.id())).isEmpty();
    }

    @Test
    void anotherRuntimeTakesTheOldOnesRouteAway() {
        table.apply(running);

        table.apply(running.to(running("rt2"), NOON.plusSeconds(1)));

        assertThat(table.route("rt1")).isNull();
        assertThat(table.route("rt2").awake()).isTrue();
    }

    @Test
    void aStoppedSessionHasNoRoute() {
        table.apply(running);

        table.apply(running.to(new SandboxState.Stopped(), NOON.plusSeconds(1)));

        assertThat(table.route("rt1")).isNull();
    }

    @Test
    void aRuntimeThatAnotherSessionHasNowKeepsThatRoute() {
        table.apply(running);
        table.apply(session("s-2", running("rt1")));

        table.apply(running.to(new SandboxState.Stopped(), NOON.plusSeconds(1)));

        assertThat(table.route("rt1").session().id()).isEqualTo(new SessionId("s-2"));
        table.forget(table.session(new SessionId("s-2")).orElseThrow());
        assertThat(table.route("rt1")).isNull();
    }

    @Test
    void aSessionThatWasForgottenAndOpenedAgainIsNewsThoughItCountsFromOne() {
        table.apply(paused);
        Session again =
                Session.first(running.id(), "default", plainSpec(), running("rt2"), Cause.CLIENT, NOON.plusSeconds(9));

        assertThat(table.apply(again)).isTrue();

        assertThat(table.route("rt1")).isNull();
        assertThat(table.route("rt2").session()).isEqualTo(again);
    }

    @Test
    void onlyTheRecordThatIsMeantIsForgotten() {
        table.apply(paused);

        table.forget(running);
        assertThat(table.session(running.id())).contains(paused);
        table.forget(paused);

        assertThat(table.session(running.id())).isEmpty();
        assertThat(table.route("rt1")).isNull();
        assertThat(table.all()).isEmpty();
    }

    @Test
    void whoeverFollowsHearsOnceOfEachRouteThatComesAndOfEachThatIsGone() {
        table.apply(running);
        table.apply(paused);
        assertThat(news).containsExactly("+rt1");

        table.apply(paused.to(running("rt2"), NOON.plusSeconds(2)));
        assertThat(news).containsExactly("+rt1", "+rt2", "-rt1");

        Session now = table.session(running.id()).orElseThrow();
        table.correct(Optional.of(now), Optional.of(session("s-1", running("rt2"))));
        assertThat(news).doesNotContain("-rt2");

        table.forget(table.session(running.id()).orElseThrow());
        assertThat(news).last().isEqualTo("-rt2");
    }

    @Test
    void aRuntimeThatAnotherSessionHasNowIsNotGone() {
        table.apply(running);
        table.apply(session("s-2", running("rt1")));

        table.apply(running.to(new SandboxState.Stopped(), NOON.plusSeconds(1)));

        assertThat(news).containsExactly("+rt1");
    }

    @Test
    void whoFollowsHearsWhatIsKnownAndThenAllThatIsLearnedWithWhatWasKnownBefore() {
        List<String> heard = new ArrayList<>();
        Session first = session("s-1", running("rt1"));
        Session second = first.to(paused("rt1"), NOON.plusSeconds(1));
        Session third = second.to(running("rt1"), NOON.plusSeconds(2));
        table.apply(first);

        SessionListener listener = (before, now) -> heard.add(revision(before) + "→" + revision(now));
        table.follow(listener);
        table.apply(third);
        table.apply(second);
        table.correct(Optional.of(third), Optional.of(third));
        table.correct(Optional.of(third), Optional.of(second));
        table.forget(third);
        table.correct(Optional.of(second), Optional.empty());
        table.apply(first);
        table.begins(first.id());
        table.apply(first);
        table.forget(first);
        table.unfollow(listener);
        table.apply(second);

        assertThat(heard).containsExactly("none→1", "1→3", "3→2", "2→none", "none→1", "1→none");
    }

    @Test
    void oneThatFailsHurtsNobody() {
        List<String> heard = new ArrayList<>();
        table.follow((before, now) -> {
            throw new IllegalStateException("it fails");
        });
        table.follow((before, now) -> heard.add(revision(now)));

        assertThat(table.apply(session("s-1", running("rt1")))).isTrue();

        assertThat(heard).containsExactly("1");
    }

    private static String revision(Optional<Session> session) {
        return session.map(s -> Long.toString(s.revision())).orElse("none");
    }

    @Test
    void whatThereIsOfEachTenantInEachStateIsCounted() {
        Session ofAnother =
                Session.first(new SessionId("s-2"), "zeta", plainSpec(), running("rt2"), Cause.CLIENT, NOON);
        table.apply(running);
        table.apply(running);
        table.apply(ofAnother);
        assertThat(table.totals().of(running.tenant())).isEqualTo(Map.of("running", 1));
        assertThat(table.totals().in("running")).isEqualTo(2);

        table.apply(paused);
        assertThat(table.totals().of(running.tenant())).isEqualTo(Map.of("paused", 1));

        Session anew =
                Session.first(running.id(), "zeta", plainSpec(), running("rt3"), Cause.CLIENT, NOON.plusSeconds(9));
        table.apply(anew);
        assertThat(table.totals().of(running.tenant())).isEmpty();
        assertThat(table.totals().of("zeta")).isEqualTo(Map.of("running", 2));

        table.forget(anew);
        table.correct(Optional.of(ofAnother), Optional.empty());
        assertThat(table.totals().of("zeta")).isEmpty();
        assertThat(table.totals().in("running")).isZero();
    }
}
