package dev.reveille.lifecycle;

import dev.reveille.bus.Deadline;
import dev.reveille.bus.RuntimeCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionWish.Aim;
import dev.reveille.bus.StartCommand;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.runtimeapi.RuntimeApiException;
import dev.reveille.session.Cause;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What clients of the runtime API have done: start, resume, pause, stop. They wait seconds for an answer and look again by
 * themselves, so each call answers as soon as upstream has set about it, and what was begun goes on.
 */
final class RuntimeCalls {
    private static final Logger LOG = LoggerFactory.getLogger(RuntimeCalls.class);

    /** For a stop, which goes on behind its answer. */
    private static final Duration LONG = Duration.ofHours(1);

    private static final int NOT_FOUND = 404;
    private static final String RUNTIME_ID = "runtime_id";
    private static final String STATUS = "status";
    private static final String SESSION_KEY = "session_api_key";

    private final SessionRegistry registry;
    private final Upstream upstream;
    private final Transitions transitions;
    private final Lifecycle lifecycle;
    private final RuntimeRecords records;
    private final OwedStops owedStops;

    RuntimeCalls(
            SessionRegistry registry,
            Upstream upstream,
            Transitions transitions,
            Lifecycle lifecycle,
            RuntimeRecords records,
            OwedStops owedStops) {
        this.registry = registry;
        this.upstream = upstream;
        this.transitions = transitions;
        this.lifecycle = lifecycle;
        this.records = records;
        this.owedStops = owedStops;
    }

    // Start.

    /** Starts the session's runtime, or finds it there. Fails as opening does; {@code start_timeout} if it has no name yet. */
    Future<JsonObject> start(StartCommand command) {
        Deadline deadline = deadline(command.patience());
        SessionCommand open = SessionCommand.byClient(command.id(), command.tenant(), command.patience());
        Future<Session> started =
                owedStops.wanted(command.tenant(), command.id(), () -> started(open, command.request()));
        return within(deadline, started, () -> standing(command.id()))
                .compose(session ->
                        session.tenant().equals(command.tenant()) && hasItsRuntime(session) && keyIsKnown(session)
                                ? records.shown(session)
                                : failed(new GatewayFailure.StartTimeout(notNamed(session))));
    }

    private Future<Session> started(SessionCommand open, String request) {
        return lifecycle.start(
                open,
                OpenRequest.ofStart(request),
                session -> session.state() instanceof SandboxState.Resuming
                        ? underWay(lifecycle.errand(open).enoughOnce(RuntimeCalls::wokenOrStarted), session)
                        : Future.succeededFuture(session));
    }

    /** What is not resumed may still be started. */
    private static boolean wokenOrStarted(Session session) {
        return session.settled()
                || (session.state() instanceof SandboxState.Starting
                        && session.runtime().isPresent());
    }

    /** What is about to end, or to fall asleep, is not what a start is answered with: its client would wait for it in vain. */
    private static boolean hasItsRuntime(Session session) {
        return session.runtime().isPresent()
                && !(session.state() instanceof SandboxState.Stopping)
                && !(session.state() instanceof SandboxState.Pausing);
    }

    /** A resume may bring another key, and until upstream has taken it nobody knows which. */
    private boolean keyIsKnown(Session session) {
        return session.state() instanceof SandboxState.Resuming
                ? transitions.accepted(session.id()).isComplete()
                : !(session.state() instanceof SandboxState.Pausing);
    }

    private static String notNamed(Session session) {
        SandboxState state = session.state();
        if (state instanceof SandboxState.Resuming) {
            return "the runtime API has not taken the resume yet; it goes on, so ask again";
        }
        return state instanceof SandboxState.Stopping || state instanceof SandboxState.Pausing
                ? "the session's sandbox is still " + state.word() + "; ask again"
                : "the runtime API has not named the sandbox yet; the start goes on, so ask again";
    }

    // Resume.

    /** Wakes a runtime. Fails as waking does. */
    Future<JsonObject> resume(RuntimeCommand command) {
        Deadline deadline = deadline(command.patience());
        return records.find(command)
                .compose(found ->
                        found.isPresent() ? resume(command, found.get(), deadline) : resumeUnknown(command, deadline));
    }

