package dev.reveille.reconnect;

import static dev.reveille.testing.TestGateway.await;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A webhook's receiver that has its moods: it refuses some posts, and takes some without saying so. */
final class Hook {
    private static final int ONE_IN = 25;

    private final HttpServer server;
    private final Random random;
    private final Account account = new Account(Map.of());
    private final Set<String> ids = new HashSet<>();
    private int repeated;
    private int refused;

    Hook(Vertx vertx, Random random) {
        this.random = random;
        server = await(vertx.createHttpServer()
                .requestHandler(request -> request.body()
                        .onSuccess(body -> posted(request, body.toJsonObject()))
                        .onFailure(gone -> {}))
                .listen(0, "127.0.0.1"));
    }

    String url() {
        return "http://127.0.0.1:" + server.actualPort() + "/hook";
    }

    private synchronized void posted(HttpServerRequest request, JsonObject change) {
        if (random.nextInt(ONE_IN) == 0) {
            refused++;
            request.response().setStatusCode(503).end();
            return;
        }
        if (ids.add(request.getHeader("webhook-id"))) {
            account.hears(change, true);
        } else {
            repeated++;
        }
        if (random.nextInt(ONE_IN) == 0) {
            request.connection().close();
        } else {
            request.response().setStatusCode(204).end();
        }
    }

    synchronized List<String> missing(Map<String, Long> ends) {
        return account.missing(ends).stream().map(what -> "webhook: " + what).toList();
    }

    /** Each change once and in order, from the first on, what was repeated not counted. */
    synchronized List<String> problems(Account truth) {
        List<String> all = new ArrayList<>(account.problems(truth));
        truth.sessions().stream()
                .filter(session -> !account.changes(session).equals(truth.changes(session)))
                .forEach(session -> all.add(session + ": was not posted like that"));
        return all.stream().map(problem -> "webhook " + problem).toList();
    }

    synchronized String summary() {
        return "%d changes posted, %d more than once, %d refused".formatted(account.size(), repeated, refused);
    }
}
