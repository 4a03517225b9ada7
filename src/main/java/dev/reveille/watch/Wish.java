package dev.reveille.watch;

import dev.reveille.session.SessionId;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What somebody wants to watch.
 *
 * @param tenant whose sessions; the watcher has the right to see them
 * @param session which one; empty: all of the tenant
 * @param since the {@code id} of the last message that it had, as it was sent; empty: it had none, and begins with how
 *     things are
 * @param states the words of the states that it wants to hear of; empty: all
 */
public record Wish(String tenant, Optional<SessionId> session, Optional<String> since, Set<String> states) {
    public Wish {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(since, "since");
        states = Set.copyOf(states);
    }

    Wish afresh() {
        return new Wish(tenant, session, Optional.empty(), states);
    }
}