    private Future<JsonObject> resume(RuntimeCommand command, Session session, Deadline deadline) {
        SessionCommand wake = byClient(command, session, deadline.left());
        Future<Session> resumed = owedStops.wanted(
                command.tenant(),
                session.id(),
                () -> lifecycle
                        .wishes()
                        .carryOut(
                                wake,
                                Aim.AWAKE,
                                errand -> errand.known()
                                        .compose(records::inspected)
                                        .compose(now -> wake(errand, command, now))));
        return within(deadline, resumed, () -> standing(session.id()))
                .compose(now -> records.shown(now).onSuccess(answer -> {
                    if (!keyIsKnown(now)) {
                        answer.remove(SESSION_KEY);
                    }
                    if (now.state() instanceof SandboxState.Pausing) {
                        // It is woken as soon as it sleeps.
                        answer.put(STATUS, "starting");
                    }
                }));
    }

    private Future<Session> wake(Errand errand, RuntimeCommand command, Session session) {
        SandboxState state = session.state();
        boolean another =
                session.runtime().map(r -> !r.id().equals(command.id())).orElse(true);
        if (another || state instanceof SandboxState.Stopping) {
            return RuntimeRecords.unknown(command.id());
        }
        if (errand.abandoned(session)) {
            return errand.takeOver(session, () -> wakeAgain(errand, command));
        }
        if (state instanceof SandboxState.Resuming) {
            return underWay(errand, session);
        }
        if (state instanceof SandboxState.Pausing) {
            return errand.behind(settled -> wake(errand, command, settled)).compose(errand::unlessOver);
        }
        if (state instanceof SandboxState.Running || !session.settled()) {
            return Future.succeededFuture(session);
        }
        if (errand.takenBack()) {
            return Future.succeededFuture(session);
        }
        SandboxState resuming = new SandboxState.Resuming(
                errand.leaseFor(Step.RESUME), session.runtime().orElseThrow());
        return transitions
                .begin(session, resuming, Cause.CLIENT)
                .compose(won -> won.map(now -> underWay(errand, now))
                        .orElseGet(() -> errand.again(() -> wakeAgain(errand, command))));
    }

    private Future<Session> wakeAgain(Errand errand, RuntimeCommand command) {
        return errand.known().compose(now -> wake(errand, command, now));
    }

    /** Until upstream has set about it, after which the key is the one that counts; or until it is over. */
    private Future<Session> underWay(Errand errand, Session session) {
        Promise<Session> answer = Promise.promise();
        transitions
                .accepted(session.id())
                .onSuccess(runtime ->
                        answer.tryComplete(registry.seen(session.id()).orElse(session)));
        errand.join(Future::succeededFuture)
                .onSuccess(now -> {
                    if (now.state() instanceof SandboxState.Failed broken) {
                        answer.tryFail(broken.failure().asException());
                    } else {
                        answer.tryComplete(now);
                    }
                })
                .onFailure(answer::tryFail);
        return answer.future();
    }

    /** One that upstream may know and we do not, such as one that sleeps since before this gateway began. */
    private Future<JsonObject> resumeUnknown(RuntimeCommand command, Deadline deadline) {
        owedStops.wanted(command.tenant(), command.id());
        return directly(command, deadline, Step.RESUME, key -> upstream.api().resume(key, command.id()))
                .compose(done -> {
                    JsonObject answer = new JsonObject()
                            .put(RUNTIME_ID, command.id().value())
                            .put(STATUS, "starting");
                    done.sessionKey().ifPresent(key -> answer.put(SESSION_KEY, key));
                    return records.find(command)
                            .compose(found -> found.map(records::shown).orElseGet(() -> Future.succeededFuture(answer)))
                            .otherwise(answer);
                });
    }

    // Pause.

    /** Puts a runtime to sleep, after its start if that is under way. Fails as pausing does. */
    Future<JsonObject> pause(RuntimeCommand command) {
        Deadline deadline = deadline(command.patience());
        return records.find(command)
                .compose(found ->
                        found.isPresent() ? pause(command, found.get(), deadline) : pauseUnknown(command, deadline));
    }

    private Future<JsonObject> pause(RuntimeCommand command, Session session, Deadline deadline) {
        SessionCommand pause = byClient(command, session, deadline.left());
        Future<Session> paused = lifecycle
                .wishes()
                .carryOut(
                        pause,
                        Aim.ASLEEP,
                        errand -> errand.known()
                                .compose(now -> now.state() instanceof SandboxState.Running
                                        ? Future.succeededFuture(now)
                                        : records.inspected(now))
                                .compose(new PauseErrand(errand)::pause))
                .onFailure(error -> LOG.info("session={} could not be paused: {}", session.id(), error.getMessage()));
        return within(deadline, paused, () -> standing(session.id())).compose(records::shown);
    }

