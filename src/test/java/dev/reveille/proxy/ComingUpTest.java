package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeSandbox;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of requests to a sandbox that is being started or resumed. */
class ComingUpTest {
    private static final String SESSION = "s-new";

    private final Rig rig = Rig.with("proxy.response-timeout=10m");

    @AfterEach
    void stop() throws IOException {
        Rig.eventually("nobody waits any more", () -> rig.metric("reveille_holds") == 0);
        rig.close();
    }

    private FakeSandbox aStartingSandbox() {
        rig.upstream.startTakes(ofMinutes(10));
        await(rig.gateway.request(HttpMethod.PUT, "/api/v1/sessions/" + SESSION).sendJsonObject(new JsonObject()));
        Rig.eventually("its runtime is known", () -> {
            JsonObject session = rig.gateway.get(SESSION).bodyAsJsonObject();
            return session.getString("state").equals("starting") && session.containsKey("runtime_id");
        });
        return rig.upstream.session(SESSION);
    }

    private FakeSandbox aResumingSandbox() {
        rig.gateway.open(SESSION, new JsonObject());
        rig.gateway.post(SESSION, "pause");
        rig.upstream.resumeTakes(ofMinutes(10));
        await(rig.gateway
                .request(HttpMethod.POST, "/api/v1/sessions/" + SESSION + "/resume")
                .send());
        Rig.eventually("it is resuming", () -> state().equals("resuming"));
        return rig.upstream.session(SESSION);
    }

    private String state() {
        return rig.gateway.get(SESSION).bodyAsJsonObject().getString("state");
    }

    private Future<HttpResponse<Buffer>> get(String rest, String... header) {
        var request = rig.gateway.request(HttpMethod.GET, rig.path(SESSION, rest));
        return (header.length == 0 ? request : request.putHeader(header[0], header[1])).send();
    }

    private static void assertTooEarly(HttpResponse<Buffer> answer) {
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(500);
        assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo("runtime_starting");
        assertThat(answer.bodyAsJsonObject().getBoolean("retryable")).isTrue();
        assertThat(answer.getHeader("Retry-After")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 502, 503, 504})
    void aProbeThatComesTooEarlyIsToldSoInsteadOfWhatTheRouterSays(int routerSays) {
        aStartingSandbox().answers(routerSays);

        for (String probe : List.of("/alive", "/health", "/ready", "/server_info")) {
            assertTooEarly(await(get(probe)));
        }
        assertTooEarly(await(rig.gateway
                .request(HttpMethod.OPTIONS, rig.path(SESSION, "/x"))
                .putHeader("Access-Control-Request-Method", "POST")
                .send()));
    }

    @Test
    void aProbeThatIsResetOrRefusedOrMetWithSilenceIsTooEarlyToo() {
        FakeSandbox sandbox = aStartingSandbox();

        sandbox.resets();
        assertTooEarly(await(get("/alive")));
        sandbox.asUsual().hangs();
        assertTooEarly(await(get("/alive")));
        rig.upstream.closeSandboxes();
        assertTooEarly(await(get("/alive")));
        rig.upstream.openSandboxes();
    }

