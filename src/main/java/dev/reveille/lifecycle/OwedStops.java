package dev.reveille.lifecycle;

import dev.reveille.bus.SessionCommand;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runtimes whose end was promised to a client, and that upstream did not end when it was asked to. They are asked for again
 * until it does, or nobody believes in it any more. Remembered by this node alone. Belongs to one event loop.
 */
final class OwedStops {
    private static final Logger LOG = LoggerFactory.getLogger(OwedStops.class);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final SessionRegistry registry;
    private final Lifecycle lifecycle;
    private final InstantSource clock;
    private final Map<SessionId, Owed> owed = new HashMap<>();

    private record Owed(RuntimeId runtime, String tenant, Instant since) {}

    OwedStops(SessionRegistry registry, Lifecycle lifecycle, InstantSource clock) {
        this.registry = registry;
        this.lifecycle = lifecycle;
        this.clock = clock;
    }

    void add(Session session) {
        session.runtime()
                .ifPresent(runtime ->
                        owed.putIfAbsent(session.id(), new Owed(runtime.id(), session.tenant(), clock.instant())));
    }

    /** The session is wanted again. */
    void forget(SessionId id) {
        owed.remove(id);
    }

    /** Asks for each once more. */
    void pay() {
        List.copyOf(owed.entrySet()).forEach(entry -> pay(entry.getKey(), entry.getValue()));
    }

    private void pay(SessionId id, Owed one) {
        boolean there = registry.seen(id)
                .filter(s -> s.runtime().map(r -> r.id().equals(one.runtime())).orElse(false))
                .isPresent();
        if (!there) {
            owed.remove(id, one);
            return;
        }
        if (one.since().plus(LONGEST).isBefore(clock.instant())) {
            LOG.warn("session={} runtime={} could not be stopped, and is left alone now", id, one.runtime());
            owed.remove(id, one);
            return;
        }
        SessionCommand close = SessionCommand.byClient(id, one.tenant(), LONGEST);
        new CloseErrand(lifecycle.errand(close))
                .stop()
                .onSuccess(now -> {
                    if (now.state() instanceof SandboxState.Stopped) {
                        owed.remove(id, one);
                    }
                })
                .onFailure(error -> LOG.info(
                        "session={} runtime={} could not be stopped yet: {}", id, one.runtime(), error.getMessage()));
    }
}