    private Future<JsonObject> pauseUnknown(RuntimeCommand command, Deadline deadline) {
        return directly(command, deadline, Step.PAUSE, key -> upstream.api().pause(key, command.id()))
                .map(done ->
                        new JsonObject().put(RUNTIME_ID, command.id().value()).put(STATUS, "paused"));
    }

    // Stop.

    /**
     * Ends a runtime. Never fails: clients say it when they clean up, and an error would hide the one that made them do so.
     * What upstream refuses now is asked for again.
     */
    Future<JsonObject> stop(RuntimeCommand command) {
        Deadline deadline = deadline(command.patience());
        return records.find(command)
                .compose(
                        found -> found.isPresent()
                                ? stop(command, found.get(), deadline)
                                : stopUnknown(command, deadline),
                        error -> isUnknown(error) ? Future.failedFuture(error) : stopUnknown(command, deadline))
                .otherwise(unknown -> stopped(command, "stopped"));
    }

    private Future<JsonObject> stop(RuntimeCommand command, Session session, Deadline deadline) {
        Future<Session> stopped = lifecycle
                .wishes()
                .carryOut(
                        byClient(command, session, LONG),
                        Aim.ENDED,
                        errand -> new CloseErrand(errand)
                                .stopWhile(now ->
                                        now.runtime().map(SandboxRuntime::id).equals(Optional.of(command.id()))));
        stopped.onFailure(error -> owedStops.add(session));
        return within(deadline, stopped, () -> Future.succeededFuture(session))
                .map(now -> now.state() instanceof SandboxState.Stopped)
                .otherwise(false)
                .map(over -> stopped(command, over ? "stopped" : "stopping"));
    }

    private Future<JsonObject> stopUnknown(RuntimeCommand command, Deadline deadline) {
        return directly(command, deadline, Step.STOP, key -> upstream.api().stop(key, command.id()))
                .map(done -> stopped(command, "stopped"))
                .recover(error -> {
                    if (isUnknown(error)) {
                        return Future.failedFuture(error);
                    }
                    LOG.info("runtime={} could not be stopped: {}", command.id(), error.getMessage());
                    owedStops.add(command.tenant(), command.id());
                    return Future.succeededFuture(stopped(command, "stopping"));
                });
    }

    private static boolean isUnknown(Throwable error) {
        return error instanceof FailureException known && known.failure() instanceof GatewayFailure.UnknownSession;
    }

    private static JsonObject stopped(RuntimeCommand command, String status) {
        return new JsonObject().put(RUNTIME_ID, command.id().value()).put(STATUS, status);
    }

    // What they share.

    /** For a runtime without a session here. Where tenants share an upstream key nobody can tell whose it is. */
    private <T> Future<T> directly(
            RuntimeCommand command, Deadline deadline, Step step, Function<Optional<String>, Future<T>> call) {
        if (!upstream.tenants().seesOnlyItsOwn(command.tenant())) {
            return RuntimeRecords.unknown(command.id());
        }
        return call.apply(upstream.tenants().upstreamKey(command.tenant()))
                .timeout(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS)
                .recover(error -> {
                    if (error instanceof RuntimeApiException refused && refused.status() == NOT_FOUND) {
                        return RuntimeRecords.unknown(command.id());
                    }
                    return failed(
                            error instanceof TimeoutException
                                    ? UpstreamFailures.unavailable(error)
                                    : UpstreamFailures.of(step, error));
                });
    }

    private static SessionCommand byClient(RuntimeCommand command, Session session, Duration patience) {
        return SessionCommand.byClient(session.id(), command.tenant(), patience);
    }

    /** Showing what came of it takes a moment too. */
    private static Deadline deadline(Duration patience) {
        return Deadline.in(patience.minus(patience.dividedBy(8)));
    }

    /** {@code call}, or {@code otherwise} at the deadline; {@code call} goes on then. */
    private static Future<Session> within(
            Deadline deadline, Future<Session> call, Supplier<Future<Session>> otherwise) {
        return call.timeout(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS)
                .recover(error -> error instanceof TimeoutException ? otherwise.get() : Future.failedFuture(error));
    }

    private Future<Session> standing(SessionId id) {
        return registry.seen(id).map(Future::succeededFuture).orElseGet(() -> failed(Lifecycle.unknown(id)));
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
