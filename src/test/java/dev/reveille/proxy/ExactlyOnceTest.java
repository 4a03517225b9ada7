package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A counter that is posted to, behind everything that can go wrong on the way. */
class ExactlyOnceTest {
    private static final int CLIENTS = 8;
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private static final String ASLEEP = "HTTP/1.1 503 no server\r\nContent-Length: 0\r\n\r\n";

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final AtomicBoolean alive = new AtomicBoolean(true);
    private final AtomicInteger killed = new AtomicInteger();
    private final Map<Integer, Integer> done = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
    private Rig rig;

    @AfterEach
    void stop() throws IOException {
        rig.close();
    }

    @Test
    void noActionIsDoneTwiceAndNoneIsLostWithoutAnError() {
        postedThrough(500);
    }

    @Tag("slow")
    @Test
    void ofTenThousandActionsNoneIsDoneTwiceAndNoneIsLostWithoutAnError() {
        postedThrough(10_000);
    }

    private void postedThrough(int count) {
        rig = Rig.with("proxy.breaker-reset=20ms", "proxy.verdict-cache=20ms", "proxy.retry-budget=100");
        String path = rig.hand("/count");
        rig.upstream.on("POST", "/resume").answersJson(new JsonObject().put("message", "resumed"));
        rig.hand.on("/count", this::count);
        rig.hand.on("/alive", (line, head) -> line.send(alive.get() ? OK : ASLEEP));
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
            int first = c;
            clients.add(CompletableFuture.runAsync(() -> {
                for (int n = first; n < count; n += CLIENTS) {
                    statuses.put(n, post(path, n));
                }
            }));
        }
        clients.forEach(client ->
                client.orTimeout(10, java.util.concurrent.TimeUnit.MINUTES).join());

        String told = "seed " + seed;
        assertThat(statuses).as(told).hasSize(count);
        for (int n = 0; n < count; n++) {
            int times = done.getOrDefault(n, 0);
            assertThat(times).as("action %d, %s", n, told).isLessThanOrEqualTo(1);
            if (statuses.get(n) == 200) {
                assertThat(times).as("action %d was answered 200, %s", n, told).isEqualTo(1);
            } else {
                assertThat(statuses.get(n)).as("action %d, %s", n, told).isIn(404, 502, 503, 504);
            }
        }
        assertThat(killed.get()).as(told).isPositive();
        assertThat(rig.metric("reveille_hold_duration_seconds_count")).as(told).isPositive();
        assertThat(statuses.values()).as(told).contains(200, 502);
    }

    /** What a client is told; a connection that ends without an answer is an error of ours. */
    private int post(String path, int n) {
        String body = Integer.toString(n);
        try (Line client = rig.client()) {
            client.send(
                    "POST " + path + " HTTP/1.1\r\nHost: gw\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return client.head().status();
        } catch (EOFException | SocketException lost) {
            return 0;
        } catch (IOException e) {
            return -1;
        }
    }

    private void count(Line line, Line.Head head) throws IOException {
        int n = Integer.parseInt(line.body(head));
        switch (roll(12)) {
            case 0 -> line.reset();
            case 1 -> {
                did(n);
                line.reset();
            }
            case 2 -> line.leave();
            case 3 -> {
                did(n);
                line.send("HTTP/1.1 200 OK\r\nContent-").reset();
            }
            case 4 -> {
                if (roll(2) == 0) {
                    did(n);
                }
                line.send(ASLEEP);
            }
            case 5 -> {
                // It, or the router, says so as it goes down, and it may have done it or not.
                if (roll(2) == 0) {
                    did(n);
                }
                killed.incrementAndGet();
                alive.set(false);
                line.send(roll(2) == 0 ? ASLEEP : "HTTP/1.1 404 gone\r\nContent-Length: 0\r\n\r\n");
                line.leave();
                rig.vertx.setTimer(30, t -> alive.set(true));
            }
            case 6 -> {
                did(n);
                killed.incrementAndGet();
                alive.set(false);
                line.send("HTTP/1.1 " + (roll(2) == 0 ? "502 lost" : "504 late") + "\r\nContent-Length: 0\r\n\r\n");
                rig.vertx.setTimer(30, t -> alive.set(true));
            }
            default -> {
                did(n);
                line.send(OK);
            }
        }
    }

    private void did(int n) {
        done.merge(n, 1, Integer::sum);
    }

    private synchronized int roll(int sides) {
        return random.nextInt(sides);
    }
}
