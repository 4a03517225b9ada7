package dev.reveille.lifecycle;

import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes through the sessions now and then: takes over what nobody carries any more, forgets what has been over for long, and
 * asks upstream about one that nothing was heard of for as long, so that none stays known for ever after upstream has
 * dropped it. Belongs to one event loop.
 */
final class Sweeper {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

    private final SessionRegistry registry;
    private final Transitions transitions;
    private final Discovery discovery;
    private final Leases leases;
    private final Duration retain;
    private final InstantSource clock;
    private String lastAsked = "";

    /** @param retain how long a session stays known after its end */
    Sweeper(
            SessionRegistry registry,
            Transitions transitions,
            Discovery discovery,
            Leases leases,
            Duration retain,
            InstantSource clock) {
        this.registry = registry;
        this.transitions = transitions;
        this.discovery = discovery;
        this.leases = leases;
        this.retain = retain;
        this.clock = clock;
    }

    /** One session's trouble is no other's. */
    void sweep() {
        if (transitions.leaving()) {
            return;
        }
        Instant old = clock.instant().minus(retain);
        for (Session session : registry.all()) {
            if (leases.abandoned(session) || dropped(session)) {
                observed(session, transitions.takeOver(session));
            } else if (registry.end(session.id()).filter(old::isAfter).isPresent()) {
                observed(session, registry.forget(session));
            }
        }
        quiet(old).ifPresent(session -> {
            lastAsked = session.id().value();
            observed(session, discovery.inspect(session));
        });
    }

    /**
     * Ours, and nobody carries it. The cluster repeats a compare-and-set whose answer was lost with a member, and then says
     * that somebody was faster, where that was ourselves.
     */
    private boolean dropped(Session session) {
        return leases.ours(session) && !transitions.carries(session);
    }

    /** The next in turn of those that have a sandbox and did not change since {@code old}. */
    private Optional<Session> quiet(Instant old) {
        Comparator<Session> inTurn = Comparator.comparing(
                        (Session s) -> s.id().value().compareTo(lastAsked) <= 0)
                .thenComparing(s -> s.id().value());
        return registry.all().stream()
                .filter(s ->
                        s.settled() && s.runtime().isPresent() && s.changedAt().isBefore(old))
                .min(inTurn);
    }

    private static void observed(Session session, Future<?> look) {
        look.onFailure(error -> LOG.warn(
                "session={} state={} could not be looked after: {}",
                session.id(),
                session.state().word(),
                error.toString()));
    }
}
