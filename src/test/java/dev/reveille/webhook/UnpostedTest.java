package dev.reveille.webhook;

import static dev.reveille.session.Examples.NOON;
import static dev.reveille.session.Examples.plainSpec;
import static dev.reveille.session.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Cause;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UnpostedTest {
    private static final int MOST = 50;

    private Session now = Session.first(new SessionId("s"), "acme", plainSpec(), running("rt"), Cause.CLIENT, NOON);
    private final Unposted unposted = new Unposted(now);

    @Test
    void whatTheRecordHasForgottenIsKept() {
        for (int i = 1; i < MOST; i++) {
            unposted.heard(change(1), 0);
        }
        assertThat(revisions()).hasSize(MOST).startsWith(1L, 2L, 3L);
        assertThat(unposted.size()).isZero();
    }

    @Test
    void whatWasHeardBeforeOrOutOfOrderIsNotKeptTwice() {
        Session two = change(1);
        Session four = change(2);
        unposted.heard(four, 0);
        unposted.heard(two, 0);
        unposted.heard(four, 0);

        assertThat(revisions()).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void whereTheyAreTooManyTheOldestGo() {
        for (int i = 1; i < MOST + Session.REMEMBERED; i++) {
            unposted.heard(change(1), 0);
        }
        assertThat(unposted.size()).isEqualTo(MOST);

        unposted.keep(MOST - 3);
        assertThat(revisions()).startsWith(4L).endsWith((long) MOST + Session.REMEMBERED);
    }

    @Test
    void whatTheReceiverWasToldOfIsNotKept() {
        for (int i = 1; i < MOST + Session.REMEMBERED; i++) {
            unposted.heard(change(1), 7);
        }
        assertThat(unposted.size()).isEqualTo(MOST - 7);
    }

    @Test
    void whatHappenedInAHalfOfTheClusterThatDoesNotCountIsNotKept() {
        Session common = change(1);
        for (int i = 0; i < MOST; i++) {
            unposted.heard(change(1), 0);
        }
        assertThat(unposted.size()).isPositive();
        now = common;
        for (int i = 0; i < MOST + 5; i++) {
            now = now.to(now.state(), NOON.plusMillis(100 + now.revision()));
        }
        unposted.heard(now, 0);

        assertThat(unposted.size()).isZero();
        assertThat(revisions()).hasSize(Session.REMEMBERED).endsWith(now.revision());
    }

    @Test
    void whatWasMissedAltogetherIsMissing() {
        unposted.heard(change(Session.REMEMBERED + 5), 0);

        assertThat(revisions().subList(0, 2)).containsExactly(1L, 7L);
    }

    private Session change(int times) {
        for (int i = 0; i < times; i++) {
            now = now.to(now.state(), NOON.plusMillis(now.revision()));
        }
        return now;
    }

    private List<Long> revisions() {
        List<Long> all = new ArrayList<>();
        Optional<SessionChange> next = unposted.behind(0);
        while (next.isPresent()) {
            all.add(next.get().revision());
            next = unposted.behind(next.get().revision());
        }
        return all;
    }
}