    @Test
    void aProbeOfAResumingSandboxIsAnsweredJustAsOfAStartingOne() {
        aResumingSandbox();

        assertTooEarly(await(get("/alive")));
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void whatTheSandboxItselfAnswersToAProbePasses() {
        FakeSandbox sandbox = aStartingSandbox();
        sandbox.on("GET", "/alive").answers(503);
        sandbox.on("GET", "/health").answersJson(new JsonObject().put("status", "ok"));
        sandbox.on("GET", "/ready").answersJson(401, new JsonObject().put("detail", "who?"));

        HttpResponse<Buffer> health = await(get("/health"));
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.bodyAsString()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(health.getHeader("Server-Timing")).isNull();
        assertThat(await(get("/ready")).statusCode()).isEqualTo(401);
        assertThat(state()).isEqualTo("starting");
    }

    @Test
    void allOthersWaitWhateverTheyWantAndAreForwarded() {
        FakeSandbox sandbox = aStartingSandbox();

        List<Future<HttpResponse<Buffer>>> waiting = List.of(
                get("/plain"),
                get("/background", "Sec-Fetch-Mode", "cors"),
                get("/unwilling", "X-Reveille-Wake", "no"),
                rig.gateway.act(rig.runtime(SESSION), "work"));
        Rig.eventually("four wait", () -> rig.metric("reveille_holds") == 4);
        sandbox.isRunning();

        waiting.forEach(w -> {
            assertThat(await(w).statusCode()).isEqualTo(200);
            assertThat(await(w).getHeader("Server-Timing")).startsWith("wake;dur=");
        });
        assertThat(rig.upstream.calls("POST /resume")).isZero();
        assertThat(rig.upstream.calls("POST /start")).isEqualTo(1);
    }

    @Test
    void aWebsocketWaitsAndIsConnected() {
        FakeSandbox sandbox = aResumingSandbox();
        WebSocketClient sockets = rig.vertx.createWebSocketClient();

        Future<WebSocket> opening = sockets.connect(new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(rig.port())
                .setURI(rig.path(SESSION, "/sockets/events/1")));
        Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
        sandbox.isRunning();

        await(await(opening).close());
        await(sockets.close());
    }

    @Test
    void aRequestWithoutTheKeyWaitsToo() {
        rig.upstream.issuesSessionKeys();
        FakeSandbox sandbox = aResumingSandbox();

        Future<HttpResponse<Buffer>> keyless = get("/x");
        Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
        sandbox.isRunning();

        // The sandbox's own word.
        assertThat(await(keyless).statusCode()).isEqualTo(403);
    }

    @Test
    void ifItDoesNotComeUpEverybodyHearsWhy() {
        FakeSandbox sandbox = aStartingSandbox();

        List<Future<HttpResponse<Buffer>>> waiting =
                List.of(get("/plain"), get("/background", "Sec-Fetch-Mode", "cors"));
        Rig.eventually("two wait", () -> rig.metric("reveille_holds") == 2);
        sandbox.reports("error", "failed");

        waiting.forEach(w -> {
            assertThat(await(w).statusCode()).isEqualTo(502);
            assertThat(await(w).bodyAsJsonObject().getString("code")).isEqualTo("runtime_crashed");
        });
    }

    @Test
    void whoMayNotWakeHearsOfTheWakeThatFailedAndBeginsNoOther() throws IOException {
        try (Rig hasty = Rig.with("lifecycle.resume-timeout=1s")) {
            String session = hasty.paused();
            hasty.upstream.resumeTakes(ofMinutes(10));
            await(resume(hasty, session));

            HttpResponse<Buffer> answer = await(hasty.gateway
                    .request(HttpMethod.GET, hasty.path(session, "/x"))
                    .putHeader("Sec-Fetch-Mode", "cors")
                    .send());

            assertThat(answer.bodyAsJsonObject().getString("code"))
                    .as(answer.bodyAsString())
                    .isEqualTo("wake_timeout");
            assertThat(hasty.upstream.calls("POST /resume")).isEqualTo(1);
        }
    }

    private static Future<HttpResponse<Buffer>> resume(Rig rig, String session) {
        return rig.gateway
                .request(HttpMethod.POST, "/api/v1/sessions/" + session + "/resume")
                .send()
                .onSuccess(begun ->
                        assertThat(begun.bodyAsJsonObject().getString("state")).isEqualTo("resuming"));
    }

    @Test
    void pastTheDeadlineWhoeverJoinedIsGivenUp() throws IOException {
        try (Rig hasty = Rig.with("hold.deadline=150ms")) {
            hasty.upstream.resumeTakes(ofMinutes(10));
            String session = hasty.paused();
            await(resume(hasty, session));

            HttpResponse<Buffer> answer = await(hasty.gateway
                    .request(HttpMethod.GET, hasty.path(session, "/x"))
                    .putHeader("Sec-Fetch-Mode", "cors")
                    .send());

            assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo("wake_timeout");
        }
    }
}
