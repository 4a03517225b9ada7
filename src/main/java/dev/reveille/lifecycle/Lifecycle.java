package dev.reveille.lifecycle;

import dev.reveille.bus.OpenCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionWish.Aim;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The commands on sessions. Each looks where the session stands, begins the transition that is missing or joins the one
 * that is under way, and answers once the session has settled or the caller's patience is over. Callers who joined get the
 * same outcome as the one who began.
 */
final class Lifecycle {
    private final SessionRegistry registry;
    private final Transitions transitions;
    private final Discovery discovery;
    private final Leases leases;
    private final InstantSource clock;
    private final Wishes wishes;

    Lifecycle(
            EventBus bus,
            SessionRegistry registry,
            Transitions transitions,
            Discovery discovery,
            Leases leases,
            InstantSource clock) {
        this.registry = registry;
        this.transitions = transitions;
        this.discovery = discovery;
        this.leases = leases;
        this.clock = clock;
        this.wishes = new Wishes(bus, registry, this::errand);
    }

    /** What waits for its time. */
    Wishes wishes() {
        return wishes;
    }

    /** Where the session stands. Fails with {@code unknown_session} if upstream does not know it either. */
    Future<Session> get(SessionCommand command) {
        return known(command);
    }

    /** Where the session really stands, by asking upstream. */
    Future<Session> inspect(SessionCommand command) {
        return known(command).compose(discovery::inspect);
    }

    /** The session whose runtime is {@code runtime}, adopted from upstream. */
    Future<Session> adopt(RuntimeId runtime) {
        return discovery
                .adopt(runtime)
                .compose(found -> found.map(Future::succeededFuture)
                        .orElseGet(() -> failed(new GatewayFailure.UnknownSession("there is no sandbox " + runtime))));
    }

    Future<Session> open(OpenCommand command) {
        OpenRequest request;
        try {
            request = OpenRequest.of(command.command().id(), command.request());
        } catch (FailureException invalid) {
            return Future.failedFuture(invalid);
        }
        return wishes.carryOut(command.command(), Aim.AWAKE, opening(request));
    }

    /**
     * As {@link #open}, but ends with what {@code onceNamed} makes of the session as soon as upstream has named the sandbox. What
     * others wake may not be resumed, and is then started after all, unless that was taken back.
     */
    Future<Session> start(SessionCommand command, OpenRequest request, Function<Session, Future<Session>> onceNamed) {
        Errand named = errand(command).enoughOnce(Lifecycle::named);
        return wishes.carryOut(named, Aim.AWAKE, errand -> {
            Supplier<Future<Session>> started =
                    () -> opening(request).by(errand).compose(onceNamed);
            return started.get()
                    .recover(error -> Waking.isRefusal(error) && !errand.takenBack()
                            ? started.get()
                            : Future.failedFuture(error));
        });
    }

    private Wishes.Deed opening(OpenRequest request) {
        return errand -> new OpenErrand(errand, transitions, registry, request).open();
    }

    private static boolean named(Session session) {
        SandboxState state = session.state();
        return session.settled()
                || (session.runtime().isPresent()
                        && (state instanceof SandboxState.Starting || state instanceof SandboxState.Resuming));
    }

    Future<Session> resume(SessionCommand command) {
        return wishes.carryOut(command, Aim.AWAKE, errand -> new ResumeErrand(errand).resume());
    }

    Future<Session> pause(SessionCommand command) {
        return wishes.carryOut(command, Aim.ASLEEP, errand -> new PauseErrand(errand).pause());
    }

    Future<Session> close(SessionCommand command) {
        Wishes.Deed close = errand -> new CloseErrand(errand).close();
        return aimOfClose(command)
                .map(aim -> wishes.carryOut(command, aim, close))
                .orElseGet(() -> close.by(errand(command)));
    }

    /** Empty if closing leaves the sandbox as it is, or is about to be refused. */
    private Optional<Aim> aimOfClose(SessionCommand command) {
        Optional<SessionSpec> spec = registry.seen(command.id()).map(Session::spec);
        Optional<ClosePolicy> policy = command.policy().or(() -> spec.map(SessionSpec::effectiveClosePolicy));
        boolean attached = spec.filter(SessionSpec::attachOnly).isPresent();
        return policy.filter(p -> p != ClosePolicy.KEEP && !(attached && p == ClosePolicy.STOP))
                .map(p -> p == ClosePolicy.PAUSE ? Aim.ASLEEP : Aim.ENDED);
    }

    /** The session that {@code command} is about, adopted if need be. Fails with {@code unknown_session}, {@code forbidden}. */
    Future<Session> known(SessionCommand command) {
        return registry.find(command.id())
                .compose(found -> found.isPresent()
                        ? Future.succeededFuture(found)
                        : command.tenant()
                                .map(tenant -> discovery.adopt(command.id(), tenant))
                                .orElseGet(() -> discovery.adopt(command.id())))
                .compose(found -> found.map(Future::succeededFuture).orElseGet(() -> failed(unknown(command.id()))))
                .compose(session -> owned(session, command));
    }

    static Future<Session> owned(Session session, SessionCommand command) {
        boolean theirs = command.tenant().map(session.tenant()::equals).orElse(true);
        return theirs
                ? Future.succeededFuture(session)
                : failed(new GatewayFailure.Forbidden("session " + session.id() + " belongs to somebody else"));
    }

    static GatewayFailure unknown(SessionId id) {
        return new GatewayFailure.UnknownSession(
                "there is no session " + id + "; PUT /api/v1/sessions/" + id + " opens one");
    }

    Errand errand(SessionCommand command) {
        return new Errand(command, this, registry, transitions, discovery, leases, clock);
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
