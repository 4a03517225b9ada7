package dev.reveille.registry;

import dev.reveille.session.Session;
import java.util.Optional;

/**
 * Hears whatever a node learns of sessions: what it changes itself, what it hears of others, and what it finds when it
 * compares. Told in the order in which the node learns it, on any thread, one at a time and before anybody can see it, so
 * it must be quick and ask nothing.
 */
@FunctionalInterface
public interface SessionListener {
    /**
     * @param before what was known until now; empty if nothing was
     * @param now what is known now; empty if the session was forgotten. Mostly a successor of {@code before}, but not
     *     always the next one, and of another life if it was forgotten and opened again
     */
    void heard(Optional<Session> before, Optional<Session> now);
}
