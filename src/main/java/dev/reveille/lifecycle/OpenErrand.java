package dev.reveille.lifecycle;

import dev.reveille.access.Tenants;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.Cause;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionSpec;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.Set;

/** Opens a session: as a new one, as what it is already, or anew after its end. */
final class OpenErrand {
    /** What an opening leads to first, where the session is known only from upstream. */
    private static final Set<String> OPENING = Set.of("building", "starting");

    private final Errand errand;
    private final Transitions transitions;
    private final SessionRegistry registry;
    private final OpenRequest request;
    private boolean startedInstead;

    OpenErrand(Errand errand, Transitions transitions, SessionRegistry registry, OpenRequest request) {
        this.errand = errand;
        this.transitions = transitions;
        this.registry = registry;
        this.request = request;
    }

    Future<Session> open() {
        return errand.find().compose(found -> found.map(this::reopen).orElseGet(this::openFirst));
    }

    private Future<Session> openFirst() {
        Session first = Session.first(
                errand.command().id(),
                errand.command().tenant().orElse(Tenants.EVERYBODY),
                request.spec(),
                firstState(),
                errand.command().cause(),
                errand.now());
        return begun(transitions.begin(first, opener()));
    }

    private Future<Session> reopen(Session session) {
        SandboxState state = session.state();
        if (errand.abandoned(session)) {
            return errand.takeOver(session, this::open);
        }
        if (state instanceof SandboxState.Pausing || state instanceof SandboxState.Stopping) {
            return errand.behind(settled -> errand.again(this::open)).compose(errand::unlessOver);
        }
        if (!session.settled()) {
            return errand.join(this::opened);
        }
        if (state instanceof SandboxState.Running) {
            return stillRunning(session);
        }
        if (state instanceof SandboxState.Paused paused) {
            return errand.takenBack()
                    ? Future.succeededFuture(session)
                    : begin(
                            session,
                            session.withSpec(specFor(session)),
                            new SandboxState.Resuming(errand.leaseFor(Step.RESUME), paused.asleep()));
        }
        return begin(session, session.withSpec(specAnew(session)), firstState());
    }

    /** What has failed and still has its sandbox is live to whoever leaves what is live alone, but for what is to be started. */
    private SessionSpec specAnew(Session session) {
        SessionSpec asked = request.spec();
        return request.leavesLiveAlone() && session.runtime().isPresent()
                ? new SessionSpec(
                        asked.startRequest(),
                        session.spec().initialEnv(),
                        session.spec().effectiveClosePolicy(),
                        asked.attachOnly(),
                        asked.build())
                : asked;
    }

    private SandboxState firstState() {
        return request.spec().build().isPresent()
                ? new SandboxState.Building(errand.leaseFor(Step.BUILD), Optional.empty())
                : new SandboxState.Starting(errand.leaseFor(Step.START), Optional.empty());
    }

    /** A session that we take to be running may have ended behind our back. Without upstream, we believe what we know. */
    private Future<Session> stillRunning(Session session) {
        return errand.discovery()
                .inspect(session)
                .recover(unavailable -> Future.succeededFuture(session))
                .compose(now -> now.state() instanceof SandboxState.Running running
                        ? asAskedFor(now, running.live())
                        : errand.again(this::open));
    }

    /** Its owner may want other variables in it, or another end of it. */
    private Future<Session> asAskedFor(Session session, SandboxRuntime live) {
        SessionSpec spec = specFor(session);
        // Upstream said that it runs, and nobody has asked the sandbox itself yet.
        boolean untried = session.cause() == Cause.ADOPTED;
        if (spec.equals(session.spec()) && !untried) {
            return Future.succeededFuture(session);
        }
        Session asked = session.withSpec(spec);
        if (untried || !spec.initialEnv().equals(session.spec().initialEnv())) {
            return begin(session, asked, new SandboxState.Starting(errand.leaseFor(Step.START), Optional.of(live)));
        }
        return registry.change(
                        session, asked.to(session.state(), errand.command().cause(), "", errand.now()))
                .compose(won -> won.map(Future::succeededFuture).orElseGet(() -> errand.again(this::open)));
    }

    /** Who only attaches to a live session changes nothing of what it is to whoever opened it. */
    private SessionSpec specFor(Session live) {
        return attachesToAnothers(live) || request.leavesLiveAlone() ? live.spec() : request.spec();
    }

    private boolean attachesToAnothers(Session live) {
        return request.spec().attachOnly() && !live.spec().attachOnly() && wasOpened(live);
    }

    /** Whether it is somebody's, and not only known from upstream's list. */
    private static boolean wasOpened(Session live) {
        return live.changes().stream()
                        .anyMatch(change -> change.cause() == Cause.CLIENT && OPENING.contains(change.state()))
                || !live.spec().equals(Discovery.specOfNobody(live.id()));
    }

    private Future<Session> begin(Session from, Session asked, SandboxState state) {
        Opener opener = attachesToAnothers(from) ? opener().leavingIfInVain(from.spec()) : opener();
        return begun(transitions.begin(from, asked.to(state, errand.command().cause(), "", errand.now()), opener));
    }

    private Future<Session> begun(Future<Optional<Session>> beginning) {
        return beginning.compose(won -> won.isPresent() ? errand.join(this::opened) : errand.again(this::open));
    }

    private Future<Session> opened(Session settled) {
        SandboxState state = settled.state();
        if (state instanceof SandboxState.Paused) {
            return errand.again(this::open);
        }
        if (state instanceof SandboxState.Failed failed) {
            return mayStartInstead(failed) ? startInstead() : Errand.failed(failed.failure());
        }
        return state instanceof SandboxState.Stopped ? Errand.closed(settled) : Future.succeededFuture(settled);
    }

    /** That upstream refuses a resume is the outcome of a wake that others began, which starts nothing. */
    private boolean mayStartInstead(SandboxState.Failed failed) {
        return Waking.isRefusal(failed.failure()) && opener().mayStart() && !startedInstead && !errand.takenBack();
    }

    private Future<Session> startInstead() {
        startedInstead = true;
        return errand.again(this::open);
    }

    private Opener opener() {
        return new Opener(request.buildContext(), !request.spec().attachOnly(), Optional.empty());
    }
}
