package dev.reveille.testing;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** As many requests a second at the nodes that say that they are ready, as a balancer spreads them. */
public final class Load implements AutoCloseable {
    private static final int TICK_MILLIS = 20;
    private static final int READY_MILLIS = 100;

    private final Vertx vertx;
    private final JarCluster cluster;
    private final String path;
    private final int perTick;
    private final Set<Integer> ready = ConcurrentHashMap.newKeySet();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger next = new AtomicInteger();
    private final Map<Integer, Integer> closeCodes = new ConcurrentHashMap<>();
    private final AtomicInteger watching = new AtomicInteger();
    private final WebSocketClient sockets;
    private final long timer;
    private final long looks;
    private volatile boolean stopped;

    public Load(Vertx vertx, JarCluster cluster, String path, int perSecond) {
        this.vertx = vertx;
        this.cluster = cluster;
        this.path = path;
        this.perTick = perSecond * TICK_MILLIS / 1_000;
        this.sockets = vertx.createWebSocketClient();
        looks = vertx.setPeriodic(1, READY_MILLIS, t -> look());
        timer = vertx.setPeriodic(TICK_MILLIS, t -> tick());
    }

    /** Keeps so many websockets open, wherever there is a node that takes them. */
    public void watches(String socketPath, int count) {
        for (int i = 0; i < count; i++) {
            watch(socketPath);
        }
    }

    /** Sends no more. */
    public void stop() {
        stopped = true;
        vertx.cancelTimer(timer);
        vertx.cancelTimer(looks);
    }

    public List<String> failures() {
        return List.copyOf(failures);
    }

    public int answered() {
        return answered.get();
    }

    /** How many websockets were closed with which status. */
    public Map<Integer, Integer> closeCodes() {
        return Map.copyOf(closeCodes);
    }

    public String summary() {
        return answered + " requests answered 200, " + failures.size() + " failed; websockets closed by status "
                + closeCodes;
    }

    @Override
    public void close() {
        stop();
        TestGateway.await(sockets.close());
    }

    private void look() {
        for (int i = 0; i < cluster.size(); i++) {
            int node = i;
            cluster.admin(node, "/ready").timeout(1_000).send().onComplete(answer -> {
                if (answer.succeeded() && answer.result().statusCode() == 200) {
                    ready.add(node);
                } else {
                    ready.remove(node);
                }
            });
        }
    }

    private void tick() {
        List<Integer> nodes = List.copyOf(ready);
        for (int i = 0; i < perTick && !nodes.isEmpty(); i++) {
            int node = nodes.get(Math.floorMod(next.getAndIncrement(), nodes.size()));
            cluster.request(node, HttpMethod.POST, path)
                    .send()
                    .onSuccess(answer -> {
                        if (answer.statusCode() == 200) {
                            answered.incrementAndGet();
                        } else {
                            failures.add("node " + node + ": " + answer.statusCode() + " " + answer.bodyAsString());
                        }
                    })
                    .onFailure(error -> failures.add("node " + node + ": " + error));
        }
    }

    private void watch(String socketPath) {
        List<Integer> nodes = List.copyOf(ready);
        if (stopped || nodes.isEmpty()) {
            again(socketPath);
            return;
        }
        URI node = cluster.node(nodes.get(Math.floorMod(next.getAndIncrement(), nodes.size())))
                .url();
        sockets.connect(new WebSocketConnectOptions()
                        .setHost(node.getHost())
                        .setPort(node.getPort())
                        .setURI(socketPath))
                .onSuccess(socket -> opened(socket, socketPath))
                .onFailure(refused -> again(socketPath));
    }

    private void opened(WebSocket socket, String socketPath) {
        watching.incrementAndGet();
        socket.closeHandler(v -> {
            if (!stopped) {
                Short status = socket.closeStatusCode();
                closeCodes.merge(status == null ? 0 : status.intValue(), 1, Integer::sum);
                again(socketPath);
            }
        });
    }

    private void again(String socketPath) {
        if (!stopped) {
            vertx.setTimer(READY_MILLIS, t -> watch(socketPath));
        }
    }
}
