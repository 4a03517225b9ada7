package dev.reveille.api;

import dev.reveille.access.Tickets;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.config.ByteSize;
import dev.reveille.session.Quoted;
import dev.reveille.session.SandboxState;
import dev.reveille.session.SessionId;
import dev.reveille.watch.Watching;
import dev.reveille.watch.Wish;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Streams of what happens to sessions, and the tickets that open them. */
final class EventsApi {
    private static final Duration BODY_PATIENCE = Duration.ofSeconds(9);
    private static final Duration REPLY_SLACK = Duration.ofMinutes(2);
    private static final String SINCE = "since";
    private static final String STATE = "state";
    private static final String SESSION = "session_id";
    private static final int OK = 200;

    private final EventBus bus;
    private final Watching watching;
    private final Tickets tickets;
    private final ByteSize bodyLimit;

    /**
     * @param watching of this event loop
     * @param bodyLimit the largest request body that is read
     */
    EventsApi(EventBus bus, Watching watching, Tickets tickets, ByteSize bodyLimit) {
        this.bus = bus;
        this.watching = watching;
        this.tickets = tickets;
        this.bodyLimit = bodyLimit;
    }

    /** One session. */
    void followOne(RoutingContext context) {
        Parameters query = Parameters.of(context, Caller.TICKET, SINCE);
        SessionId id = Parameters.sessionId(context);
        Wish wish = new Wish(Caller.tenant(context), Optional.of(id), since(context, query), Set.of());
        begin(context, wish, () -> known(id, wish.tenant()));
    }

    /** All sessions of the caller. */
    void followAll(RoutingContext context) {
        Parameters query = Parameters.of(context, Caller.TICKET, SINCE, STATE);
        Set<String> states = query.get(STATE).map(EventsApi::states).orElse(Set.of());
        begin(
                context,
                new Wish(Caller.tenant(context), Optional.empty(), since(context, query), states),
                Future::succeededFuture);
    }

    private void begin(RoutingContext context, Wish wish, Supplier<Future<?>> allowed) {
        Watching.check(context.request(), wish);
        if (Watching.wantsSocket(context.request())) {
            // Or frames that the client sends early would be lost before the upgrade.
            context.request().pause();
        }
        allowed.get().compose(yes -> watching.begin(context.request(), wish)).onFailure(context::fail);
    }

    /** Fails if there is no such session, or it is somebody else's. */
    private Future<JsonObject> known(SessionId id, String tenant) {
        return Catalogue.GET.askHere(bus, SessionCommand.byClient(id, tenant, Duration.ZERO), REPLY_SLACK);
    }

    /** A client that reconnects by itself still has the address that it began with, and says in a header how far it came. */
    private static Optional<String> since(RoutingContext context, Parameters query) {
        return Optional.ofNullable(context.request().getHeader("Last-Event-ID"))
                .filter(id -> !id.isEmpty())
                .or(() -> query.get(SINCE));
    }

    private static Set<String> states(String words) {
        List<String> states = List.of(words.split(",", -1));
        states.stream().filter(word -> !SandboxState.WORDS.contains(word)).forEach(word -> {
            throw Parameters.invalid("state: " + Quoted.shortly(word) + " (expected: some of "
                    + String.join(", ", SandboxState.WORDS) + ", separated by commas)");
        });
        return Set.copyOf(states);
    }

    /** A pass for a stream, for those who cannot or should not show a key. */
    void ticket(RoutingContext context) {
        Parameters.of(context);
        String tenant = Caller.tenant(context);
        JsonBody.of(context.request(), bodyLimit, BODY_PATIENCE)
                .map(body -> session(body.object()))
                .compose(session -> session.map(id -> known(id, tenant).map(session))
                        .orElseGet(() -> Future.succeededFuture(session)))
                .map(session -> tickets.issue(session, tenant))
                .onSuccess(ticket -> JsonAnswer.send(
                        context,
                        OK,
                        new JsonObject()
                                .put(Caller.TICKET, ticket.text())
                                .put("expires_at", ticket.expiresAt().toString())
                                .toBuffer()))
                .onFailure(context::fail);
    }

    private static Optional<SessionId> session(JsonObject asked) {
        asked.fieldNames().stream().filter(name -> !name.equals(SESSION)).forEach(name -> {
            throw Parameters.invalid(Quoted.plain(name, 60) + ": unknown field (expected: session_id, or none)");
        });
        Object id = asked.getValue(SESSION);
        if (id == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SessionId((String) id));
        } catch (ClassCastException | IllegalArgumentException wrong) {
            throw Parameters.invalid("session_id: not an id (expected: 1 to 128 characters out of A-Z a-z 0-9 - _)");
        }
    }
}
