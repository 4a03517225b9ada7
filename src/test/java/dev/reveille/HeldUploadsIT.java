package dev.reveille;

import static dev.reveille.testing.TestGateway.await;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.LatencyProbe;
import dev.reveille.testing.ReveilleJar;
import dev.reveille.testing.ReveilleJar.Serving;
import dev.reveille.testing.Uploads;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.junit5.Timeout;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Uploads that wait for one cold sandbox of one tenant, on a small heap, while another tenant works. */
@ExtendWith(VertxExtension.class)
class HeldUploadsIT {
    private static final int CHUNK = 64 * 1024;
    private static final int SAMPLES = 3_000;
    private static final int FEW_SAMPLES = 100;
    private static final long PATIENCE_NANOS = MINUTES.toNanos(9);

    @TempDir
    Path folder;

    private final AtomicInteger whole = new AtomicInteger();
    private final AtomicInteger broken = new AtomicInteger();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private volatile long expected;
    private volatile boolean asleep;
    private FakeRuntimeApi upstream;
    private HttpServer sink;
    private Vertx othersLoop;
    private HttpServer othersSandbox;
    private ReveilleJar jar;
    private Serving gateway;
    private WebClient client;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        sink = await(vertx.createHttpServer(new HttpServerOptions().setMaxChunkSize(CHUNK))
                .requestHandler(this::take)
                .listen(0, "127.0.0.1"));
        // On a thread of its own: how long the sandbox of uploads keeps its threads busy is not what is measured.
        othersLoop = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        othersSandbox = await(othersLoop
                .createHttpServer()
                .requestHandler(request -> request.response().end())
                .listen(0, "127.0.0.1"));
        jar = new ReveilleJar(folder);
        // Without room for one byte more, and an end at once if that is not enough.
        gateway = jar.serve(
                List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError"),
                Map.of(
                        "REVEILLE_UPSTREAM_URL", upstream.uri().toString(),
                        "REVEILLE_HOLD_DEADLINE", "15m",
                        "REVEILLE_LIFECYCLE_RESUME_TIMEOUT", "15m",
                        "REVEILLE_TENANTS_0_NAME", "many",
                        "REVEILLE_TENANTS_0_API_KEY", "many-key",
                        "REVEILLE_TENANTS_1_NAME", "other",
                        "REVEILLE_TENANTS_1_API_KEY", "other-key"));
        client = WebClient.create(vertx, new WebClientOptions(), new PoolOptions().setHttp1MaxSize(64));
    }

    @AfterEach
    void stop() {
        client.close();
        jar.close();
        await(sink.close());
        await(othersLoop.close());
        upstream.close();
    }

    @Test
    @Timeout(value = 2, timeUnit = MINUTES)
    void aHundredHeldUploadsAllArriveWhole() throws Exception {
        uploadsAllArriveWhole(100, 1 << 20, FEW_SAMPLES);
    }

    @Tag("slow")
    @Test
    @Timeout(value = 12, timeUnit = MINUTES)
    void fiveThousandHeldUploadsOfTenMebibytesAllArriveWhole() throws Exception {
        uploadsAllArriveWhole(5_000, 10 << 20, SAMPLES);
    }

    private void uploadsAllArriveWhole(int count, long length, int samples) throws Exception {
        expected = length;
        String cold = open("cold", "many-key", sink);
        String other = open("other", "other-key", othersSandbox);
        call(HttpMethod.POST, "cold/pause", "many-key");
        upstream.resumeTakes(Duration.ofHours(1));
        asleep = true;
        try (LatencyProbe probe = new LatencyProbe(gateway.url(), other + "/small")) {
            uploadsAllArriveWhole(count, length, samples, cold, probe);
        }
    }

    private void uploadsAllArriveWhole(int count, long length, int samples, String cold, LatencyProbe probe)
            throws Exception {
        // A JVM is slow at first.
        answered(probe, samples);
        long quietFrom = System.nanoTime();
        answered(probe, samples);
        long before = rss("VmRSS");
        Latencies quiet = latencies(probe, quietFrom);

        try (Uploads uploads = new Uploads(gateway.url(), cold + "/upload", count, length)) {
            eventually("all wait", () -> {
                assertThat(uploads.failures()).isEmpty();
                assertThat(uploads.statuses()).isEmpty();
                return metric("reveille_holds ") == count;
            });
            // Here too, behind 5,000 requests that came in at once.
            answered(probe, samples);
            long heldFrom = System.nanoTime();
            answered(probe, samples);
            Latencies held = latencies(probe, heldFrom);
            long holding = rss("VmRSS");
            long begun = System.nanoTime();
            asleep = false;
            upstream.session("cold").isRunning();
            eventually("all are answered", () -> uploads.open() == 0);
            long took = System.nanoTime() - begun;
            Latencies released = latencies(probe, begun);

            System.out.printf(
                    "%d uploads of %d bytes: %s in %.1f s, at most %d at once; RSS %d MiB before, %d with all held, %d at"
                            + " most; other tenant %s quiet, %s while they wait, %s while they go%n",
                    count,
                    length,
                    uploads.statuses(),
                    took / 1e9,
                    mostAtOnce.get(),
                    before >> 10,
                    holding >> 10,
                    rss("VmHWM") >> 10,
                    quiet,
                    held,
                    released);
            assertThat(uploads.failures()).isEmpty();
            assertThat(uploads.statuses()).isEqualTo(Map.of(200, count));
            assertThat(whole).hasValue(count);
            assertThat(broken).hasValue(0);
            assertThat(upstream.calls("POST /resume")).isEqualTo(1);
            assertThat(gateway.process().isAlive()).isTrue();
        }
    }

    private void take(HttpServerRequest request) {
        if (!request.path().endsWith("/upload")) {
            boolean no = asleep && request.path().startsWith("/cold");
            request.response().setStatusCode(no ? 503 : 200).end();
            return;
        }
        mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
        AtomicLong length = new AtomicLong();
        byte fill = (byte) Integer.parseInt(request.getParam("n"));
        request.exceptionHandler(lost -> {
            broken.incrementAndGet();
            atOnce.decrementAndGet();
        });
        request.handler(chunk -> length.addAndGet(ofOne(chunk, fill) ? chunk.length() : Long.MIN_VALUE / 2));
        request.endHandler(v -> {
            atOnce.decrementAndGet();
            (length.get() == expected ? whole : broken).incrementAndGet();
            request.response().end().onFailure(gone -> broken.incrementAndGet());
        });
    }

    /** Whether it is what the client of this upload sends, as far as samples tell. */
    private static boolean ofOne(Buffer chunk, byte fill) {
        boolean all = true;
        for (int i = 0; i < chunk.length(); i += 512) {
            all &= chunk.getByte(i) == fill;
        }
        return all;
    }

    /** @return where its runtime is */
    private String open(String session, String key, HttpServer sandbox) {
        upstream.session(session).tells("url", "http://127.0.0.1:" + sandbox.actualPort() + "/" + session);
        JsonObject opened = call(HttpMethod.PUT, session, key);
        return "/" + opened.getString("runtime_id") + "/runtime";
    }

    private JsonObject call(HttpMethod method, String idAndVerb, String key) {
        HttpRequest<Buffer> request = client.requestAbs(method, gateway.url() + "/api/v1/sessions/" + idAndVerb)
                .putHeader("Prefer", "wait=20")
                .putHeader("X-API-Key", key);
        var answer = await(HttpMethod.PUT.equals(method) ? request.sendJsonObject(new JsonObject()) : request.send());
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isLessThan(300);
        return answer.bodyAsJsonObject();
    }

    private static void answered(LatencyProbe probe, int more) {
        int enough = probe.count() + more;
        eventually("the probe is answered", () -> {
            assertThat(probe.isAlive()).as("the probe lives").isTrue();
            return probe.count() >= enough;
        });
    }

    private static Latencies latencies(LatencyProbe probe, long since) {
        return new Latencies(probe.between(since, System.nanoTime()));
    }

    private record Latencies(List<Long> sorted) {
        long p99() {
            return sorted.isEmpty() ? 0 : sorted.get((sorted.size() - 1) * 99 / 100);
        }

        @Override
        public String toString() {
            return sorted.isEmpty()
                    ? "none"
                    : String.format(
                            "p50 %.2f p99 %.2f ms of %d",
                            sorted.get(sorted.size() / 2) / 1e6, p99() / 1e6, sorted.size());
        }
    }

    private double metric(String series) {
        return await(client.getAbs(gateway.admin() + "/metrics").send())
                .bodyAsString()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /** KiB of the gateway. */
    private long rss(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + gateway.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > PATIENCE_NANOS) {
                throw new AssertionError("never came true: " + what);
            }
            LockSupport.parkNanos(MILLISECONDS.toNanos(50));
        }
    }
}
