package dev.reveille.api;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.Deadline;
import dev.reveille.bus.Endpoint;
import dev.reveille.bus.RecordsQuery;
import dev.reveille.bus.RuntimeCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.StartCommand;
import dev.reveille.config.ByteSize;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The runtime API as its clients know it, at the root of the listener: what is about runtimes. What a client sends beyond
 * what is read here is never refused; the bodies of starts go on byte for byte.
 */
final class RuntimesApi {
    /**
     * From the arrival of a request to its answer, whatever the runtime API does. The oldest clients give up after 10 s, and
     * some of them for good.
     */
    static final Duration PATIENCE = Duration.ofSeconds(9);

    /** How much later than its serving side the bus gives up. What is left to 10 s is for the way to the client. */
    static final Duration SLACK = Duration.ofMillis(500);

    /** A session in transition is waited for during half of it, then the runtime API is asked during the other. */
    private static final Duration RECORD_PATIENCE = Duration.ofSeconds(8);

    /** Far above any page of a client. */
    private static final int MOST_IDS = 1000;

    private static final String RUNTIME_ID = "runtime_id";
    private static final String RUNTIMES = "runtimes";
    private static final int OK = 200;

    private final EventBus bus;
    private final ByteSize bodyLimit;

    /** @param bodyLimit the largest request body that is read */
    RuntimesApi(EventBus bus, ByteSize bodyLimit) {
        this.bus = bus;
        this.bodyLimit = bodyLimit;
    }

    void health(RoutingContext context) {
        JsonAnswer.send(context, OK, new JsonObject().put("status", "ok").toBuffer());
    }

    void start(RoutingContext context) {
        Deadline deadline = Deadline.in(PATIENCE);
        answer(
                context,
                body(context, deadline)
                        .compose(body -> ask(Catalogue.RUNTIME_START, start(context, body, deadline), deadline)));
    }

    /** Clients clean up after a failed start with a null here, and an error would hide from them what failed before. */
    void stop(RoutingContext context) {
        Deadline deadline = Deadline.in(PATIENCE);
        answer(
                context,
                body(context, deadline)
                        .compose(body -> body.object().getValue(RUNTIME_ID) instanceof String id && RuntimeId.isOne(id)
                                ? ask(Catalogue.RUNTIME_STOP, runtime(context, id, deadline), deadline)
                                : Future.succeededFuture(new JsonObject())));
    }

    void pause(RoutingContext context) {
        change(context, Catalogue.RUNTIME_PAUSE);
    }

    void resume(RoutingContext context) {
        change(context, Catalogue.RUNTIME_RESUME);
    }

    void record(RoutingContext context) {
        Deadline deadline = Deadline.in(RECORD_PATIENCE);
        SessionCommand command = SessionCommand.byClient(
                known(context.pathParam("session_id")), Caller.tenant(context), deadline.left());
        answer(context, ask(Catalogue.RUNTIME_RECORD, command, deadline));
    }

    void pod(RoutingContext context) {
        Deadline deadline = Deadline.in(PATIENCE);
        RuntimeCommand command = runtime(context, context.pathParam(RUNTIME_ID), deadline);
        answer(context, ask(Catalogue.RUNTIME_POD, command, deadline));
    }

    void list(RoutingContext context) {
        records(context, Optional.empty())
                .onSuccess(runtimes -> JsonAnswer.send(
                        context,
                        OK,
                        new JsonObject()
                                .put(RUNTIMES, runtimes)
                                .put("total", runtimes.size())
                                .toBuffer()))
                .onFailure(context::fail);
    }

    /** An array and no object, as its one client wants it. */
    void batch(RoutingContext context) {
        List<String> asked = context.queryParams().getAll("ids");
        if (asked.size() > MOST_IDS) {
            throw Parameters.invalid("ids: too many (expected: at most " + MOST_IDS + ")");
        }
        List<SessionId> ids =
                asked.stream().distinct().flatMap(id -> session(id).stream()).toList();
        Future<JsonArray> found =
                ids.isEmpty() ? Future.succeededFuture(new JsonArray()) : records(context, Optional.of(ids));
        found.onSuccess(runtimes -> JsonAnswer.send(context, OK, runtimes.toBuffer()))
                .onFailure(context::fail);
    }

    private void change(RoutingContext context, Endpoint<RuntimeCommand, JsonObject> endpoint) {
        Deadline deadline = Deadline.in(PATIENCE);
        answer(
                context,
                body(context, deadline)
                        .map(body -> runtime(context, text(body.object(), RUNTIME_ID), deadline))
                        .compose(command -> ask(endpoint, command, deadline)));
    }

    private Future<JsonArray> records(RoutingContext context, Optional<List<SessionId>> ids) {
        Deadline deadline = Deadline.in(PATIENCE);
        RecordsQuery query = new RecordsQuery(Caller.tenant(context), ids, deadline.left());
        return ask(Catalogue.RUNTIME_RECORDS, query, deadline)
                .map(found -> found.getJsonArray(RUNTIMES, new JsonArray()));
    }

    /** A body that does not come in time leaves no time to do what it asks for. */
    private Future<JsonBody> body(RoutingContext context, Deadline deadline) {
        return JsonBody.of(context.request(), bodyLimit, deadline.left());
    }

    private <A> Future<JsonObject> ask(Endpoint<A, JsonObject> endpoint, A command, Deadline deadline) {
        return endpoint.askHere(bus, command, deadline.left().plus(SLACK));
    }

    private static void answer(RoutingContext context, Future<JsonObject> document) {
        document.map(JsonObject::toBuffer)
                .onSuccess(json -> JsonAnswer.send(context, OK, json))
                .onFailure(context::fail);
    }

    private static StartCommand start(RoutingContext context, JsonBody body, Deadline deadline) {
        String id = text(body.object(), "session_id");
        SessionId session = session(id)
                .orElseThrow(() -> Parameters.invalid("session_id: " + Quoted.shortly(id)
                        + " (expected: 1 to 128 characters out of A-Z a-z 0-9 - _)"));
        return new StartCommand(session, Caller.tenant(context), body.text(), deadline.left());
    }

    private static RuntimeCommand runtime(RoutingContext context, String id, Deadline deadline) {
        if (!RuntimeId.isOne(id)) {
            throw unknown("there is no runtime " + Quoted.shortly(id));
        }
        return new RuntimeCommand(new RuntimeId(id), Caller.tenant(context), deadline.left());
    }

    /** What cannot be the id of a session is nobody's. */
    private static SessionId known(String id) {
        return session(id).orElseThrow(() -> unknown("there is no session " + Quoted.shortly(id)));
    }

    private static Optional<SessionId> session(String id) {
        try {
            return Optional.of(new SessionId(id));
        } catch (IllegalArgumentException none) {
            return Optional.empty();
        }
    }

    private static String text(JsonObject body, String name) {
        if (body.getValue(name) instanceof String text) {
            return text;
        }
        throw Parameters.invalid(
                name + ": " + (body.getValue(name) == null ? "missing" : "no text") + " (expected: a string)");
    }

    private static FailureException unknown(String detail) {
        return new GatewayFailure.UnknownSession(detail).asException();
    }
}
