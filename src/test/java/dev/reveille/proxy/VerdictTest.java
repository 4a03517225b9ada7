package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictTest {
    private Rig rig;

    @AfterEach
    void stop() throws IOException {
        rig.close();
    }

    private HttpResponse<Buffer> get(String session, String rest) {
        return await(
                rig.gateway.request(HttpMethod.GET, rig.path(session, rest)).send());
    }

    private HttpResponse<Buffer> post(String session, String rest, Buffer body) {
        return await(
                rig.gateway.request(HttpMethod.POST, rig.path(session, rest)).sendBuffer(body));
    }

    private static void assertProblem(HttpResponse<Buffer> answer, int status, String code) {
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(status);
        assertThat(answer.getHeader("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo(code);
        assertThat(answer.bodyAsJsonObject().getString("detail")).isNotBlank().doesNotContain("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 503, 504})
    void theSandboxsOwnErrorPassesUntouched(int status) {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/mine").answers(status).header("X-Mine", "yes");

        HttpResponse<Buffer> answer = get(session, "/mine");

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.getHeader("X-Mine")).isEqualTo("yes");
        assertThat(answer.bodyAsJsonObject().getString("detail")).isEqualTo("scripted " + status);
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void a503OfASandboxThatFellAsleepWakesItAndTheBodyIsSentAgain() {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMillis(100));
        String session = rig.running();
        rig.upstream.session(session).isPaused();

        HttpResponse<Buffer> answer = await(rig.gateway.act(rig.runtime(session), "once"));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.getHeader("Server-Timing")).startsWith("wake;dur=");
        assertThat(rig.upstream.session(session).commands()).containsExactly("once");
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    /** Some routers say 503 of a sandbox that they lost half-way. */
    @ParameterizedTest
    @ValueSource(ints = {404, 502, 503, 504})
    void anActionThatTheSandboxMayHaveBegunIsNotSentAgainUnlessUpstreamSaysThatItSlept(int status) throws Exception {
        rig = Rig.with("upstream.attempts=1");
        AtomicInteger acts = new AtomicInteger();
        AtomicBoolean alive = new AtomicBoolean(true);
        String path = rig.hand("/act");
        rig.upstream.on("POST", "/resume").answersJson(new JsonObject().put("message", "already running"));
        rig.hand.on(
                "/alive",
                (line, head) -> line.send("HTTP/1.1 " + (alive.get() ? 200 : 502) + " x\r\nContent-Length: 0\r\n\r\n"));
        rig.hand.on("/act", (line, head) -> {
            acts.incrementAndGet();
            alive.set(false);
            line.send("HTTP/1.1 " + status + " lost\r\nContent-Length: 0\r\n\r\n");
            rig.vertx.setTimer(200, t -> alive.set(true));
        });

        try (Line client = rig.client()) {
            client.send("POST " + path + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\n\r\n");
            Line.Head head = client.head();
            JsonObject problem = new JsonObject(client.body(head));

            assertThat(head.status()).isEqualTo(status == 503 ? 502 : status);
            assertThat(problem.getString("code")).isEqualTo("runtime_disconnected");
            assertThat(problem.getBoolean("retryable")).isFalse();
        }
        assertThat(acts).hasValue(1);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(status == 503 ? 1 : 0);
    }

    @Test
    void aRuntimeApiThatDoesNotSayHowItIsWakesItAllTheSame() {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).isPaused();
        rig.upstream.on("GET", "/sessions/" + session).hangs();

        assertThat(get(session, "/x").statusCode()).isEqualTo(200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void allThatFoundItAsleepWakeItOnceAndAreDoneOnce() {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/look").answers(200);
        rig.upstream.session(session).isPaused();

        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 100)
                .mapToObj(n -> n % 2 == 0
                        ? rig.gateway.act(rig.runtime(session), "act " + n)
                        : rig.gateway
                                .request(HttpMethod.GET, rig.path(session, "/look"))
                                .send())
                .toList();
        await(Future.all(answers));

        answers.forEach(a -> assertThat(a.result().statusCode())
                .as(a.result().bodyAsString())
                .isEqualTo(200));
        assertThat(rig.upstream.session(session).commands()).hasSize(50).doesNotHaveDuplicates();
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    /** The wake is another's, and has only just ended when it is asked whether the sandbox is alive. */
    @ParameterizedTest
    @CsvSource({"503, 200, 2", "502, 502, 1"})
    void anActionThatARouterAnsweredBeforeAnotherWokeTheSandboxIsSentAgainIfItCannotHaveBegun(
            int answered, int status, int times) {
        rig = Rig.with("proxy.verdict-cache=0");
        String session = rig.running();
        String path = rig.path(session, "/act");
        rig.upstream
                .session(session)
                .on("POST", "/act")
                .answers(answered)
                .afterMillis(300)
                .then(200);
        rig.upstream.session(session).on("GET", "/look").answers(503).then(200);
        Future<HttpResponse<Buffer>> act =
                rig.gateway.request(HttpMethod.POST, path).sendBuffer(Buffer.buffer("x"));
        Rig.eventually("it is there", () -> rig.upstream.calls("POST " + path) == 1);
        rig.upstream.session(session).isPaused();

        assertThat(get(session, "/look").statusCode()).isEqualTo(200);

        assertThat(await(act).statusCode()).isEqualTo(status);
        assertThat(rig.upstream.calls("POST " + path)).isEqualTo(times);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    /** A router that waits for the whole body gives it to a sandbox that another request has woken meanwhile. */
    @ParameterizedTest
    @ValueSource(ints = {404, 503})
    void anActionOfWhichTheLastCameToASandboxThatWasAwakeAgainIsNotSentAgain(int status) throws Exception {
        rig = Rig.with("proxy.verdict-cache=10s");
        String session = rig.runningByHand();
        AtomicInteger sandbox = new AtomicInteger(503);
        HandSandbox.Script asTheSandboxIs =
                (line, head) -> line.send("HTTP/1.1 " + sandbox + " x\r\nContent-Length: 0\r\n\r\n");
        rig.hand.on("/alive", asTheSandboxIs).on("/look", asTheSandboxIs);
        AtomicInteger acts = new AtomicInteger();
        rig.hand.on("/act", (line, head) -> {
            line.body(head);
            acts.incrementAndGet();
            line.send("HTTP/1.1 " + status + " done\r\nContent-Length: 3\r\n\r\nown");
        });

        try (Line client = rig.client()) {
            client.send(
                    "POST " + rig.path(session, "/act") + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 10\r\n\r\nfirst");
            Rig.eventually("it is there", () -> rig.hand.calls("/act") == 1);
            rig.upstream.session(session).isPaused();
            Future<HttpResponse<Buffer>> look = rig.gateway
                    .request(HttpMethod.GET, rig.path(session, "/look"))
                    .send();
            Rig.eventually("it is woken", () -> rig.upstream.calls("POST /resume") == 1);
            sandbox.set(200);
            assertThat(await(look).statusCode()).isEqualTo(200);
            client.send("later");

            Line.Head head = client.head();
            assertThat(head.status()).isEqualTo(status);
            assertThat(client.body(head)).isEqualTo("own");
        }
        assertThat(acts).hasValue(1);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void anActionWhoseConnectionBreaksHasTheSandboxLookedAt() {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).on("POST", "/act").resets();
        rig.upstream.session(session).isPaused();

        HttpResponse<Buffer> answer = post(session, "/act", Buffer.buffer("x"));

        assertProblem(answer, 502, "runtime_disconnected");
        assertThat(answer.bodyAsJsonObject().getBoolean("retryable")).isFalse();
        assertThat(rig.gateway.get(session).bodyAsJsonObject().getString("state"))
                .isEqualTo("paused");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void aBodyThatIsGoneIsSaidToBeGoneOnceTheSandboxIsAwake() {
        rig = Rig.with("proxy.replay-buffer=1KiB");
        String session = rig.running();
        rig.upstream.session(session).isPaused();

        HttpResponse<Buffer> answer = post(session, "/upload", Buffer.buffer(new byte[100_000]));

        assertProblem(answer, 503, "body_not_replayable");
        assertThat(answer.getHeader("Retry-After")).isEqualTo("0");
        assertThat(post(session, "/upload", Buffer.buffer(new byte[100_000])).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 504})
    void anErrorOfTheWayWakesWhatTheControlPlaneSaysIsPaused(int status) {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.pausedAnswers(status);
        rig.upstream.session(session).isPaused();

        assertThat(get(session, "/x").statusCode()).isEqualTo(200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 504})
    void anErrorOfTheWayToARunningSandboxIsADisconnect(int status) {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).answers(status);

        assertProblem(get(session, "/x"), status, "runtime_disconnected");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 504})
    void anErrorOfTheWayToWhatIsGoneKeepsItsStatus(int status) {
        rig = Rig.with();
        String session = rig.runningByHand();
        rig.hand.on("/alive", (line, head) -> line.send(answer(502)));
        rig.hand.on("/x", (line, head) -> line.send(answer(status)));
        String path = rig.path(session, "/x");
        rig.upstream.forget(session);

        assertProblem(await(rig.gateway.request(HttpMethod.GET, path).send()), status, "runtime_disconnected");
    }

    /** The sandbox of {@code session} is at work on {@code path} until it is told how that ends; 0: the connection breaks. */
    private Future<HttpResponse<Buffer>> underWay(String session, String path, CompletableFuture<Integer> end) {
        rig.hand.on(path, (line, head) -> {
            int status = Rig.get(end);
            if (status == 0) {
                line.reset();
            } else {
                rig.hand.on("/alive", (probe, asked) -> probe.send(answer(502)));
                line.send(answer(status));
            }
        });
        Future<HttpResponse<Buffer>> answer = rig.gateway
                .request(HttpMethod.GET, rig.path(session, path))
                .putHeader("X-Reveille-Wake", path.equals("/poll") ? "no" : "yes")
                .send();
        Rig.eventually("it is there", () -> rig.hand.calls(path) == 1);
        return answer;
    }

    private static String answer(int status) {
        return "HTTP/1.1 " + status + " x\r\nX-Mine: yes\r\nContent-Length: 0\r\n\r\n";
    }

    private void is(String session, String state) {
        Rig.eventually(
                "it is " + state,
                () -> state.equals(rig.gateway.get(session).bodyAsJsonObject().getString("state")));
    }

    private Future<HttpResponse<Buffer>> pausing(String session) {
        rig.upstream.pauseTakes(Duration.ofMinutes(10));
        Future<HttpResponse<Buffer>> paused = rig.gateway
                .request(HttpMethod.POST, "/api/v1/sessions/" + session + "/pause")
                .putHeader("Prefer", "wait=15")
                .send();
        is(session, "pausing");
        return paused;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 404, 502, 503, 504})
    void whatAPauseBreaksDoesNotUndoIt(int end) {
        rig = Rig.with("hold.deadline=2s");
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        Future<HttpResponse<Buffer>> answer = underWay(session, "/work", ends);
        Future<HttpResponse<Buffer>> paused = pausing(session);

        rig.hand.on("/alive", (line, head) -> line.send(answer(502)));
        ends.complete(end);

        assertProblem(await(answer), end == 0 || end == 503 ? 502 : end, "runtime_disconnected");
        rig.upstream.session(session).isPaused();
        assertThat(await(paused).bodyAsJsonObject().getString("state")).isEqualTo("paused");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 404, 502, 503, 504})
    void whatEndsOnlyBehindThePauseIsToldThatItSleepsAndTheNextOneWakesIt(int end) {
        rig = Rig.with("hold.deadline=2s");
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        Future<HttpResponse<Buffer>> answer = underWay(session, "/work", ends);
        rig.gateway.post(session, "pause");

        rig.hand.on("/alive", (line, head) -> line.send(answer(502)));
        ends.complete(end);

        assertProblem(await(answer), 503, "runtime_paused");
        assertThat(await(answer).getHeader("Retry-After")).isNotNull();
        assertThat(rig.upstream.calls("POST /resume")).isZero();
        rig.hand.on("/alive", (line, head) -> line.send(answer(200)));
        rig.hand.on("/next", (line, head) -> line.send(answer(200)));
        assertThat(get(session, "/next").statusCode()).isEqualTo(200);
    }

    @Test
    void whatAPauseBreaksDoesNotUndoItInStrictModeEither() {
        rig = Rig.with("proxy.strict=true", "hold.deadline=2s");
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        Future<HttpResponse<Buffer>> answer = underWay(session, "/work", ends);
        Future<HttpResponse<Buffer>> paused = pausing(session);

        ends.complete(503);

        assertProblem(await(answer), 502, "runtime_disconnected");
        rig.upstream.session(session).isPaused();
        assertThat(await(paused).bodyAsJsonObject().getString("state")).isEqualTo("paused");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void whatTheSandboxAnswersWhileItIsBeingPausedPassesUntouched() {
        rig = Rig.with("hold.deadline=2s");
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        rig.hand.on("/mine", (line, head) -> line.send(answer(Rig.get(ends))));
        Future<HttpResponse<Buffer>> answer =
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/mine")).send();
        Rig.eventually("it is there", () -> rig.hand.calls("/mine") == 1);
        pausing(session);

        ends.complete(404);

        assertThat(await(answer).statusCode()).isEqualTo(404);
        assertThat(await(answer).getHeader("X-Mine")).isEqualTo("yes");
        rig.upstream.session(session).isPaused();
        is(session, "paused");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void whoeverCallsWhileItIsBeingPausedWakesIt() {
        rig = Rig.with();
        String session = rig.runningByHand();
        rig.hand.on("/next", (line, head) -> line.send(answer(200)));
        pausing(session);

        Future<HttpResponse<Buffer>> next =
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/next")).send();
        Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
        rig.upstream.session(session).isPaused();

        assertThat(await(next).statusCode()).isEqualTo(200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void whatAStopBreaksIsNotToldThatItSleeps() {
        rig = Rig.with();
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        Future<HttpResponse<Buffer>> answer = underWay(session, "/poll", ends);
        stopping(session);

        ends.complete(502);

        assertProblem(await(answer), 502, "runtime_disconnected");
    }

    private void stopping(String session) {
        rig.upstream.on("POST", "/stop").hangs();
        rig.gateway
                .request(HttpMethod.DELETE, "/api/v1/sessions/" + session)
                .putHeader("Prefer", "wait=0")
                .send()
                .onFailure(left -> {});
        is(session, "stopping");
    }

    @Test
    void whatTheSandboxAnswersWhileItIsBeingStoppedPassesUntouched() {
        rig = Rig.with();
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        rig.hand.on("/mine", (line, head) -> line.send(answer(Rig.get(ends))));
        Future<HttpResponse<Buffer>> answer =
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/mine")).send();
        Rig.eventually("it is there", () -> rig.hand.calls("/mine") == 1);
        stopping(session);

        ends.complete(404);

        assertThat(await(answer).statusCode()).isEqualTo(404);
        assertThat(await(answer).getHeader("X-Mine")).isEqualTo("yes");
    }

    @Test
    void whatACrashBreaksIsNotToldThatItSleeps() {
        rig = Rig.with();
        String session = rig.runningByHand();
        CompletableFuture<Integer> ends = new CompletableFuture<>();
        Future<HttpResponse<Buffer>> answer = underWay(session, "/poll", ends);
        rig.upstream.session(session).crash();
        rig.hand.on("/alive", (line, head) -> line.send(answer(502)));
        rig.hand.on("/other", (line, head) -> line.send(answer(502)));
        assertProblem(get(session, "/other"), 502, "runtime_disconnected");
        is(session, "failed");

        ends.complete(502);

        assertProblem(await(answer), 502, "runtime_disconnected");
    }

    @Test
    void aCrashIsADisconnectUntilTheSandboxIsBack() {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).crash();

        HttpResponse<Buffer> first = get(session, "/x");
        assertProblem(first, 502, "runtime_disconnected");
        HttpResponse<Buffer> later = get(session, "/x");
        assertProblem(later, 502, "runtime_disconnected");
        assertThat(later.bodyAsJsonObject().getString("detail"))
                .isEqualTo(first.bodyAsJsonObject().getString("detail"));
        rig.upstream.session(session).isRunning();

        Rig.eventually("it is back", () -> get(session, "/x").statusCode() == 200);
    }

    @Test
    void aWakeThatFailedIsTheSameProblemForWhoeverComesLater() {
        rig = Rig.with();
        String session = rig.paused();
        rig.upstream.podsEndAs("crashloopbackoff");

        assertProblem(await(rig.gateway.act(rig.runtime(session), "first")), 502, "runtime_crashed");
        rig.upstream.session(session).crash();
        assertProblem(await(rig.gateway.act(rig.runtime(session), "later")), 502, "runtime_crashed");
    }

    @Test
    void aQuestionEndsWithTheRequestsTime() {
        rig = Rig.with("hold.deadline=300ms");
        String running = rig.running();
        String broken = rig.running();
        rig.upstream.session(broken).crash();
        assertProblem(get(broken, "/x"), 502, "runtime_disconnected");
        rig.upstream.session(running).answers(404);
        rig.upstream.onControl().hangs();
        long begun = System.nanoTime();

        assertProblem(get(broken, "/x"), 504, "wake_timeout");
        assertProblem(get(running, "/x"), 404, "runtime_disconnected");
        assertProblem(
                await(rig.gateway
                        .request(HttpMethod.GET, "/unheard-of/runtime/x")
                        .send()),
                504,
                "wake_timeout");

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void whatAQuestionTookIsNotLeftForTheWake() {
        rig = Rig.with("hold.deadline=1500ms", "lifecycle.resume-timeout=3s");
        rig.upstream.resumeTakes(Duration.ofMinutes(10));
        String session = rig.running();
        rig.upstream.session(session).crash();
        assertProblem(get(session, "/x"), 502, "runtime_disconnected");
        rig.upstream.session(session).isPaused();
        rig.upstream.on("GET", "/sessions/" + session).usual().afterMillis(1000);
        long begun = System.nanoTime();

        assertProblem(await(rig.gateway.act(rig.runtime(session), "late")), 504, "wake_timeout");

        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(ofMillis(1450), ofMillis(2450));
    }

    @Test
    void aRouterThatIsGoneIsADisconnectAndPassesAgainOnceItIsBack() {
        rig = Rig.with();
        String session = rig.running();
        get(session, "/x");
        rig.upstream.closeSandboxes();

        assertProblem(get(session, "/x"), 502, "runtime_disconnected");
        rig.upstream.openSandboxes();

        Rig.eventually("it is back", () -> get(session, "/x").statusCode() == 200);
    }

    @Test
    void aRefusedRequestIsSentOnceTheSandboxIsAwake() throws Exception {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).isPaused();
        rig.upstream.closeSandboxes();
        rig.upstream.resumeTakes(ofMillis(50));

        Future<HttpResponse<Buffer>> answer = rig.gateway.act(rig.runtime(session), "once");
        await(rig.upstream.whenCalled("POST /resume", 1));
        rig.upstream.openSandboxes();

        assertThat(await(answer).statusCode()).isEqualTo(200);
        assertThat(rig.upstream.session(session).commands()).containsExactly("once");
    }

    @Test
    void aPostThatMayHaveBegunIsNotSentAgain() {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).on("POST", "/once").resets();

        assertProblem(post(session, "/once", Buffer.buffer("x")), 502, "runtime_disconnected");
        assertThat(rig.upstream.calls("POST " + rig.path(session, "/once"))).isEqualTo(1);
    }

    @Test
    void aGetWhoseConnectionBrokeIsSentAgain() {
        rig = Rig.with();
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/twice").resets().then(200);

        assertThat(get(session, "/twice").statusCode()).isEqualTo(200);
        assertThat(rig.upstream.calls("GET " + rig.path(session, "/twice"))).isEqualTo(2);
    }

    @Test
    void silenceEndsWithTheResponseTimeout() {
        rig = Rig.with("proxy.response-timeout=200ms");
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/silent").hangs();
        rig.upstream.session(session).on("POST", "/silent").hangs();

        assertProblem(get(session, "/silent"), 504, "runtime_disconnected");
        assertProblem(post(session, "/silent", Buffer.buffer("x")), 504, "runtime_disconnected");
        assertThat(rig.upstream.calls("* " + rig.path(session, "/silent"))).isEqualTo(2);
    }

    @Test
    void theSilenceBeginsWithTheLastOfTheBody() {
        rig = Rig.with("proxy.response-timeout=1s");
        String session = rig.running();
        rig.upstream.session(session).on("POST", "/silent").hangs();
        long begun = System.nanoTime();

        assertProblem(post(session, "/silent", Buffer.buffer("x")), 504, "runtime_disconnected");

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(ofMillis(950), Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 504})
    void inStrictModeAnErrorIsADisconnectAndNobodyIsAsked(int status) {
        rig = Rig.with("proxy.strict=true");
        String session = rig.running();
        int asked = rig.upstream.requests().size();
        rig.upstream.session(session).on("GET", "/mine").answers(status);
        rig.upstream.session(session).on("POST", "/act").answers(status);

        assertProblem(get(session, "/mine"), status, "runtime_disconnected");
        assertProblem(post(session, "/act", Buffer.buffer("x")), status, "runtime_disconnected");

        assertThat(rig.upstream.requests()).hasSize(asked + 2);
    }

    @Test
    void inStrictModeA503IsAWakeAndTheSecondIsTheSandboxsOwn() {
        rig = Rig.with("proxy.strict=true");
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/asleep").answers(503).then(200);
        rig.upstream.session(session).on("POST", "/act").answers(503).then(200);
        rig.upstream.session(session).on("GET", "/ill").answers(503).header("X-Mine", "yes");

        assertThat(get(session, "/asleep").statusCode()).isEqualTo(200);
        assertThat(post(session, "/act", Buffer.buffer("x")).statusCode()).isEqualTo(200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(2);

        HttpResponse<Buffer> ill = get(session, "/ill");
        assertThat(ill.statusCode()).isEqualTo(503);
        assertThat(ill.getHeader("X-Mine")).isEqualTo("yes");
        assertThat(rig.upstream.calls("GET " + rig.path(session, "/ill"))).isEqualTo(2);
    }

    /** A router may close the idle connection of a sandbox that fell asleep. */
    @Test
    void inStrictModeTheFirst503BehindALossIsAWakeToo() {
        rig = Rig.with("proxy.strict=true");
        AtomicInteger asked = new AtomicInteger();
        String path = rig.hand("/look");
        rig.upstream.on("POST", "/resume").answersJson(new JsonObject().put("message", "resumed"));
        rig.hand.on("/look", (line, head) -> {
            switch (asked.incrementAndGet()) {
                case 1 -> line.reset();
                case 2 -> line.send("HTTP/1.1 503 asleep\r\nContent-Length: 0\r\n\r\n");
                default -> line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });

        assertThat(await(rig.gateway.request(HttpMethod.GET, path).send()).statusCode())
                .isEqualTo(200);
        assertThat(asked).hasValue(3);
    }

    @Test
    void inStrictModeWhatMayNotWakeIsTold503OnlyIfTheSandboxSleeps() {
        rig = Rig.with("proxy.strict=true");
        String awake = rig.running();
        rig.upstream.session(awake).on("GET", "/feed").answers(503);
        String asleep = rig.running();
        rig.upstream.session(asleep).isPaused();

        assertProblem(fetchedInTheBackground(awake), 502, "runtime_disconnected");
        assertProblem(fetchedInTheBackground(asleep), 503, "runtime_paused");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    private HttpResponse<Buffer> fetchedInTheBackground(String session) {
        return await(rig.gateway
                .request(HttpMethod.GET, rig.path(session, "/feed"))
                .putHeader("X-Reveille-Wake", "no")
                .send());
    }

    @Test
    void inStrictModeALostConnectionIsADisconnectAndNobodyIsAsked() {
        rig = Rig.with("proxy.strict=true");
        String session = rig.running();
        int asked = rig.upstream.requests().size();
        rig.upstream.session(session).on("POST", "/act").resets();

        for (int n = 0; n < 10; n++) {
            assertProblem(post(session, "/act", Buffer.buffer("x")), 502, "runtime_disconnected");
        }
        assertThat(rig.upstream.requests()).hasSize(asked + 10);
    }

    @Test
    void withoutTheRuntimeApiARouteThatIsDownIsADisconnect() {
        rig = Rig.with("upstream.attempts=1");
        String session = rig.running();
        rig.upstream.session(session).answers(502);
        rig.upstream.closeControl();

        assertProblem(get(session, "/x"), 502, "runtime_disconnected");
        rig.upstream.session(session).asUsual();
        Rig.eventually("traffic needs no runtime API", () -> get(session, "/x").statusCode() == 200);
        rig.upstream.openControl();
    }

    @Test
    void fiftyErrorsCostOneProbeAndOneLook() {
        rig = Rig.with("proxy.verdict-cache=30s");
        String session = rig.running();
        rig.upstream.session(session).answers(404);
        int probes = rig.upstream.calls("GET " + rig.path(session, "/alive"));
        int looks = rig.upstream.calls("GET /sessions/" + session);

        List<Future<HttpResponse<Buffer>>> answers = IntStream.range(0, 50)
                .mapToObj(n -> rig.gateway
                        .request(HttpMethod.GET, rig.path(session, "/n" + n))
                        .send())
                .toList();
        await(Future.all(answers));

        answers.forEach(a -> assertProblem(a.result(), 404, "runtime_disconnected"));
        // Each event loop asks for itself.
        int loops = Runtime.getRuntime().availableProcessors();
        assertThat(rig.upstream.calls("GET " + rig.path(session, "/alive")) - probes)
                .isBetween(1, loops);
        assertThat(rig.upstream.calls("GET /sessions/" + session) - looks).isEqualTo(1);
    }

    @Test
    void whoeverMeetsTheSameErrorWhileTheSandboxIsBeingWokenWaitsToo() {
        rig = Rig.with();
        rig.upstream.resumeTakes(ofMillis(300)).pausedAnswers(404);
        String session = rig.running();
        rig.upstream
                .session(session)
                .on("GET", "/late")
                .answers(404)
                .afterMillis(150)
                .then(200);
        rig.upstream.session(session).isPaused();

        Future<HttpResponse<Buffer>> late =
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/late")).send();
        Future<HttpResponse<Buffer>> first = rig.gateway.act(rig.runtime(session), "first");

        assertThat(await(first).statusCode()).isEqualTo(200);
        assertThat(await(late).statusCode()).isEqualTo(200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void aJudgementDoesNotTouchTheConnectionThatServesAnotherRequestSince() throws Exception {
        rig = Rig.with();
        CompletableFuture<Void> judge = new CompletableFuture<>();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        String lost = rig.hand("/lost");
        String other = rig.hand("/other");
        rig.hand.on("/lost", (line, head) -> line.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
        rig.hand.on("/alive", (line, head) -> {
            Rig.get(judge);
            line.send("HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n");
        });
        rig.hand.on("/other", (line, head) -> {
            line.read(1);
            Rig.get(answer);
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        int probes = rig.hand.calls("/alive");

        try (Line first = rig.client();
                Line second = rig.client();
                Line third = rig.client()) {
            first.send("GET " + lost + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            Rig.eventually("it is being judged", () -> rig.hand.calls("/alive") == probes + 1);
            // One of the two is on the same event loop, and gets the connection.
            for (Line each : List.of(second, third)) {
                each.send("POST " + other + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 1\r\n\r\nx");
            }
            Rig.eventually("both were asked", () -> rig.hand.calls("/other") == 2);
            judge.complete(null);
            assertThat(first.head().status()).isEqualTo(404);
            answer.complete(null);

            assertThat(second.head().status()).isEqualTo(200);
            assertThat(third.head().status()).isEqualTo(200);
        }
    }
}
