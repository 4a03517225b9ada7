package dev.reveille.lifecycle;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionWish;
import dev.reveille.bus.SessionWish.Aim;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.Cause;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was asked of sessions and cannot begin before a transition is over: a start while the session stops, a pause while it
 * starts. It is carried out when its time comes, though its caller has long been answered, unless a client wants something
 * else by then, which it may say at another node. Of what nobody waits for any more the latest of each session is kept, by
 * this node alone. Belongs to one event loop.
 */
final class Wishes {
    private static final Logger LOG = LoggerFactory.getLogger(Wishes.class);

    /** No transition takes that long. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private final EventBus bus;
    private final SessionRegistry registry;
    private final Function<SessionCommand, Errand> errands;
    private final String node = UUID.randomUUID().toString();
    private final Map<SessionId, List<Wish>> underWay = new HashMap<>();
    private final Map<SessionId, Wish> kept = new HashMap<>();
    private final Set<SessionId> awaited = new HashSet<>();
    private long told;

    /** @param errands makes one for a command */
    Wishes(EventBus bus, SessionRegistry registry, Function<SessionCommand, Errand> errands) {
        this.bus = bus;
        this.registry = registry;
        this.errands = errands;
    }

    /** How a wish is carried out, from the first look at the session on. */
    interface Deed {
        Future<Session> by(Errand errand);
    }

    /** One of them, on its way. */
    final class Wish {
        private final SessionCommand command;
        private final Aim aim;
        private final Deed deed;
        private final long number;
        private boolean takenBack;

        /** @param number that of a later one is higher */
        private Wish(SessionCommand command, Aim aim, Deed deed, long number) {
            this.command = command;
            this.aim = aim;
            this.deed = deed;
            this.number = number;
        }

        /** Whether somebody has wanted something else since, so that what has not begun should not begin. */
        boolean isTakenBack() {
            return takenBack;
        }

        /** Its caller waits no longer. It is carried out all the same, when the session has settled. */
        void keep() {
            // Requests ask again by themselves as long as they wait, and what is idle by its end of the transition may
            // not be.
            if (!takenBack && command.cause() == Cause.CLIENT) {
                kept.merge(command.id(), this, (one, other) -> one.number > other.number ? one : other);
                await(command.id());
            }
        }

        private void takeBack() {
            takenBack = true;
        }
    }

    /** Carries out {@code command}, and takes back what clients have wanted before. */
    Future<Session> carryOut(SessionCommand command, Aim aim, Deed deed) {
        return carryOut(errands.apply(command), aim, deed);
    }

    /** The same by {@code errand}. */
    Future<Session> carryOut(Errand errand, Aim aim, Deed deed) {
        SessionCommand command = errand.command();
        if (command.cause() == Cause.CLIENT) {
            owned(command).ifPresent(session -> {
                takeBackOthers(command.id(), aim);
                Catalogue.WISHED.publish(bus, new SessionWish(command.id(), session.tenant(), aim, node));
            });
        }
        return carryOut(errand, new Wish(command, aim, deed, ++told));
    }

    private Future<Session> carryOut(Errand errand, Wish wish) {
        SessionId id = wish.command.id();
        underWay.computeIfAbsent(id, first -> new ArrayList<>()).add(wish);
        return wish.deed
                .by(errand.fulfilling(wish))
                .onComplete(done -> underWay.computeIfPresent(id, (same, all) -> {
                    all.remove(wish);
                    return all.isEmpty() ? null : all;
                }));
    }

    /** Only who may touch a session takes back what was wanted of it. */
    private Optional<Session> owned(SessionCommand command) {
        return registry.seen(command.id())
                .filter(s -> command.tenant().map(s.tenant()::equals).orElse(true));
    }

    /**
     * Hears what clients want at other nodes.
     *
     * @param listener told of it too
     */
    MessageConsumer<JsonObject> follow(Consumer<SessionWish> listener) {
        return Catalogue.WISHED.follow(bus, wish -> {
            if (!wish.node().equals(node)) {
                takeBackOthers(wish.id(), wish.aim());
                listener.accept(wish);
            }
        });
    }

    /** An end begins at once, and is nothing to take back. */
    private void takeBackOthers(SessionId id, Aim aim) {
        underWay.getOrDefault(id, List.of()).stream()
                .filter(wish -> wish.aim != aim && wish.aim != Aim.ENDED)
                .forEach(Wish::takeBack);
        kept.computeIfPresent(id, (same, wish) -> wish.aim == aim ? wish : null);
    }

    private void await(SessionId id) {
        if (awaited.add(id)) {
            registry.until(id, Session::settled, LONGEST).onComplete(settled -> {
                awaited.remove(id);
                Wish wish = kept.remove(id);
                if (wish != null) {
                    carryOut(wish);
                }
            });
        }
    }

    /** As if it came now, from a caller who does not wait. */
    private void carryOut(Wish late) {
        SessionCommand command = late.command.waiting(Duration.ZERO);
        carryOut(errands.apply(command), new Wish(command, late.aim, late.deed, late.number))
                .onFailure(error -> LOG.info(
                        "session={} is not {} as was asked for: {}",
                        command.id(),
                        late.aim.word(),
                        error.getMessage()));
    }
}
