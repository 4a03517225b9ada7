package dev.reveille.console;

import static dev.reveille.testing.TestGateway.await;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A gateway that a test plays: it serves the console, and behind it speaks the API as the console uses it. Sessions do what the
 * test says. All state belongs to one event loop; methods of tests hop onto it and return once it is done.
 */
final class PlayedGateway implements AutoCloseable {
    private final Vertx vertx;
    private final HttpServer server;
    private final Map<String, JsonObject> sessions = new LinkedHashMap<>();
    private final Map<String, List<JsonObject>> past = new TreeMap<>();
    private final List<HttpServerResponse> all = new ArrayList<>();
    private final Map<String, List<HttpServerResponse>> each = new TreeMap<>();
    private final List<JsonObject> told = new ArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<JsonObject> wakes = new ArrayList<>();
    private Optional<String> key = Optional.empty();
    private Optional<JsonObject> refusal = Optional.empty();
    private int kept = Integer.MAX_VALUE;
    private boolean away;
    private boolean streams = true;
    private boolean remembers = true;
    private Instant now = Instant.now().minusSeconds(600);

    private PlayedGateway(Vertx vertx, Console console) {
        this.vertx = vertx;
        Router router = Router.router(vertx);
        router.route("/console*").handler(console);
        router.route("/api/*").handler(this::admit);
        router.get("/api/v1/overview").handler(this::overview);
        router.get("/api/v1/events").handler(this::follow);
        router.get("/api/v1/sessions").handler(this::list);
        router.get("/api/v1/sessions/:id/events").handler(this::followOne);
        router.route("/api/v1/sessions/:id").handler(this::session);
        router.post("/api/v1/sessions/:id/:verb").handler(this::session);
        server = await(vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1"));
    }

    static PlayedGateway start(Vertx vertx) {
        return new PlayedGateway(vertx, new Console());
    }

    String url() {
        return "http://127.0.0.1:" + server.actualPort() + "/console/";
    }

    /** What was asked of it: method, path and query. */
    List<String> calls() {
        return calls;
    }

    PlayedGateway asksForKey(String wanted) {
        return here(() -> key = Optional.of(wanted));
    }

    PlayedGateway hasNoStreams() {
        return here(() -> streams = false);
    }

    /** Whoever comes back is told that what was missed cannot be told. */
    PlayedGateway forgetsThePast() {
        return here(() -> remembers = false);
    }

    /** Of each session only the last {@code changes} can be told again. */
    PlayedGateway remembersOnly(int changes) {
        return here(() -> kept = changes);
    }

    /** The next command is refused. */
    PlayedGateway refuses(int status, String code, String detail, boolean retryable) {
        return here(() -> refusal = Optional.of(new JsonObject()
                .put("status", status)
                .put("code", code)
                .put("detail", detail)
                .put("retryable", retryable)));
    }

    /** Cuts all streams, and lets nobody come back before it is not. */
    PlayedGateway isAway(boolean isAway) {
        return here(() -> {
            away = isAway;
            if (away) {
                List.copyOf(all).forEach(HttpServerResponse::reset);
                all.clear();
            }
        });
    }

    /** The clock goes on: what follows happens then. */
    PlayedGateway later(Duration time) {
        return here(() -> now = now.plus(time));
    }

    PlayedGateway has(String id, String state) {
        return changes(id, state, "client", "");
    }

    PlayedGateway changes(String id, String state, String cause, String detail) {
        return here(() -> change(id, state, cause, detail));
    }

    PlayedGateway hasMany(int count) {
        List<String> states = List.of("running", "paused", "stopped", "failed", "resuming");
        return here(() -> {
            for (int i = 0; i < count; i++) {
                now = now.plusMillis(10);
                change(String.format("session-%05d", i), states.get(i % states.size()), "client", "");
            }
        });
    }

    PlayedGateway forgets(String id) {
        return here(() -> {
            sessions.remove(id);
            tell(new JsonObject().put("type", "forgotten").put("session_id", id), id);
        });
    }

    PlayedGateway progresses(String id, int elapsed, int expected, String pod, int restarts) {
        return here(() -> tell(
                new JsonObject()
                        .put("type", "progress")
                        .put("session_id", id)
                        .put("state", sessions.get(id).getString("state"))
                        .put("elapsed_seconds", elapsed)
                        .put("expected_seconds", expected)
                        .put("pod_status", pod)
                        .put("restart_count", restarts)
                        .put("restart_reasons", new JsonArray().add("OOMKilled")),
                id));
    }

    PlayedGateway woke(String id, int millis, boolean ready) {
        return here(() -> wakes.add(new JsonObject()
                .put("session_id", id)
                .put("at", now.toString())
                .put("took_ms", millis)
                .put("outcome", ready ? "ready" : "failed")));
    }

    private PlayedGateway here(Runnable play) {
        await(vertx.executeBlocking(() -> {
            synchronized (this) {
                play.run();
            }
            return null;
        }));
        return this;
    }

    private void change(String id, String state, String cause, String detail) {
        JsonObject before = sessions.get(id);
        long took = before == null
                ? 0
                : Duration.between(Instant.parse(before.getString("at")), now).toMillis();
        JsonObject change = new JsonObject()
                .put("type", "change")
                .put("v", 1)
                .put("session_id", id)
                .put("runtime_id", "rt-" + id)
                .put("tenant", "default")
                .put("revision", before == null ? 1 : before.getLong("revision") + 1)
                .put("state", state)
                .put("cause", cause)
                .put("detail", detail)
                .put("message", "")
                .put("at", now.toString())
                .put("took_ms", took)
                .put("node", "node-a");
        if (before != null) {
            change.put("previous", before.getString("state"));
        }
        sessions.put(id, change);
        past.computeIfAbsent(id, i -> new ArrayList<>())
                .add(change.copy().put("id", change.getValue("revision") + ".a"));
        tell(change, id);
    }

    private void tell(JsonObject message, String id) {
        JsonObject numbered = message.copy().put("id", "c" + (told.size() + 1));
        told.add(numbered);
        all.forEach(to -> send(to, numbered));
        JsonObject own = past.getOrDefault(id, List.of()).stream()
                .filter(c -> c.getString("type").equals(message.getString("type")))
                .reduce((one, other) -> other)
                .orElse(message);
        each.getOrDefault(id, List.of())
                .forEach(to -> send(to, message.getString("type").equals("change") ? own : message));
    }

    private static void send(HttpServerResponse to, JsonObject message) {
        if (!to.closed()) {
            String id = message.containsKey("id") ? "id: " + message.getString("id") + "\n" : "";
            to.write(id + "data: " + message.encode() + "\n\n").onFailure(left -> {});
        }
    }

    private synchronized void admit(RoutingContext context) {
        calls.add(context.request().method() + " " + context.request().uri());
        if (away) {
            problem(context, 503, "shutting_down", "this node is about to leave; try again", true);
        } else if (key.isPresent() && !key.get().equals(context.request().getHeader("X-API-Key"))) {
            problem(context, 401, "unauthorized", "provide a valid API key (X-API-Key)", false);
        } else {
            context.next();
        }
    }

    private synchronized void overview(RoutingContext context) {
        JsonArray minutes = new JsonArray();
        for (int i = 59; i >= 0; i--) {
            minutes.add(new JsonObject()
                    .put("at", now.minusSeconds(60L * i).toString())
                    .put("ready", wakes.isEmpty() ? 0 : (i * 7) % 5)
                    .put("failed", !wakes.isEmpty() && i % 17 == 0 ? 1 : 0));
        }
        answer(
                context,
                new JsonObject()
                        .put("v", 1)
                        .put("at", now.toString())
                        .put("node", "node-a")
                        .put("version", "1.0")
                        .put(
                                "nodes",
                                new JsonArray().add("node-a").add("node-b").add("node-c"))
                        .put("tenant", "default")
                        .put("sessions", new JsonObject())
                        .put("holds", 3)
                        .put(
                                "runtime_api",
                                new JsonObject().put("breaker", "half-open").put("since", now.toString()))
                        .put(
                                "wakes",
                                new JsonObject()
                                        .put("since", now.toString())
                                        .put("per_minute", minutes)
                                        .put("recent", new JsonArray(wakes))));
    }

    private synchronized void follow(RoutingContext context) {
        String since = context.request().getParam("since");
        if (!streams) {
            problem(context, 404, "no_such_resource", "there is no GET /api/v1/events", false);
            return;
        }
        HttpServerResponse response = begin(context);
        all.add(response);
        if (since != null && remembers) {
            told.stream().skip(Long.parseLong(since.substring(1))).forEach(change -> send(response, change));
            return;
        }
        if (since != null) {
            send(response, new JsonObject().put("type", "reset").put("reason", "too much was missed"));
        }
        sessions.values().forEach(s -> send(response, s.copy().put("type", "state")));
        send(response, new JsonObject().put("type", "live").put("id", "c" + told.size()));
    }

    private synchronized void followOne(RoutingContext context) {
        if (!streams) {
            problem(context, 400, "invalid_request", "this is a websocket", false);
            return;
        }
        String id = context.pathParam("id");
        HttpServerResponse response = begin(context);
        each.computeIfAbsent(id, i -> new CopyOnWriteArrayList<>()).add(response);
        List<JsonObject> own = past.getOrDefault(id, List.of());
        long since = Long.parseLong(context.request().getParam("since").split("\\.", -1)[0]);
        if (since < own.size() - kept) {
            JsonObject last = own.get(own.size() - 1).copy();
            send(response, last.put("type", "reset").put("reason", "the history begins later"));
        } else {
            own.stream().skip(since).forEach(change -> send(response, change));
        }
    }

    private static HttpServerResponse begin(RoutingContext context) {
        HttpServerResponse response = context.response().setChunked(true);
        response.putHeader("Content-Type", "text/event-stream; charset=utf-8");
        response.write(": here\n\n").onFailure(left -> {});
        return response;
    }

    private synchronized void list(RoutingContext context) {
        JsonArray page = new JsonArray();
        sessions.values().forEach(s -> page.add(document(s)));
        answer(context, new JsonObject().put("v", 1).put("sessions", page));
    }

    private synchronized void session(RoutingContext context) {
        String id = context.pathParam("id");
        String verb = Optional.ofNullable(context.pathParam("verb"))
                .orElse(context.request().method().name());
        if (refusal.isPresent() && !verb.equals("GET")) {
            JsonObject why = refusal.get();
            refusal = Optional.empty();
            problem(
                    context,
                    why.getInteger("status"),
                    why.getString("code"),
                    why.getString("detail"),
                    why.getBoolean("retryable"));
            return;
        }
        switch (verb) {
            case "PUT" -> change(id, "starting", "client", "");
            case "pause" -> change(id, "paused", "client", "");
            case "resume" -> change(id, "running", "client", "");
            case "DELETE" -> change(id, "stopped", "client", "");
            default -> {}
        }
        if (!sessions.containsKey(id)) {
            problem(context, 404, "unknown_session", "neither the gateway nor the runtime API knows it", false);
            return;
        }
        answer(context, document(sessions.get(id)));
    }

    private JsonObject document(JsonObject change) {
        JsonObject document = change.copy();
        Set.of("type", "at", "took_ms", "node", "previous").forEach(document::remove);
        String base = "http://127.0.0.1:" + server.actualPort() + "/" + change.getString("runtime_id");
        return document.put("changed_at", change.getString("at"))
                .put("created_at", change.getString("at"))
                .put("close_policy", "stop")
                .put("attach_only", false)
                .put("session_api_key", "secret")
                .put(
                        "services",
                        new JsonObject()
                                .put("runtime", base + "/runtime")
                                .put("vscode", base + "/vscode")
                                .put("work-1", "javascript:alert(1)")
                                .put("work-2", base + "/work-2"));
    }

    private static void answer(RoutingContext context, JsonObject json) {
        context.json(json).onFailure(left -> {});
    }

    private static void problem(RoutingContext context, int status, String code, String detail, boolean retryable) {
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/problem+json")
                .end(new JsonObject()
                        .put("code", code)
                        .put("detail", detail)
                        .put("retryable", retryable)
                        .encode())
                .onFailure(left -> {});
    }

    @Override
    public void close() {
        await(server.close());
    }
}
