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
    private final Unposted unposted = new Unposted(now, MOST);

    @Test
    void whatTheRecordHasForgottenIsKept() {
        for (int i = 1; i < MOST; i++) {
            unposted.heard(change(1));
        }
        assertThat(revisions()).hasSize(MOST).startsWith(1L, 2L, 3L);
    }

    @Test
    void whatWasHeardBeforeOrOutOfOrderIsNotKeptTwice() {
        Session two = change(1);
        Session four = change(2);
        unposted.heard(four);
        unposted.heard(two);
        unposted.heard(four);

        assertThat(revisions()).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void whereTheyAreTooManyTheOldestGo() {
        for (int i = 1; i < MOST + 3; i++) {
            unposted.heard(change(1));
        }
        assertThat(unposted.size()).isEqualTo(MOST);
        assertThat(revisions()).startsWith(4L).endsWith(MOST + 3L);
    }

    @Test
    void whatWasMissedAltogetherIsMissing() {
        unposted.heard(change(Session.REMEMBERED + 5));

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
        Posted posted = Posted.nothingOf(now);
        Optional<SessionChange> next = unposted.behind(posted);
        while (next.isPresent()) {
            all.add(next.get().revision());
            posted = posted.to(next.get().revision());
            next = unposted.behind(posted);
        }
        return all;
    }
}
