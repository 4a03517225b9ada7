package dev.reveille.bus;

import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The sessions of a cluster, for other services in it: the door to the event bus. Wants a Vert.x that is a member, as {@link
 * Cluster#join} makes it, and may be called from every thread.
 *
 * <p>A node that is killed answers nothing, and the event bus does not say so. So each question is given to one node for a
 * short time only, and then to the next; a command that is under way is not waited for at the node that took it, but by
 * the session's news, with a look now and then. A command may therefore arrive more than once. All of them are idempotent:
 * whoever asks for what is already under way joins it, and what has been reached is the answer.
 *
 * <p>What fails fails with {@link FailureException}: with the code that a node gave, or with {@code shutting_down} or {@code
 * internal} if no node answered at all. <em>Patience</em> is how long the session may take to settle. When it is over, the
 * answer tells where the session stands, as {@link SessionView#settled} shows; the command goes on. If no node answers, that
 * takes at least ten seconds to find out, however short the patience.
 */
public final class Sessions {
    private final Vertx vertx;
    private final Optional<String> tenant;
    private final Pace pace;

    /**
     * As a service that may touch every session. What only the runtime API knows is looked up as each tenant in turn; what it
     * opens belongs to the tenant of gateways without tenants.
     */
    public Sessions(Vertx vertx) {
        this(vertx, Optional.empty(), Pace.USUAL);
    }

    Sessions(Vertx vertx, Optional<String> tenant, Pace pace) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.tenant = Objects.requireNonNull(tenant, "tenant");
        this.pace = Objects.requireNonNull(pace, "pace");
    }

    /** The same for one tenant: others' sessions are {@code forbidden}, and what it opens is that tenant's. */
    public Sessions of(String someTenant) {
        return new Sessions(vertx, Optional.of(someTenant), pace);
    }

    /** Where a session stands. Fails with {@code unknown_session}, {@code forbidden}. */
    public Future<SessionView> get(SessionId id) {
        return get(id, Deadline.in(pace.answer()));
    }

    /**
     * The sessions that follow {@code after}, as one node has heard of them.
     *
     * @param state only those in that state
     * @param limit at most so many, 1 to {@value SessionListing#MOST}
     */
    public Future<SessionPage> list(Optional<String> state, Optional<SessionId> after, int limit) {
        SessionListing listing = new SessionListing(tenant, state, after.map(SessionId::value), limit);
        return ask(Catalogue.LIST, kept -> listing, Duration.ZERO, Deadline.in(pace.answer()), pace.silence())
                .map(SessionPage::of);
    }

    /**
     * Looks up, attaches, resumes or starts.
     *
     * @param request the body of {@code PUT /api/v1/sessions/{id}}
     * @return the session, running unless patience is over; fails with what went wrong on the way
     */
    public Future<SessionView> open(SessionId id, JsonObject request, Duration patience) {
        return command(
                Catalogue.OPEN,
                kept -> new OpenCommand(about(id, kept, Optional.empty()), request),
                new Errand(id, Goal.AWAKE, Deadline.in(patience)));
    }

    /** Wakes. @return the session, running unless patience is over; fails with what went wrong on the way */
    public Future<SessionView> resume(SessionId id, Duration patience) {
        return command(
                Catalogue.RESUME,
                kept -> about(id, kept, Optional.empty()),
                new Errand(id, Goal.AWAKE, Deadline.in(patience)));
    }

    /** Puts to sleep. @return the session, paused unless patience is over; fails with what went wrong on the way */
    public Future<SessionView> pause(SessionId id, Duration patience) {
        return command(
                Catalogue.PAUSE,
                kept -> about(id, kept, Optional.empty()),
                new Errand(id, Goal.ASLEEP, Deadline.in(patience)));
    }

    /** Stops, pauses or keeps, by the session's own policy. @return the session, closed unless patience is over */
    public Future<SessionView> close(SessionId id, Duration patience) {
        return close(id, Optional.empty(), patience);
    }

    /** As {@link #close(SessionId, Duration)}, by another policy. */
    public Future<SessionView> close(SessionId id, ClosePolicy policy, Duration patience) {
        return close(id, Optional.of(policy), patience);
    }

    private Future<SessionView> close(SessionId id, Optional<ClosePolicy> policy, Duration patience) {
        return command(
                Catalogue.CLOSE, kept -> about(id, kept, policy), new Errand(id, Goal.CLOSED, Deadline.in(patience)));
    }

    /**
     * Hears of changes from now on, whoever makes them, also those of other tenants. News may be lost, when a node is killed
     * or a cluster is split: what must not be missed is looked up with {@link #list} or {@link #get}, after {@link
     * Subscription#ready} and now and then.
     *
     * @param listener told of one change at a time, on a thread of its own, and of no session's change that is older than
     *     what it was told before. It may block: then it hears later. One that throws is told of the next change
     */
    public Subscription follow(Consumer<SessionChange> listener) {
        return Subscription.to(vertx, Catalogue.CHANGED, listener);
    }

    /** As {@link #follow(Consumer)}, for one session. */
    public Subscription follow(SessionId id, Consumer<SessionChange> listener) {
        return Subscription.to(vertx, Catalogue.changed(id), listener);
    }

    /** What a command is about, to be brought where, until when. */
    private record Errand(SessionId id, Goal goal, Deadline deadline) {}

    private <A> Future<SessionView> command(
            Endpoint<A, JsonObject> endpoint, Function<Duration, A> question, Errand errand) {
        Duration kept = shorter(pace.kept(), errand.deadline().left());
        Deadline answer = Deadline.in(longer(pace.answer(), errand.deadline().left()));
        return ask(endpoint, question, kept, answer, pace.silence())
                .map(SessionView::of)
                .compose(answered -> answered.settled()
                        ? Future.succeededFuture(answered)
                        : settled(answered, errand)
                                .compose(now ->
                                        outcome(answered, now, errand, () -> command(endpoint, question, errand))));
    }

    private Future<SessionView> settled(SessionView answered, Errand errand) {
        return new Settling(vertx, errand.id(), () -> get(errand.id(), Deadline.in(pace.answer())), pace.look())
                .from(answered, errand.deadline())
                .recover(error -> forgotten(error) && errand.goal() == Goal.CLOSED
                        ? Future.succeededFuture(answered.forgotten())
                        : Future.failedFuture(error));
    }

    private static Future<SessionView> outcome(
            SessionView before, SessionView now, Errand errand, Supplier<Future<SessionView>> anew) {
        if (!now.settled() || errand.goal().reached(before, now)) {
            return Future.succeededFuture(now);
        }
        return errand.goal()
                .failure(before, now)
                .<Future<SessionView>>map(Future::failedFuture)
                .orElseGet(anew);
    }

    private static boolean forgotten(Throwable error) {
        return error instanceof FailureException known && known.failure() instanceof GatewayFailure.UnknownSession;
    }

    private Future<SessionView> get(SessionId id, Deadline answer) {
        return ask(Catalogue.GET, kept -> about(id, kept, Optional.empty()), Duration.ZERO, answer, pace.silence())
                .map(SessionView::of);
    }

    private SessionCommand about(SessionId id, Duration kept, Optional<ClosePolicy> policy) {
        return new SessionCommand(id, tenant, Cause.CLIENT, 0, kept, policy);
    }

    /** Asks one node after the other, as the event bus takes them in turn, until one has something to say. */
    private <A> Future<JsonObject> ask(
            Endpoint<A, JsonObject> endpoint,
            Function<Duration, A> question,
            Duration kept,
            Deadline answer,
            Duration silence) {
        Duration turn = shorter(kept.plus(silence), answer.left());
        return endpoint.attempt(vertx.eventBus(), question.apply(kept), turn, false)
                .recover(error -> isAnswer(error) || answer.left().isZero()
                        ? Future.failedFuture(endpoint.asFailure(error))
                        : vertx.timer(beforeNext(error, answer).toMillis(), TimeUnit.MILLISECONDS)
                                .compose(t -> ask(endpoint, question, kept, answer, silence.multipliedBy(2))));
    }

    /** Whether asking another node leads nowhere else. */
    private static boolean isAnswer(Throwable error) {
        return error instanceof ReplyException reply
                && reply.failureType() == ReplyFailure.RECIPIENT_FAILURE
                && !leaving(reply);
    }

    /** A node that is about to leave says so, and another one serves. */
    private static boolean leaving(ReplyException reply) {
        return reply.getMessage() != null
                && reply.getMessage().startsWith("{")
                && Wire.failure(new JsonObject(reply.getMessage())) instanceof GatewayFailure.ShuttingDown;
    }

    /** A node that was silent has been waited for long enough. */
    private Duration beforeNext(Throwable error, Deadline answer) {
        boolean silent = error instanceof ReplyException reply && reply.failureType() == ReplyFailure.TIMEOUT;
        return silent ? Duration.ofMillis(1) : longer(Duration.ofMillis(1), shorter(pace.pause(), answer.left()));
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }
}
