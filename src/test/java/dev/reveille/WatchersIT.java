package dev.reveille;

import static dev.reveille.testing.TestGateway.await;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Heard;
import dev.reveille.testing.ReveilleJar;
import dev.reveille.testing.ReveilleJar.Serving;
import dev.reveille.testing.StalledWatchers;
import dev.reveille.testing.Toggling;
import dev.reveille.testing.Watchers;
import io.vertx.core.Vertx;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.Timeout;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many who watch one node while its sessions change, and some who do not read what they are told. */
@ExtendWith(VertxExtension.class)
@Tag("slow")
class WatchersIT {
    private static final String KEY = "watched-key";
    private static final Pattern USED = Pattern.compile("used (\\d+)K");
    private static final long PATIENCE_NANOS = MINUTES.toNanos(3);

    @TempDir
    Path folder;

    private Vertx vertx;
    private FakeRuntimeApi upstream;
    private ReveilleJar jar;
    private Serving gateway;
    private WebClient client;
    private Toggling toggling;

    /** How many watch each session, and how many watch all. */
    private int each;

    private int ofAll;

    @BeforeEach
    void start(Vertx started) {
        vertx = started;
        upstream = FakeRuntimeApi.start(vertx);
        jar = new ReveilleJar(folder);
        client = WebClient.create(vertx);
    }

    @AfterEach
    void stop() {
        toggling.close();
        client.close();
        jar.close();
        upstream.close();
    }

