package dev.reveille.watch;

import static dev.reveille.session.Examples.NOON;
import static dev.reveille.session.Examples.paused;
import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Cause;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TenantViewTest {
    private Instant now = NOON.plusSeconds(3_600);
    private Duration latestNews = Duration.ofSeconds(30);
    private final TenantView view = new TenantView(() -> now, () -> latestNews);

    @Test
    void whereSessionsStandIsMadeIntoMessagesOnceForAllWhoBegin() {
        Session a = began("a", NOON);
        view.put(a);
        view.put(began("b", NOON));
        List<Message> states = view.states();
        assertThat(view.states()).isSameAs(states);

        view.put(a.to(paused("rt"), NOON));
        assertThat(view.states()).hasSize(2);
        assertThat(view.states().get(0)).isNotSameAs(states.get(0));
        assertThat(view.states().get(0).state()).isEqualTo("paused");
        assertThat(view.states().get(1)).isSameAs(states.get(1));
        assertThat(states.get(0).state()).as("what somebody is being told").isEqualTo("running");

        view.remove(a);
        assertThat(view.states()).containsExactly(states.get(1));
    }

    @Test
    void theCensusIsOfThoseWhoWereThereAtTheHorizon() {
        Session old = began("old", NOON);
        Session young = began("young", now);
        long share = Cursor.share(Cursor.print(old));
        view.put(old);
        told(young);
        assertThat(view.cursor(1, 1).census()).isEqualTo(share);
        view.put(old.to(paused("rt"), now));
        assertThat(view.cursor(1, 1).census()).isEqualTo(share);

        now = now.plusSeconds(31);
        assertThat(view.cursor(1, 1).census()).isEqualTo(share + Cursor.share(Cursor.print(young)));
        view.remove(old);
        view.remove(young);
        assertThat(view.cursor(1, 1).census()).isZero();
    }

    @Test
    void oneThatIsForgottenSoonLeavesNothing() {
        Session young = began("young", now);
        told(young);
        view.remove(young);

        Cursor cursor = view.cursor(1, 1);
        assertThat(cursor.census()).isZero();
        assertThat(cursor.later()).isEmpty();
    }

    @Test
    void whatIsNotNamedAnyMoreIsMissedWhenTheHorizonGoesBack() {
        told(began("a", now));
        now = now.plusSeconds(31);
        assertThat(view.cursor(1, 1).whole()).isTrue();
        assertThat(view.cursor(1, 1).later()).isEmpty();

        latestNews = Duration.ofSeconds(40);
        assertThat(view.cursor(1, 1).whole()).isFalse();
        now = now.plusSeconds(10);
        assertThat(view.cursor(1, 1).whole()).isTrue();
    }

    private void told(Session session) {
        view.put(session);
        view.told(session, session.revision(), session.changedAt());
    }

    private static Session began(String id, Instant at) {
        return Session.first(new SessionId(id), "acme", plainSpec(), running("rt"), Cause.CLIENT, at);
    }
}
