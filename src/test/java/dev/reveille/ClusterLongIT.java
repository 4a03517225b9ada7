package dev.reveille;

import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.bus.Cluster;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.session.Cause;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FreePorts;
import dev.reveille.testing.JarCluster;
import dev.reveille.testing.Load;
import dev.reveille.testing.Registries;
import dev.reveille.testing.Relay;
import dev.reveille.testing.ReveilleJar.Serving;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What happens to several nodes over minutes. Each prints the figures that it saw, behind {@code cluster:}. */
@Tag("slow")
@ExtendWith(VertxExtension.class)
class ClusterLongIT {
    private static final long PATIENCE_SECONDS = 90;

    @TempDir
    Path folder;

    private Vertx vertx;
    private FakeRuntimeApi upstream;
    private JarCluster cluster;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
        cluster = new JarCluster(
                vertx,
                folder,
                upstream.uri(),
                4,
                Map.of(
                        "REVEILLE_SHUTDOWN_NOT_READY", "2s",
                        "REVEILLE_SHUTDOWN_DRAIN", "10s",
                        "REVEILLE_SHUTDOWN_WEBSOCKETS", "2s"));
    }

    @AfterEach
    void stop() {
        cluster.close();
        upstream.close();
    }

    @Test
    void aRollingRestartLosesNoRequestAndTellsEachWebsocketToComeBack() throws Exception {
        cluster.start(3);
        JsonObject session = cluster.session(0, HttpMethod.PUT, "rolling");
        String base = "/" + session.getString("runtime_id") + "/runtime";
        try (Load load = new Load(vertx, cluster, base + "/list_files", 500)) {
            load.watches(base + "/socket.io/", 60);
            Thread.sleep(2_000);
            for (int i = 0; i < 3; i++) {
                assertThat(cluster.node(i).stop()).isZero();
                cluster.add(Map.of());
            }
            Thread.sleep(2_000);
            load.stop();

            say("rolling restart of 3 nodes: %s", load.summary());
            assertThat(load.failures()).isEmpty();
            assertThat(load.answered()).isGreaterThan(5_000);
            assertThat(load.closeCodes().keySet()).containsOnly(1012);
        }
    }

    @Test
    void fiftyThousandSessionsDoNotSlowTheWayOfARequest() throws Exception {
        cluster.start(3);
        JsonObject session = cluster.session(0, HttpMethod.PUT, "hot");
        String path = "/" + session.getString("runtime_id") + "/runtime/list_files";
        median(path, 3_000);
        double few = median(path, 4_000);
        long heapBefore = heap(1);

        register(50_000);
        eventually(() -> sessions(1) >= 50_000 && sessions(2) >= 50_000);
        median(path, 1_000);
        double many = median(path, 4_000);
        long heapAfter = heap(1);
        long begun = System.nanoTime();
        cluster.add(Map.of());
        long joined = MILLISECONDS.convert(System.nanoTime() - begun, NANOSECONDS);

        assertThat(sessions(3)).isGreaterThanOrEqualTo(50_000);
        say(
                "50,001 sessions: p50 %.3f ms, with 1: %.3f ms, ratio %.2f; heap of a node +%d MiB, %d bytes a session;"
                        + " a fourth node is ready %d ms after its start",
                many, few, many / few, (heapAfter - heapBefore) >> 20, (heapAfter - heapBefore) / 50_000, joined);
    }

    @Test
    void membersThatAreCutFromEachOtherServeOnAndAgreeOnceTheyAreTogetherAgain() throws Exception {
        List<Relay> relays = new ArrayList<>();
        int ports = FreePorts.inARow(3);
        for (int i = 0; i < 3; i++) {
            relays.add(new Relay(vertx, ports + i));
        }
        String members = relays.stream()
                .map(r -> "127.0.0.1:" + r.port())
                .reduce((a, b) -> a + "," + b)
                .orElseThrow();
        for (int i = 0; i < 3; i++) {
            cluster.add(Map.of(
                    "REVEILLE_CLUSTER_PORT", Integer.toString(ports + i),
                    "REVEILLE_CLUSTER_MEMBERS", members,
                    "REVEILLE_CLUSTER_CONFIG", behind(relays.get(i), i).toString()));
        }
        for (int i = 0; i < 30; i++) {
            cluster.session(i % 3, HttpMethod.PUT, "s-" + i);
        }
        cluster.session(0, HttpMethod.POST, "s-0/pause");
        String base = "/" + cluster.session(0, HttpMethod.GET, "s-1").getString("runtime_id") + "/runtime";
        String paused = "/" + cluster.session(0, HttpMethod.GET, "s-0").getString("runtime_id") + "/runtime";

        try (Load load = new Load(vertx, cluster, base + "/list_files", 100)) {
            relays.forEach(Relay::cut);
            long cutAt = System.nanoTime();
            eventually(() -> IntStream.range(0, 3).allMatch(i -> metric(i, "reveille_cluster_members") == 1));
            say("a silent member is missed after %d ms", (System.nanoTime() - cutAt) / 1_000_000);
            int wakes = upstream.calls("POST /resume");
            for (int i = 0; i < 3; i++) {
                assertThat(cluster.request(i, HttpMethod.POST, paused + "/list_files")
                                .sendJsonObject(new JsonObject())
                                .await(PATIENCE_SECONDS, SECONDS)
                                .statusCode())
                        .isEqualTo(200);
            }
            Thread.sleep(Math.max(0, 20_000 - (System.nanoTime() - cutAt) / 1_000_000));
            relays.forEach(Relay::heal);
            long healedAt = System.nanoTime();
            eventually(() -> IntStream.range(0, 3).allMatch(i -> metric(i, "reveille_cluster_members") == 3));
            say(
                    "members that were cut for 20 s are together again %d ms later",
                    (System.nanoTime() - healedAt) / 1_000_000);
            eventually(() -> known(0).equals(known(1)) && known(1).equals(known(2)));
            say(
                    "the registries agree %d ms after the cut is healed; %d resumes of one session on three sides; %s",
                    (System.nanoTime() - healedAt) / 1_000_000, upstream.calls("POST /resume") - wakes, load.summary());
            load.stop();

            assertThat(known(0)).hasSize(30);
            assertThat(load.failures()).isEmpty();
        } finally {
            cluster.close();
            relays.forEach(Relay::close);
        }
    }

    /** The shipped configuration, with another address for the other members. */
    private Path behind(Relay relay, int node) throws Exception {
        String xml = Files.readString(Path.of("conf/hazelcast.xml"))
                .replace(
                        "    <join>",
                        "    <public-address>127.0.0.1:" + relay.port() + "</public-address>\n    <join>");
        return Files.writeString(folder.resolve("hazelcast-" + node + ".xml"), xml);
    }

    /** As another member does: faster than 50,000 calls. */
    private void register(int count) throws Exception {
        Cluster member = Cluster.join(
                        Cluster.Options.listener(cluster.name(), "127.0.0.1", cluster.members()),
                        new VertxOptions().setEventLoopPoolSize(1),
                        Vertx.builder())
                .await(PATIENCE_SECONDS, SECONDS);
        Session model = template(member);
        SessionStore store = new SessionStore(member.vertx()
                .sharedData()
                .<String, String>getAsyncMap(SessionStore.MAP)
                .await(10, SECONDS));
        SessionRegistry registry = Registries.registry(member.vertx(), store, member);
        for (int i = 0; i < count; i += 500) {
            int from = i;
            List<Future<Optional<Session>>> some = IntStream.range(from, from + 500)
                    .mapToObj(n -> registry.create(Session.first(
                            new SessionId("bulk-" + n),
                            "default",
                            model.spec(),
                            like(model, n),
                            Cause.ADOPTED,
                            model.createdAt())))
                    .toList();
            Future.all(some).await(PATIENCE_SECONDS, SECONDS);
        }
        member.vertx().close().await(30, SECONDS);
    }

    private static SandboxState like(Session model, int number) {
        SandboxRuntime runtime = model.runtime().orElseThrow();
        return new SandboxState.Paused(new SandboxRuntime(
                new RuntimeId("bulk" + number), runtime.url(), runtime.sessionKey(), runtime.workHosts()));
    }

    private static Session template(Cluster member) throws Exception {
        SessionStore store = new SessionStore(member.vertx()
                .sharedData()
                .<String, String>getAsyncMap(SessionStore.MAP)
                .await(10, SECONDS));
        return Registries.registry(member.vertx(), store, member)
                .find(new SessionId("hot"))
                .await(10, SECONDS)
                .orElseThrow();
    }

    private double median(String path, int count) throws Exception {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            long begun = System.nanoTime();
            int status = cluster.request(1, HttpMethod.GET, path)
                    .send()
                    .await(10, SECONDS)
                    .statusCode();
            nanos[i] = System.nanoTime() - begun;
            assertThat(status).isEqualTo(200);
        }
        Arrays.sort(nanos);
        return nanos[count / 2] / 1e6;
    }

    private long sessions(int node) {
        return metric(node, "reveille_sessions{");
    }

    /** What a node's heap holds after a collection. */
    private long heap(int node) throws Exception {
        Serving serving = cluster.node(node);
        Process collected = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(serving.process().pid()),
                        "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(collected.waitFor(20, SECONDS)).isTrue();
        return metric(node, "jvm_memory_used_bytes{area=\"heap\"");
    }

    private long metric(int node, String series) {
        try {
            return cluster.admin(node, "/metrics")
                    .send()
                    .await(10, SECONDS)
                    .bodyAsString()
                    .lines()
                    .filter(line -> line.startsWith(series))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (TimeoutException late) {
            return -1;
        }
    }

    /** Each session with its state and revision, as a node has it. */
    private Map<String, String> known(int node) {
        try {
            JsonArray sessions = cluster.request(node, HttpMethod.GET, "/api/v1/sessions?limit=100")
                    .send()
                    .await(10, SECONDS)
                    .bodyAsJsonObject()
                    .getJsonArray("sessions");
            Map<String, String> known = new TreeMap<>();
            for (int i = 0; i < sessions.size(); i++) {
                JsonObject session = sessions.getJsonObject(i);
                known.put(
                        session.getString("session_id"),
                        session.getString("state") + " " + session.getInteger("revision"));
            }
            return known;
        } catch (TimeoutException late) {
            return Map.of("late", "" + node);
        }
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + ofSeconds(PATIENCE_SECONDS).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            Thread.sleep(100);
        }
    }

    private static void say(String format, Object... values) {
        System.out.printf("cluster: " + format + "%n", values);
    }
}