    private void serve(int sessions, List<String> jvmOptions, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "REVEILLE_UPSTREAM_URL",
                upstream.uri().toString(),
                "REVEILLE_TENANTS_0_NAME",
                "watched",
                "REVEILLE_TENANTS_0_API_KEY",
                KEY));
        environment.putAll(settings);
        gateway = jar.serve(jvmOptions, environment);
        toggling = new Toggling(vertx, gateway.url(), KEY, sessions);
        toggling.begin();
    }

    @Test
    @Timeout(value = 3, timeUnit = MINUTES)
    void everyWatcherHearsEachChangeOnceAndInOrderWhileSomeReadNothingAndAreClosed() throws Exception {
        serve(100, List.of("-Xmx96m", "-XX:+ExitOnOutOfMemoryError"), Map.of("REVEILLE_WATCHERS_STALLED_AFTER", "1s"));
        try (Watchers watchers = new Watchers(gateway.url(), KEY)) {
            watch(watchers, 2);
            toggling.run(150, 3);
            Memory before = memory();

            try (StalledWatchers stalled = new StalledWatchers(gateway.url(), KEY, 10)) {
                assertThat(watching()).isEqualTo(watchers.count() + stalled.count());
                eventually("those who read nothing are closed", () -> {
                    toggling.run(150, 1);
                    return watching() == watchers.count();
                });
                assertThat(stalled.ended()).isEqualTo(stalled.count());
            }

            Heard heard = everythingHeard(watchers);
            Memory growth = memory().less(before);
            System.out.printf("watchers: %d, 10 stalled: %s; growth: %s%n", watchers.count(), heard, growth);
            assertThat(growth.heap()).as("KiB of live heap").isLessThan(16 << 10);
            assertThat(growth.rss()).as("KiB of RSS").isLessThan(128 << 10);
        }
    }

    @Tag("slow")
    @Test
    @Timeout(value = 8, timeUnit = MINUTES)
    void fiveThousandHearTwoHundredChangesASecondAndFiftyWhoReadNothingChangeNothing() throws Exception {
        serve(1_000, List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError"), Map.of());
        warmUp();
        Memory before = memory();
        try (Watchers watchers = new Watchers(gateway.url(), KEY)) {
            watch(watchers, 5);
            Memory connected = memory();
            Memory growth = connected.less(before);
            System.out.printf(
                    Locale.ROOT,
                    "watchers: %d connected: %.1f KiB of RSS each, %.1f KiB of live heap each; %s, before %s%n",
                    watchers.count(),
                    growth.rss() / (double) watchers.count(),
                    growth.heap() / (double) watchers.count(),
                    connected,
                    before);
            measure("none stalled", watchers);
            try (StalledWatchers stalled = new StalledWatchers(gateway.url(), KEY, 50)) {
                measure("50 stalled", watchers);
                assertThat(watching()).as("all are there still").isEqualTo(watchers.count() + stalled.count());
            }
            for (int i = 0; i < 100; i++) {
                watchAll(watchers, i % 2 == 0);
            }
            eventually("more watch all", watchers::areLive);
            measure("100 more watch all", watchers);
        }
    }

    /** What is made once, code and tables and buffers, is made before anything is measured. */
    private void warmUp() throws IOException {
        try (Watchers some = new Watchers(gateway.url(), KEY)) {
            some.watchEach(toggling.sessions().subList(0, 500), true);
            some.watchEach(toggling.sessions().subList(0, 500), false);
            some.watchAll(true);
            some.watchAll(false);
            eventually("they watch", some::areLive);
            toggling.run(100, 10);
        }
        eventually("they are gone", () -> watching() == 0);
    }

    private void measure(String which, Watchers watchers) throws IOException {
        int seconds = 30;
        Map<String, Long> from = toggling.revisions();
        long cpu = cpuMillis();
        long begun = System.nanoTime();
        toggling.run(100, seconds);
        double took = (System.nanoTime() - begun) / 1e9;
        cpu = cpuMillis() - cpu;
        Heard heard = everythingHeard(watchers);
        long made = sum(toggling.revisions()) - sum(from);
        System.out.printf(
                Locale.ROOT,
                "watchers: %s: %.0f changes/s for %.1f s, %.0f told/s; %s; %.0f %% of a core; %s%n",
                which,
                made / took,
                took,
                heard.changes() / took,
                heard,
                cpu / took / 10,
                memory());
        assertThat(heard.changes()).isEqualTo(made * (each + ofAll));
    }

    private static long sum(Map<String, Long> revisions) {
        return revisions.values().stream().mapToLong(Long::longValue).sum();
    }

    /** So many of each session, and as many of all of them; half of them by websocket. */
    private void watch(Watchers watchers, int count) {
        List<String> half = toggling.sessions().subList(0, toggling.sessions().size() / 2);
        List<String> rest =
                toggling.sessions().subList(half.size(), toggling.sessions().size());
        for (int i = 0; i < count; i++) {
            watchers.watchEach(half, i % 2 == 0);
            watchers.watchEach(rest, i % 2 == 1);
            watchAll(watchers, i % 2 == 0);
        }
        each = count;
        eventually("all watch", watchers::areLive);
    }

    private void watchAll(Watchers watchers, boolean socket) {
        watchers.watchAll(socket);
        ofAll++;
    }

    /** All that was to be told until now. */
    private Heard everythingHeard(Watchers watchers) {
        Map<String, Long> revisions = toggling.revisions();
        eventually("everything is heard", () -> {
            assertThat(watchers.failures()).isEmpty();
            return watchers.know(revisions);
        });
        Heard heard = watchers.heard();
        assertThat(gateway.process().isAlive()).isTrue();
        assertThat(toggling.failures()).isEmpty();
        assertThat(heard.lost()).as("lost").isZero();
        assertThat(heard.twice()).as("told twice").isZero();
        assertThat(heard.disordered()).as("out of order").isZero();
        return heard;
    }

    private int watching() {
        return await(client.getAbs(gateway.admin() + "/metrics").send())
                .bodyAsString()
                .lines()
                .filter(line -> line.startsWith("reveille_watchers "))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /** What the gateway has when its heap was just collected. */
    private Memory memory() throws IOException {
        jcmd("GC.run");
        Matcher used = USED.matcher(jcmd("GC.heap_info"));
        assertThat(used.find()).isTrue();
        long rss = Files.readAllLines(Path.of("/proc/" + gateway.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
        return new Memory(rss, Long.parseLong(used.group(1)));
    }

    private String jcmd(String command) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process =
                new ProcessBuilder(jcmd, Long.toString(gateway.process().pid()), command).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Both in KiB. */
    private record Memory(long rss, long heap) {
        Memory less(Memory before) {
            return new Memory(rss - before.rss, heap - before.heap);
        }

        @Override
        public String toString() {
            return "RSS " + (rss >> 10) + " MiB, live heap " + (heap >> 10) + " MiB";
        }
    }

    private long cpuMillis() {
        return gateway.process().info().totalCpuDuration().orElseThrow().toMillis();
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > PATIENCE_NANOS) {
                throw new AssertionError("never came true: " + what);
            }
            LockSupport.parkNanos(MILLISECONDS.toNanos(5));
        }
    }
}
