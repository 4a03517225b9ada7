package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReleaseTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private final Queue<String> came = new ConcurrentLinkedQueue<>();
    private final Semaphore answers = new Semaphore(0);
    private final AtomicInteger open = new AtomicInteger();
    private final List<Line> clients = new ArrayList<>();
    private volatile boolean awake = true;
    private boolean issuesKey;
    private Rig rig;
    private String session;

    @AfterEach
    void stop() throws IOException {
        answers.release(1_000_000);
        for (Line client : clients) {
            client.close();
        }
        Rig.eventually("nobody waits any more", () -> rig.metric("reveille_holds") == 0);
        rig.close();
    }

    /** A sleeping sandbox that answers when it is told to, and some that wait for it in the order of their numbers. */
    private void waiting(int count, String... settings) throws IOException {
        rig = Rig.with(settings);
        rig.upstream.resumeTakes(Duration.ofMinutes(10));
        rig.hand("");
        rig.hand.on("/work", (line, head) -> {
            open.incrementAndGet();
            came.add(head.target().substring(head.target().indexOf('=') + 1));
            answers.acquire();
            open.decrementAndGet();
            line.send(OK);
        });
        rig.hand.on("/alive", (line, head) -> line.send(awake ? OK : "HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"));
        session = "s-held";
        rig.upstream.session(session).tells("url", rig.hand.url());
        if (issuesKey) {
            rig.upstream.session(session).withKey("secret");
        }
        rig.gateway.open(session, new JsonObject());
        rig.gateway.post(session, "pause");
        awake = false;
        for (int i = 0; i < count; i++) {
            wait(i);
        }
    }

    private void wait(int number) throws IOException {
        wait(number, "");
    }

    private void wait(int number, String fields) throws IOException {
        Line client = rig.client();
        clients.add(client);
        client.send("POST " + rig.path(session, "/work?n=" + number) + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\n"
                + fields + "\r\n");
        Rig.eventually("it waits", () -> rig.metric("reveille_holds") == number + 1);
    }

    private void wakes() {
        awake = true;
        rig.upstream.session(session).isRunning();
    }

    private void answered(int count) throws IOException {
        answers.release(count);
        for (int i = 0; i < count; i++) {
            assertThat(clients.remove(0).head().status()).isEqualTo(200);
        }
    }

    @Test
    void whoeverShowsNoKeyGoesLast() throws IOException {
        issuesKey = true;
        waiting(0, "hold.release=1");
        String key = "X-Session-API-Key: secret\r\n";
        wait(0, key);
        Rig.eventually("it is being woken", () -> rig.upstream.calls("POST /resume") == 1);
        wait(1);
        wait(2, key);
        wait(3, key);
        wakes();

        Rig.eventually("the first has come", () -> came.size() == 1);
        answers.release();
        Rig.eventually("two more have come", () -> came.size() == 3);
        assertThat(came).containsExactlyInAnyOrder("0", "2", "3");
    }

    @Test
    void aFewGoAtFirstInTheOrderOfTheirArrivalAndEachAnswerLetsTwoFollow() throws IOException {
        waiting(12, "hold.release=2");

        wakes();
        Rig.eventually("two are there", () -> open.get() == 2);
        assertThat(came).containsExactlyInAnyOrder("0", "1");
        assertThat(rig.metric("reveille_holds")).isEqualTo(10);

        answers.release(1);
        Rig.eventually("two more have come", () -> came.size() == 4);
        assertThat(came).containsExactlyInAnyOrder("0", "1", "2", "3");
    }

    @Test
    void theFewGrowToFourTimesAsManyAndNoFurther() throws IOException {
        waiting(30, "hold.release=1");

        wakes();
        for (int i = 1; i <= 10; i++) {
            int rounds = i;
            Rig.eventually("more have come", () -> open.get() >= Math.min(rounds, 4));
            assertThat(open.get()).isLessThanOrEqualTo(4);
            answers.release(1);
            Rig.eventually("it was answered", () -> came.size() >= Math.min(2 * rounds, rounds + 3));
        }
        answers.release(100);
        Rig.eventually("all have come", () -> came.size() == 30);
    }

    @Test
    void longActionsDoNotKeepThoseBehindThemWaiting() throws IOException {
        waiting(8, "hold.release=2");

        wakes();

        Rig.eventually("all are there though none was answered", () -> open.get() == 8);
    }

    @Test
    void whoeverLeavesWhileItWaitsForItsTurnIsSkipped() throws IOException {
        waiting(4, "hold.release=1");
        wakes();
        Rig.eventually("the first is there", () -> open.get() == 1);

        clients.remove(1).reset();
        clients.remove(1).leave();
        answered(1);

        Rig.eventually("the last has come", () -> came.contains("3"));
        assertThat(came).containsExactly("0", "3");
    }

    @Test
    void whoeverComesLaterLinesUpAndAProbeDoesNot() throws IOException {
        waiting(3, "hold.release=1");
        wakes();
        Rig.eventually("the first is there", () -> open.get() == 1);

        try (Line late = rig.client();
                Line probe = rig.client()) {
            late.send("GET " + rig.path(session, "/work?n=late") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            Rig.eventually("it waits too", () -> rig.metric("reveille_holds") == 3);
            probe.send("GET " + rig.path(session, "/alive") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            assertThat(probe.head().status()).isEqualTo(200);
            assertThat(came).containsExactly("0");
            answers.release(10);
            assertThat(late.head().status()).isEqualTo(200);
        }
        Rig.eventually("all have come", () -> came.size() == 4);
    }

    /** Nobody else may come who would open the line again. */
    @Test
    void theLineGoesOnThoughAnotherWakeFailedOfWhichOnlyOneHeardThatWakesNothing() throws IOException {
        waiting(3, "hold.release=1");
        wakes();
        Rig.eventually("the first is there", () -> open.get() == 1);
        rig.gateway.post(session, "pause");
        awake = false;
        int resumes = rig.upstream.calls("POST /resume");
        rig.gateway
                .request(HttpMethod.POST, "/api/v1/sessions/" + session + "/resume")
                .send();
        Rig.eventually("it is being woken", () -> rig.upstream.calls("POST /resume") > resumes);

        try (Line barred = rig.client()) {
            barred.send("GET " + rig.path(session, "/work") + " HTTP/1.1\r\nHost: gw\r\nX-Reveille-Wake: no\r\n\r\n");
            Rig.eventually("it waits too", () -> rig.metric("reveille_holds") == 3);
            rig.upstream.session(session).crash();
            assertThat(barred.head().status()).isEqualTo(502);
        }

        for (Line client : clients.subList(1, 3)) {
            assertThat(client.head().status()).isEqualTo(502);
        }
    }

    @Test
    void withoutABoundAllGoAtOnce() throws IOException {
        waiting(40, "hold.release=0");

        wakes();

        Rig.eventually("all are there", () -> open.get() == 40);
    }
}
