package dev.reveille.webhook;

import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The changes of one life of a session that its receiver was not told of: those that its record has, and before them those
 * that it has forgotten since this node heard of them.
 */
final class Unposted {
    private final Deque<SessionChange> forgotten = new ArrayDeque<>();
    private Session latest;

    Unposted(Session session) {
        this.latest = session;
    }

    /** As it is now, as far as this node has heard. */
    Session latest() {
        return latest;
    }

    /**
     * @param now the same life, later or not
     * @param posted up to which revision the receiver was told
     */
    void heard(Session now, long posted) {
        if (now.revision() <= latest.revision()) {
            return;
        }
        if (!now.descendsFrom(latest)) {
            // Two halves of the cluster went different ways, and what was kept did not happen.
            forgotten.clear();
        } else if (now.oldestChange() > latest.oldestChange()) {
            latest.changes().stream()
                    .filter(change -> change.revision() < now.oldestChange() && change.revision() > posted)
                    .forEach(forgotten::add);
        }
        latest = now;
    }

    /** Lets the oldest of those go that the record has forgotten, until there are no more than {@code most}. */
    void keep(int most) {
        while (forgotten.size() > most) {
            forgotten.removeFirst();
        }
    }

    /** What comes behind the revision {@code posted}; empty if that was the last. */
    Optional<SessionChange> behind(long posted) {
        while (!forgotten.isEmpty() && forgotten.peekFirst().revision() <= posted) {
            forgotten.removeFirst();
        }
        return forgotten.isEmpty()
                ? latest.changesSince(posted).orElseGet(latest::changes).stream()
                        .findFirst()
                : Optional.of(forgotten.peekFirst());
    }

    /** How many are kept that the record has forgotten. */
    int size() {
        return forgotten.size();
    }
}
