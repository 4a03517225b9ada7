package dev.reveille.reconnect;

import dev.reveille.testing.JarCluster;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Changes one session, by any call at any node, again and again. */
final class Hands {
    private static final int PATIENCE_MILLIS = 8_000;
    private static final List<Verb> VERBS = List.of(
            new Verb(HttpMethod.POST, "/pause"),
            new Verb(HttpMethod.POST, "/resume"),
            new Verb(HttpMethod.POST, "/pause"),
            new Verb(HttpMethod.POST, "/resume"),
            new Verb(HttpMethod.PUT, ""),
            new Verb(HttpMethod.DELETE, ""));

    private final Vertx vertx;
    private final JarCluster cluster;
    private final Nodes nodes;
    private final String session;
    private final int restMillis;
    private final Random random;
    private final Map<String, Integer> answers = new TreeMap<>();
    private final Promise<Void> done = Promise.promise();
    private boolean over;

    private record Verb(HttpMethod method, String path) {}

    /** @param restMillis it rests no longer than this between two calls */
    Hands(Vertx vertx, JarCluster cluster, Nodes nodes, String session, int restMillis, Random random) {
        this.vertx = vertx;
        this.cluster = cluster;
        this.nodes = nodes;
        this.session = session;
        this.restMillis = restMillis;
        this.random = random;
    }

    synchronized void act() {
        if (over) {
            done.tryComplete();
            return;
        }
        Verb verb = VERBS.get(random.nextInt(VERBS.size()));
        cluster.request(nodes.any(random), verb.method(), "/api/v1/sessions/" + session + verb.path())
                .putHeader("Prefer", "wait=5")
                .timeout(PATIENCE_MILLIS)
                .send()
                .onComplete(answer ->
                        answered(answer.succeeded() ? "" + answer.result().statusCode() : "lost"));
    }

    private synchronized void answered(String how) {
        answers.merge(how, 1, Integer::sum);
        vertx.setTimer(1 + random.nextInt(restMillis), t -> act());
    }

    /** @return when its last call was answered */
    synchronized Future<Void> stop() {
        over = true;
        return done.future();
    }

    synchronized Map<String, Integer> answers() {
        return Map.copyOf(answers);
    }
}
