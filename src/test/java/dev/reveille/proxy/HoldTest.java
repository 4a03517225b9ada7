package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HoldTest {
    /** Of an upload of which little was read: what its client's kernel holds, and ours. */
    private static final long MOST_IN_SOCKETS = 1 << 20;

    private static final int BEGUN = 20_000;
    private static final int LONG = 64 << 20;

    private Rig rig;

    @AfterEach
    void stop() throws IOException {
        Rig.eventually("nobody waits any more", () -> rig.metric("reveille_holds") == 0);
        List<String> complaints = rig.complaints();
        rig.close();
        assertThat(complaints).isEmpty();
    }

    private List<Future<HttpResponse<Buffer>>> acts(String session, int times) {
        return IntStream.range(0, times)
                .mapToObj(n -> rig.gateway.act(rig.runtime(session), "n " + n))
                .toList();
    }

    private static void assertProblem(HttpResponse<Buffer> answer, int status, String code) {
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(status);
        assertThat(answer.getHeader("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo(code);
        assertThat(answer.bodyAsJsonObject().getString("detail")).isNotBlank().doesNotContain("127.0.0.1");
    }

    @Test
    void fiveHundredRequestsWakeTheSandboxOnceAndEachSaysThatItWaited() {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.paused();

        List<Future<HttpResponse<Buffer>>> answers = acts(session, 500);
        Rig.eventually("all wait", () -> rig.metric("reveille_holds") == 500);
        rig.upstream.session(session).isRunning();
        await(Future.all(answers));

        answers.forEach(a -> {
            assertThat(a.result().statusCode()).isEqualTo(200);
            assertThat(a.result().getHeader("Server-Timing")).startsWith("wake;dur=");
        });
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(await(rig.gateway.act(rig.runtime(session), "later")).getHeader("Server-Timing"))
                .isNull();
        assertThat(rig.metric("reveille_hold_duration_seconds_count")).isEqualTo(500);
    }

    @Test
    void beyondALimitRequestsAreToldWhenToComeAgain() {
        rig = Rig.with("hold.per-session=2", "hold.per-tenant=4", "hold.per-node=4");
        rig.upstream.resumeTakes(ofMinutes(10));
        String one = rig.paused();
        String two = rig.paused();
        String three = rig.paused();

        List<Future<HttpResponse<Buffer>>> ofOne = acts(one, 2);
        Rig.eventually("two wait", () -> rig.metric("reveille_holds") == 2);
        HttpResponse<Buffer> overSession = await(rig.gateway.act(rig.runtime(one), "third"));
        List<Future<HttpResponse<Buffer>>> ofTwo = acts(two, 2);
        Rig.eventually("four wait", () -> rig.metric("reveille_holds") == 4);
        HttpResponse<Buffer> overNode = await(rig.gateway.act(rig.runtime(three), "fifth"));

        for (HttpResponse<Buffer> refused : List.of(overSession, overNode)) {
            assertProblem(refused, 429, "too_many_waiting");
            assertThat(Integer.parseInt(refused.getHeader("Retry-After"))).isPositive();
        }
        assertThat(overSession.bodyAsJsonObject().getString("detail")).contains("session");
        rig.upstream.session(one).isRunning();
        rig.upstream.session(two).isRunning();
        await(Future.all(ofOne));
        await(Future.all(ofTwo));
        assertThat(await(rig.gateway.act(rig.runtime(one), "again")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void pastTheDeadlineARequestIsGivenUp() {
        rig = Rig.with("hold.deadline=150ms", "lifecycle.resume-timeout=800ms");
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.paused();

        HttpResponse<Buffer> late = await(rig.gateway.act(rig.runtime(session), "late"));
        assertProblem(late, 504, "wake_timeout");
        assertThat(Integer.parseInt(late.getHeader("Retry-After"))).isPositive();
        assertThat(late.bodyAsJsonObject().getLong("retry_after_ms")).isPositive();
    }

    /** The deadline is for the wake. Whoever came first may take as long as it takes. */
    @Test
    void whoeverIsBehindOthersOnceItIsAwakeIsNotGivenUpForThem() {
        rig = Rig.with("hold.deadline=500ms", "hold.release=1");
        rig.upstream.resumeTakes(ofMillis(50));
        String session = rig.paused();
        rig.upstream.session(session).on("POST", "/slow").answers(200).afterMillis(800);
        rig.upstream.session(session).on("POST", "/quick").answers(200);

        List<Future<HttpResponse<Buffer>>> answers = Stream.of("/slow", "/slow", "/quick")
                .map(path -> rig.gateway
                        .request(HttpMethod.POST, rig.path(session, path))
                        .send())
                .toList();
        await(Future.join(answers).otherwiseEmpty());

        answers.forEach(a -> assertThat(a.result().statusCode())
                .as(a.result().bodyAsString())
                .isEqualTo(200));
    }

    @Test
    void allWhoWaitedGetTheSameProblem() {
        rig = Rig.with("upstream.attempts=1");
        String session = rig.paused();
        rig.upstream.on("POST", "/resume").answers(500).afterMillis(1_500);

        List<Future<HttpResponse<Buffer>>> answers = acts(session, 20);
        await(Future.join(answers).otherwiseEmpty());

        answers.forEach(a -> assertProblem(a.result(), 502, "resume_failed"));
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aHeldUploadStaysInTheNetwork() throws Exception {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.paused();
        int length = 64 << 20;

        try (Line client = rig.client()) {
            client.send("POST " + rig.path(session, "/upload_file") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: "
                    + length + "\r\n\r\n");
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    for (; sent.get() < length; sent.addAndGet(64 << 10)) {
                        client.send(new byte[64 << 10]);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            // What the sockets' own buffers hold, and nothing beyond.
            assertThat(Rig.settled(sent)).isLessThan(8 << 20);

            rig.upstream.session(session).isRunning();
            Rig.get(writing);
            Line.Head head = client.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(client.body(head)).contains("\"body_length\":" + length);
        }
    }

    @Test
    void anUploadThatMetItsSandboxAsleepStaysInTheNetworkTooWhileItIsWoken() throws Exception {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.runningByHand();
        rig.upstream.session(session).isPaused();
        AtomicInteger alive = new AtomicInteger(503);
        rig.hand.on("/alive", (line, head) -> line.send("HTTP/1.1 " + alive + " x\r\nContent-Length: 0\r\n\r\n"));
        answersInTheMidst(503);

        try (Line client = upload(session)) {
            Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);

            assertThat(goesOn(client)).isLessThan(MOST_IN_SOCKETS);

            alive.set(200);
            rig.upstream.session(session).isRunning();
            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    @Test
    void andWhileItIsAskedWhetherItSleeps() throws Exception {
        rig = Rig.with();
        String session = rig.runningByHand();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch alive = new CountDownLatch(1);
        rig.hand.on("/alive", (line, head) -> {
            asked.countDown();
            alive.await();
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        answersInTheMidst(404);

        try (Line client = upload(session)) {
            asked.await();

            assertThat(goesOn(client)).isLessThan(MOST_IN_SOCKETS);

            alive.countDown();
            assertThat(client.head().status()).isEqualTo(404);
        }
    }

    @Test
    void whoeverLeavesWhileItsSandboxIsAskedForWaitsNoLonger() throws Exception {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.runningByHand();
        rig.upstream.session(session).isPaused();
        rig.hand.on("/alive", (line, head) -> line.send("HTTP/1.1 503 asleep\r\nContent-Length: 0\r\n\r\n"));
        rig.hand.on("/upload", (line, head) -> {
            line.skip(BEGUN);
            line.send("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n");
            line.awaitEnd();
        });

        try (Line leaving = upload(session);
                Line killed = upload(session)) {
            Rig.eventually("both wait", () -> rig.metric("reveille_holds") == 2);

            leaving.leave();
            killed.reset();

            Rig.eventually("neither waits", () -> rig.metric("reveille_holds") == 0);
            Rig.eventually("both have left", () -> rig.requests("client_left") == 2);
        }
    }

    @Test
    void whatComesOfABodyWhileItsSandboxIsWokenFollowsWhatCameBefore() throws Exception {
        rig = Rig.with();
        String session = rig.runningByHand();
        rig.upstream.resumeTakes(ofMinutes(10));
        rig.upstream.session(session).isPaused();
        AtomicInteger asleep = new AtomicInteger(503);
        rig.hand.on("/alive", (line, head) -> line.send("HTTP/1.1 " + asleep + " x\r\nContent-Length: 0\r\n\r\n"));
        CompletableFuture<String> whole = new CompletableFuture<>();
        String first = "0123456789".repeat(1000);
        String rest = "abcdefghij".repeat(3000);
        rig.hand.on("/upload", (line, head) -> {
            if (rig.hand.calls("/upload") == 1) {
                line.read(first.length());
                line.send("HTTP/1.1 503 asleep\r\nContent-Length: 0\r\n\r\n");
                line.awaitEnd();
            } else {
                whole.complete(line.body(head));
                line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });

        try (Line client = rig.client()) {
            client.send("POST " + rig.path(session, "/upload") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: "
                    + (first.length() + rest.length()) + "\r\n\r\n" + first);
            Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
            client.send(rest);
            asleep.set(200);
            rig.upstream.session(session).isRunning();

            assertThat(client.head().status()).isEqualTo(200);
            assertThat(Rig.get(whole)).isEqualTo(first + rest);
        }
    }

    /** As a router does: with {@code status} while the body is still coming, and the second time well behind all of it. */
    private void answersInTheMidst(int status) {
        rig.hand.on("/upload", (line, head) -> {
            boolean first = rig.hand.calls("/upload") == 1;
            line.skip(first ? BEGUN : LONG);
            line.send("HTTP/1.1 " + (first ? status : 200) + " x\r\nContent-Length: 0\r\n\r\n");
            if (first) {
                line.awaitEnd();
            }
        });
    }

    /** One that has begun to send, and has little room itself. */
    private Line upload(String session) throws IOException {
        Socket socket = new Socket();
        socket.setSendBufferSize(64 * 1024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), rig.port()));
        return new Line(socket)
                .send("POST " + rig.path(session, "/upload") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: " + LONG
                        + "\r\n\r\n")
                .send(new byte[BEGUN]);
    }

    /** How much more {@code client} gets rid of before it is stuck. */
    private static long goesOn(Line client) {
        AtomicLong sent = new AtomicLong();
        Thread writer = new Thread(() -> {
            try {
                for (; sent.get() < LONG; sent.addAndGet(4096)) {
                    client.send(new byte[4096]);
                }
            } catch (IOException left) {
                // With what it could not send.
            }
        });
        writer.setDaemon(true);
        writer.start();
        return Rig.settled(sent);
    }

    @Test
    void whatComesBehindAHeldUploadStaysInTheNetworkWhenItIsLetGo() throws Exception {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.paused();
        rig.upstream.session(session).on("POST", "/slow").hangs();
        String more = ("GET " + rig.path(session, "/more") + " HTTP/1.1\r\nHost: gw\r\n\r\n").repeat(1000);

        try (Line client = rig.client()) {
            client.send("POST " + rig.path(session, "/slow") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 5\r\n\r\nhello"
                    + more);
            Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
            rig.upstream.session(session).isRunning();
            Rig.eventually("it is let go", () -> rig.upstream.calls("* " + rig.path(session, "/slow")) == 1);

            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    for (; sent.get() < 64 << 20; sent.addAndGet(more.length())) {
                        client.send(more);
                    }
                } catch (IOException left) {
                    throw new UncheckedIOException(left);
                }
            });
            assertThat(Rig.settled(sent)).isLessThan(12 << 20);
            client.reset();
            assertThat(writing).failsWithin(ofSeconds(15));
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsIsNotForwarded() throws Exception {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.paused();

        try (Line plain = rig.client();
                Line upload = rig.client()) {
            plain.send("GET " + rig.path(session, "/plain") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            upload.send("POST " + rig.path(session, "/upload")
                    + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 9000000\r\n\r\n");
            upload.send(new byte[100_000]);
            Rig.eventually("both wait", () -> rig.metric("reveille_holds") == 2);
        }

        Rig.eventually("neither waits", () -> rig.metric("reveille_holds") == 0);
        rig.upstream.session(session).isRunning();
        assertThat(await(rig.gateway.act(rig.runtime(session), "after")).statusCode())
                .isEqualTo(200);
        assertThat(rig.upstream.calls("* " + rig.path(session, "/plain"))).isZero();
        assertThat(rig.upstream.calls("* " + rig.path(session, "/upload"))).isZero();
        assertThat(rig.requests("client_left")).isEqualTo(2);
    }

    @Test
    void norIsWhatHasComeBehindItsRequest() throws Exception {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMinutes(10));
        String session = rig.paused();

        try (Line client = rig.client()) {
            client.send("GET " + rig.path(session, "/first") + " HTTP/1.1\r\nHost: gw\r\n\r\n" + "POST "
                    + rig.path(session, "/second") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 40000\r\n\r\n");
            client.send(new byte[40_000]);
            Rig.eventually("the first waits", () -> rig.metric("reveille_holds") == 1);
        }

        Rig.eventually("nobody waits", () -> rig.metric("reveille_holds") == 0);
        rig.upstream.session(session).isRunning();
        assertThat(await(rig.gateway.act(rig.runtime(session), "after")).statusCode())
                .isEqualTo(200);
        assertThat(rig.upstream.calls("* " + rig.path(session, "/first"))).isZero();
        assertThat(rig.upstream.calls("* " + rig.path(session, "/second"))).isZero();
        assertThat(rig.requests("client_left")).isEqualTo(1);
    }

    @Test
    void aRequestThatMayNotWakeIsToldSoAndWakesNothing() {
        rig = Rig.with();
        String session = rig.paused();

        for (TestRequest request : List.of(
                new TestRequest(HttpMethod.GET, "/alive", null, null),
                new TestRequest(HttpMethod.GET, "/x", "Sec-Fetch-Mode", "cors"),
                new TestRequest(HttpMethod.POST, "/x", "X-Reveille-Wake", "no"))) {
            HttpResponse<Buffer> answer = await(request.send(rig.gateway, rig.path(session, "")));
            assertProblem(answer, 503, "runtime_paused");
            assertThat(answer.getHeader("Retry-After")).isNotNull();
        }
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    private record TestRequest(HttpMethod method, String rest, String header, String value) {
        Future<HttpResponse<Buffer>> send(TestGateway gateway, String base) {
            var request = gateway.request(method, base + rest);
            return (header == null ? request : request.putHeader(header, value)).send();
        }
    }
}
