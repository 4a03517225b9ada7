package dev.reveille.webhook;

import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The changes of one life of a session that its receiver was not told of. They are kept from when this node hears of them, as
 * the session's record will have forgotten some when their turn comes. Where they are too many the oldest go.
 */
final class Unposted {
    private final int most;
    private final Deque<SessionChange> changes = new ArrayDeque<>();
    private Session latest;

    /** @param most so many are kept */
    Unposted(Session session, int most) {
        this.most = most;
        this.latest = session;
        add(session.changes());
    }

    /** As it is now, as far as this node has heard. */
    Session latest() {
        return latest;
    }

    /** @param now the same life, later or not */
    void heard(Session now) {
        if (now.revision() > latest.revision()) {
            add(now.changesSince(latest.revision()).orElseGet(now::changes));
            latest = now;
        }
    }

    private void add(List<SessionChange> news) {
        changes.addAll(news);
        keep(most);
    }

    /** Lets the oldest go until there are no more than {@code least}. */
    void keep(int least) {
        while (changes.size() > least) {
            changes.removeFirst();
        }
    }

    /** What comes behind {@code posted}; empty if that was the last. */
    Optional<SessionChange> behind(Posted posted) {
        while (!changes.isEmpty() && changes.peekFirst().revision() <= posted.revision()) {
            changes.removeFirst();
        }
        return Optional.ofNullable(changes.peekFirst());
    }

    int size() {
        return changes.size();
    }
}
