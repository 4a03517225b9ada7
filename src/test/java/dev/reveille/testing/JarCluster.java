package dev.reveille.testing;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.reveille.testing.ReveilleJar.Serving;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Several nodes of one cluster, each a process of its own, in front of one runtime API. */
public final class JarCluster implements AutoCloseable {
    private static final int LONG_SECONDS = 60;

    private final ReveilleJar jar;
    private final WebClient client;
    private final String name = "test-" + UUID.randomUUID();
    private final int firstPort;
    private final int mostNodes;
    private final Map<String, String> settings;
    private final List<Serving> nodes = new CopyOnWriteArrayList<>();

    /**
     * @param mostNodes how many there can be at once
     * @param settings of each node, as environment
     */
    public JarCluster(Vertx vertx, Path folder, URI upstream, int mostNodes, Map<String, String> settings) {
        this.jar = new ReveilleJar(folder);
        this.client = WebClient.create(
                vertx, new WebClientOptions().setFollowRedirects(false), new PoolOptions().setHttp1MaxSize(4096));
        this.mostNodes = mostNodes;
        this.firstPort = FreePorts.inARow(mostNodes);
        this.settings = new HashMap<>(settings);
        this.settings.put("REVEILLE_UPSTREAM_URL", upstream.toString());
    }

    /** Starts nodes, one after the other; each is ready when this returns. */
    public JarCluster start(int count) {
        for (int i = 0; i < count; i++) {
            add(Map.of());
        }
        return this;
    }

    /** Starts as many nodes as there are fewer than {@code count}. Those that have ended lose their place, and the numbers begin anew. */
    public JarCluster alive(int count) {
        nodes.removeIf(node -> !node.process().isAlive());
        return start(Math.max(0, count - nodes.size()));
    }

    /** Starts one more node. @return it, ready */
    public Serving add(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of(
                "REVEILLE_CLUSTER_ENABLED",
                "true",
                "REVEILLE_CLUSTER_NAME",
                name,
                "REVEILLE_CLUSTER_PORT",
                Integer.toString(firstPort),
                "REVEILLE_CLUSTER_MEMBERS",
                members()));
        all.putAll(settings);
        all.putAll(more);
        Serving node = jar.serve(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), all);
        nodes.add(node);
        return node;
    }

    /** Its name, which other members need. */
    public String name() {
        return name;
    }

    /** Where its members may be. */
    public String members() {
        return IntStream.range(0, mostNodes)
                .mapToObj(i -> "127.0.0.1:" + (firstPort + i))
                .collect(Collectors.joining(","));
    }

    /** A request to a node's admin listener. */
    public HttpRequest<Buffer> admin(int index, String path) {
        return client.requestAbs(HttpMethod.GET, nodes.get(index).admin() + path);
    }

    public Serving node(int index) {
        return nodes.get(index);
    }

    public int size() {
        return nodes.size();
    }

    /** As if its machine had lost power, but for the connections, which the system resets. */
    public void kill(int index) {
        nodes.get(index).process().destroyForcibly().onExit().join();
    }

    /** A request to a node. */
    public HttpRequest<Buffer> request(int index, HttpMethod method, String path) {
        return client.requestAbs(method, nodes.get(index).url() + path);
    }

    /** A call of the sessions API. @return what it answers within a minute */
    public JsonObject session(int index, HttpMethod method, String idAndVerb) {
        try {
            HttpResponse<Buffer> answer = request(index, method, "/api/v1/sessions/" + idAndVerb)
                    .putHeader("Prefer", "wait=50")
                    .send()
                    .await(LONG_SECONDS, SECONDS);
            if (answer.statusCode() >= 300) {
                throw new AssertionError(answer.statusCode() + " " + answer.bodyAsString());
            }
            return answer.bodyAsJsonObject();
        } catch (java.util.concurrent.TimeoutException late) {
            throw new AssertionError(late);
        }
    }

    @Override
    public void close() {
        client.close();
        jar.close();
    }
}
