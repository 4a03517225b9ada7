package dev.reveille.api;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.Endpoint;
import dev.reveille.bus.OpenCommand;
import dev.reveille.bus.SessionCommand;
import dev.reveille.bus.SessionListing;
import dev.reveille.config.ByteSize;
import dev.reveille.registry.Activity;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.Quoted;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The sessions API. Commands begin something and answer at once, {@code 202} while it goes on; with {@code Prefer: wait=N}
 * they answer when it has ended, or after N seconds.
 */
final class SessionsApi {
    /** Enough for the largest body over a slow line, and no more than that for somebody who sends none. */
    private static final Duration BODY_PATIENCE = Duration.ofMinutes(2);

    private static final Duration REPLY_SLACK = Duration.ofMinutes(2);
    private static final int DEFAULT_LIMIT = 100;
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;

    private final EventBus bus;
    private final SessionRegistry registry;
    private final ByteSize bodyLimit;
    private final String node;

    /**
     * @param bodyLimit the largest request body that is read
     * @param node the name of this node
     */
    SessionsApi(EventBus bus, SessionRegistry registry, ByteSize bodyLimit, String node) {
        this.node = node;
        this.bus = bus;
        this.registry = registry;
        this.bodyLimit = bodyLimit;
    }

    void open(RoutingContext context) {
        Parameters.of(context);
        SessionCommand command = command(context);
        JsonBody.of(context.request(), bodyLimit, BODY_PATIENCE)
                .compose(body -> open(command, body.object()))
                .onSuccess(opened -> answer(context, opened.document(), opened.status()))
                .onFailure(context::fail);
    }

    private Future<Opened> open(SessionCommand command, JsonObject request) {
        boolean there = registry.seen(command.id())
                .filter(s -> !(s.state() instanceof SandboxState.Stopped))
                .isPresent();
        return Catalogue.OPEN
                .askHere(bus, new OpenCommand(command, request), patience(command))
                .map(document -> new Opened(document, there ? OK : CREATED));
    }

    void get(RoutingContext context) {
        Parameters.of(context);
        SessionCommand command =
                SessionCommand.byClient(Parameters.sessionId(context), Caller.tenant(context), Duration.ZERO);
        Catalogue.GET
                .askHere(bus, command, patience(command))
                .onSuccess(document -> send(context, OK, withActivity(document)))
                .onFailure(context::fail);
    }

    /** With what this node sees of the sandbox's use. */
    private JsonObject withActivity(JsonObject document) {
        return Optional.ofNullable(document.getString("runtime_id"))
                .flatMap(id -> registry.activity().seen(new RuntimeId(id)))
                .map(seen -> document.copy().put("activity", activity(seen)))
                .orElse(document);
    }

    private JsonObject activity(Activity.Seen seen) {
        JsonObject json = new JsonObject()
                .put("node", node)
                .put("in_flight", seen.inFlight())
                .put("listening", seen.listening())
                .put("client_frames", seen.clientFrames())
                .put("client_bytes", seen.clientBytes());
        seen.lastAt()
                .ifPresent(last -> json.put(
                        "last_activity_at", last.truncatedTo(ChronoUnit.MILLIS).toString()));
        return json;
    }

    void pause(RoutingContext context) {
        Parameters.of(context);
        run(context, Catalogue.PAUSE, command(context));
    }

    void resume(RoutingContext context) {
        Parameters.of(context);
        run(context, Catalogue.RESUME, command(context));
    }

    void close(RoutingContext context) {
        Optional<ClosePolicy> policy =
                Parameters.of(context, "policy").get("policy").map(SessionsApi::policy);
        run(context, Catalogue.CLOSE, command(context).closingBy(policy));
    }

    void list(RoutingContext context) {
        Catalogue.LIST
                .askHere(bus, listing(context), REPLY_SLACK)
                .onSuccess(page -> send(context, OK, withCursor(page)))
                .onFailure(context::fail);
    }

    private void run(RoutingContext context, Endpoint<SessionCommand, JsonObject> endpoint, SessionCommand command) {
        endpoint.askHere(bus, command, patience(command))
                .onSuccess(document -> answer(context, document, OK))
                .onFailure(context::fail);
    }

    private static void answer(RoutingContext context, JsonObject document, int whenSettled) {
        boolean settled = SandboxState.SETTLED.contains(document.getString("state"));
        int status = settled ? whenSettled : ACCEPTED;
        if (!waitOf(context).isZero()) {
            context.response().putHeader(Preference.APPLIED, "wait");
        }
        if (!settled) {
            context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
        }
        if (status != OK) {
            context.response().putHeader(HttpHeaders.LOCATION, "/api/v1/sessions/" + document.getString("session_id"));
        }
        send(context, status, document);
    }

    private static void send(RoutingContext context, int status, JsonObject document) {
        JsonAnswer.send(context, status, document.toBuffer());
    }

    private static SessionCommand command(RoutingContext context) {
        return SessionCommand.byClient(Parameters.sessionId(context), Caller.tenant(context), waitOf(context));
    }

    private static Duration waitOf(RoutingContext context) {
        return Preference.wait(context.request().headers().getAll(Preference.HEADER));
    }

    private static Duration patience(SessionCommand command) {
        return command.patience().plus(REPLY_SLACK);
    }

    private static SessionListing listing(RoutingContext context) {
        Parameters query = Parameters.of(context, "limit", "cursor", "state");
        Optional<String> state = query.get("state");
        state.filter(s -> !SandboxState.WORDS.contains(s)).ifPresent(s -> {
            throw Parameters.invalid("state: " + Quoted.shortly(s) + " (expected: one of "
                    + String.join(", ", SandboxState.WORDS) + ")");
        });
        Optional<String> after = query.get("cursor").map(Cursor::decode);
        return new SessionListing(Optional.of(Caller.tenant(context)), state, after, limit(query.get("limit")));
    }

    private static int limit(Optional<String> asked) {
        try {
            int limit = asked.map(Integer::parseInt).orElse(DEFAULT_LIMIT);
            if (limit >= 1 && limit <= SessionListing.MOST) {
                return limit;
            }
        } catch (NumberFormatException noNumber) {
            // Said below.
        }
        throw Parameters.invalid(
                "limit: " + Quoted.shortly(asked.orElse("")) + " (expected: 1 to " + SessionListing.MOST + ")");
    }

    private static JsonObject withCursor(JsonObject page) {
        JsonObject shown = page.copy();
        Object next = shown.remove("next");
        return next == null ? shown : shown.put("next_cursor", Cursor.encode(next.toString()));
    }

    private static ClosePolicy policy(String word) {
        try {
            return ClosePolicy.of(word);
        } catch (IllegalArgumentException wrong) {
            throw Parameters.invalid("policy: " + Quoted.shortly(word) + " (expected: stop, pause or keep)");
        }
    }

    /** What opening came to: the document, and the status if nothing is under way any more. */
    private record Opened(JsonObject document, int status) {}
}
