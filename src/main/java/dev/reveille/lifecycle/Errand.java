package dev.reveille.lifecycle;

import dev.reveille.bus.SessionCommand;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.Lease;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Predicate;

/** One command under way: how long it may still wait, and whether it saw a transition end. */
final class Errand {
    /** How often a command looks again because somebody else was faster, before it says so. */
    private static final int ROUNDS = 16;

    private final SessionCommand command;
    private final Lifecycle lifecycle;
    private final SessionRegistry registry;
    private final Transitions transitions;
    private final Discovery discovery;
    private final Leases leases;
    private final InstantSource clock;
    private final Instant until;
    private Predicate<Session> enough = Session::settled;
    private Optional<Wishes.Wish> wish = Optional.empty();
    private int rounds = ROUNDS;
    private boolean joined;

    Errand(
            SessionCommand command,
            Lifecycle lifecycle,
            SessionRegistry registry,
            Transitions transitions,
            Discovery discovery,
            Leases leases,
            InstantSource clock) {
        this.command = command;
        this.lifecycle = lifecycle;
        this.registry = registry;
        this.transitions = transitions;
        this.discovery = discovery;
        this.leases = leases;
        this.clock = clock;
        this.until = clock.instant().plus(command.patience());
    }

    /** What to do with the session once it has settled. */
    interface Next {
        Future<Session> with(Session settled);
    }

    /** Another look from the beginning. */
    interface Look {
        Future<Session> again();
    }

    /** It need not wait for the session to settle, but no longer than until {@code point}, which every settled one is at. */
    Errand enoughOnce(Predicate<Session> point) {
        enough = point;
        return this;
    }

    /** It carries out {@code one}. */
    Errand fulfilling(Wishes.Wish one) {
        wish = Optional.of(one);
        return this;
    }

    /** Whether somebody has wanted something else of the session since. */
    boolean takenBack() {
        return wish.filter(Wishes.Wish::isTakenBack).isPresent();
    }

    SessionCommand command() {
        return command;
    }

    Discovery discovery() {
        return discovery;
    }

    /** Whether it saw a transition end: how that ended is then the answer, and a failure no reason to try again. */
    boolean joined() {
        return joined;
    }

    Instant now() {
        return Clocks.millis(clock);
    }

    Lease leaseFor(Step step) {
        return leases.forStep(step);
    }

    /** The session as the registry has it, if it has. Fails with {@code forbidden}. */
    Future<Optional<Session>> find() {
        return registry.find(command.id())
                .compose(found -> found.map(s -> Lifecycle.owned(s, command).map(Optional::of))
                        .orElseGet(() -> Future.succeededFuture(Optional.empty())));
    }

    /** As {@link Lifecycle#known}. */
    Future<Session> known() {
        return lifecycle.known(command);
    }

    /** Whether nobody carries {@code session} through its transition. */
    boolean abandoned(Session session) {
        return leases.abandoned(session);
    }

    Future<Session> takeOver(Session abandoned, Look lookAgain) {
        return transitions.takeOver(abandoned).compose(won -> again(lookAgain));
    }

    /**
     * Begins {@code state}; then goes on with {@code settled}, or looks again if somebody was faster. If it is taken back, it
     * ends with the session as it is.
     */
    Future<Session> begin(Session from, SandboxState state, Next settled, Look lookAgain) {
        if (takenBack()) {
            return Future.succeededFuture(from);
        }
        return transitions.begin(from, state, command.cause()).compose(won -> {
            if (won.isPresent()) {
                return join(settled);
            }
            joined = true;
            return again(lookAgain);
        });
    }

    /** Waits for the session to settle. When patience ends first, how it stands now is the answer. */
    Future<Session> join(Next settled) {
        return settled().compose(found -> {
            if (found.isEmpty()) {
                return standing();
            }
            joined = true;
            return again(() -> settled.with(found.get()));
        });
    }

    /**
     * Waits for a transition to end before which nothing can begin. When patience ends first, how the session stands is the
     * answer, and what was asked for is done afterwards; if it is taken back meanwhile, it ends with the session as it is then.
     */
    Future<Session> behind(Next settled) {
        return settled().compose(found -> {
            if (found.isEmpty()) {
                wish.ifPresent(Wishes.Wish::keep);
                return standing();
            }
            joined = true;
            return takenBack() ? Future.succeededFuture(found.get()) : again(() -> settled.with(found.get()));
        });
    }

    /**
     * For what should bring a session up: whoever took it back may have meant its end. Fails with {@code unknown_session} if
     * that has come, with the session's failure if it has failed.
     */
    Future<Session> unlessOver(Session session) {
        if (takenBack() && session.state() instanceof SandboxState.Failed failed) {
            return failed(failed.failure());
        }
        return takenBack() && session.state() instanceof SandboxState.Stopped
                ? closed(session)
                : Future.succeededFuture(session);
    }

    private Future<Optional<Session>> settled() {
        Duration left = Duration.between(clock.instant(), until).truncatedTo(ChronoUnit.MILLIS);
        return left.isNegative() || left.isZero()
                ? Future.succeededFuture(Optional.empty())
                : registry.until(command.id(), enough, left);
    }

    private Future<Session> standing() {
        return registry.find(command.id())
                .compose(found ->
                        found.map(Future::succeededFuture).orElseGet(() -> failed(Lifecycle.unknown(command.id()))));
    }

    Future<Session> again(Look look) {
        if (--rounds <= 0) {
            return failed(new GatewayFailure.WrongState(
                    "session " + command.id() + " keeps changing; look where it stands and try again"));
        }
        return look.again();
    }

    static Future<Session> closed(Session session) {
        return failed(new GatewayFailure.UnknownSession("session " + session.id() + " was closed"));
    }

    static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
