package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a browser gets that opens a page of a sandbox which is not there, and that nobody else gets it. */
class WakingPageTest {
    private static final String SOON = "proxy.waking-page-after=50ms";

    private Rig rig;

    @AfterEach
    void stop() throws IOException {
        Rig.eventually("nobody waits any more", () -> rig.metric("reveille_holds") == 0);
        List<String> complaints = rig.complaints();
        rig.close();
        assertThat(complaints).isEmpty();
    }

    private HttpRequest<Buffer> navigation(String target) {
        return rig.gateway
                .request(HttpMethod.GET, target)
                .putHeader("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
                .putHeader("Sec-Fetch-Mode", "navigate");
    }

    private HttpResponse<Buffer> opens(String target) {
        return await(navigation(target).send());
    }

    private String aSandboxThatWakesSlowly() {
        String session = rig.paused();
        rig.upstream.resumeTakes(ofMinutes(10));
        return session;
    }

    private static HttpResponse<Buffer> assertPage(HttpResponse<Buffer> answer, int status, String title) {
        String html = answer.bodyAsString();
        assertThat(answer.statusCode()).as(html).isEqualTo(status);
        assertThat(answer.getHeader("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(answer.getHeader("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.getHeader("Vary")).isEqualTo("Accept, Sec-Fetch-Mode");
        assertThat(answer.getHeader("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(answer.getHeader("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.getHeader("Content-Security-Policy"))
                .startsWith("default-src 'none'; ")
                .doesNotContain("unsafe", "*");
        assertThat(html)
                .startsWith("<!doctype html>")
                .contains("<html lang=\"en\">", "<title>" + title + "</title>", ">" + title + "</h1>")
                .doesNotContain("{{", "}}", "127.0.0.1");
        return answer;
    }

    private static String attribute(HttpResponse<Buffer> page, String name) {
        Matcher found = Pattern.compile(name + "=\"([^\"]*)\"").matcher(page.bodyAsString());
        assertThat(found.find()).as(name).isTrue();
        return found.group(1);
    }

    @Test
    void whoOpensASleepingSandboxSeesThatItWakesAndTheWakeGoesOn() {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();

        HttpResponse<Buffer> page = assertPage(opens(rig.path(session, "/app?a=b")), 503, "Waking your sandbox");

        assertThat(Integer.parseInt(page.getHeader("Retry-After"))).isPositive();
        assertThat(page.bodyAsString())
                .contains("role=\"status\" aria-live=\"polite\">Waking…", "<noscript><meta http-equiv=\"refresh\"")
                .contains("id=\"again\" href=\"\" hidden");
        assertThat(rig.gateway.get(session).bodyAsJsonObject().getString("state"))
                .isEqualTo("resuming");

        rig.upstream.session(session).isRunning();
        Rig.eventually("it is awake", () -> opens(rig.path(session, "/app?a=b")).statusCode() == 200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void howeverManyOpenItAtOnceItIsWokenOnce() {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();

        List<Future<HttpResponse<Buffer>>> pages = IntStream.range(0, 100)
                .mapToObj(n -> navigation(rig.path(session, "/" + n)).send())
                .toList();
        await(Future.all(pages));
        opens(rig.path(session, "/later"));

        pages.forEach(page -> assertPage(page.result(), 503, "Waking your sandbox"));
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
        assertThat(rig.requests("5xx")).isEqualTo(101);
    }

    @Test
    void howLongItUsuallyTakesIsToldOnceAWakeWasSeen() {
        rig = Rig.with("proxy.waking-page-after=100ms");
        String session = aSandboxThatWakesSlowly();
        assertThat(attribute(opens(rig.path(session, "/app")), "data-expected")).isEmpty();
        rig.upstream.session(session).isRunning();
        Rig.eventually("it is awake", () -> opens(rig.path(session, "/app")).statusCode() == 200);

        rig.gateway.post(session, "pause");
        HttpResponse<Buffer> page = opens(rig.path(session, "/app"));

        assertThat(Long.parseLong(attribute(page, "data-expected"))).isPositive();
        assertThat(Long.parseLong(attribute(page, "data-elapsed"))).isNotNegative();
    }

    @Test
    void aSandboxThatIsBeingStartedIsShownAsStarting() {
        rig = Rig.with(SOON);
        rig.upstream.startTakes(ofMinutes(10));
        await(rig.gateway.request(HttpMethod.PUT, "/api/v1/sessions/s-new").sendJsonObject(new JsonObject()));
        Rig.eventually(
                "its runtime is known",
                () -> rig.gateway.get("s-new").bodyAsJsonObject().containsKey("runtime_id"));

        HttpResponse<Buffer> page = opens(rig.path("s-new", "/app"));

        assertPage(page, 503, "Starting your sandbox");
        assertThat(page.bodyAsString()).contains("aria-live=\"polite\">Starting…");
        rig.upstream.session("s-new").isRunning();
        Rig.eventually("it runs", () -> opens(rig.path("s-new", "/app")).statusCode() == 200);
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void whoeverWakesInTimeShowsItsOwnPage() {
        rig = Rig.with("proxy.waking-page-after=15s");
        String session = rig.paused();

        HttpResponse<Buffer> own = opens(rig.path(session, "/app"));

        assertThat(own.statusCode()).isEqualTo(200);
        assertThat(own.getHeader("Server-Timing")).startsWith("wake;dur=");
        assertThat(own.headers().contains("Content-Security-Policy")).isFalse();
    }

    @Test
    void withoutThatPageBrowsersWaitAsEverybodyDoes() {
        rig = Rig.with("proxy.waking-page-after=0");
        String session = aSandboxThatWakesSlowly();

        Future<HttpResponse<Buffer>> waiting =
                navigation(rig.path(session, "/app")).send();
        Rig.eventually("it waits", () -> rig.metric("reveille_holds") == 1);
        rig.upstream.session(session).isRunning();

        assertThat(await(waiting).statusCode()).isEqualTo(200);
    }

    @Test
    void withoutThatPagePastTheDeadlineIsAnError() {
        rig = Rig.with("proxy.waking-page-after=0", "hold.deadline=100ms");
        String session = aSandboxThatWakesSlowly();

        HttpResponse<Buffer> page = opens(rig.path(session, "/app"));

        assertPage(page, 504, "The sandbox takes too long");
        assertThat(page.bodyAsString()).contains("wake_timeout").doesNotContain("http-equiv=\"refresh\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Accept: */*",
                "Accept: application/json",
                "Accept: application/json, text/html;q=0.9",
                "Accept: text/html, application/json",
                "Accept: text/html;q=0",
                "Accept: text/html;q=x",
                "Accept: application/json, text/plain, */*",
                "Accept: text/event-stream",
                "Accept: text/html\r\nX-Requested-With: XMLHttpRequest",
                "Accept: text/html\r\nAuthorization: Bearer x",
                "Accept: text/html\r\nX-Session-API-Key: x",
                "Accept: text/html\r\nX-API-Key: x",
                "Accept: text/html\r\nOrigin: http://localhost",
                "Accept: text/html\r\nUser-Agent: Java/17.0.15",
                "Accept: text/html\r\nSec-Fetch-Mode: cors",
                "Accept: text/html\r\nSec-Fetch-Mode: no-cors",
                "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Purpose: prefetch",
                "User-Agent: curl/8.5.0\r\nAccept: */*",
                "User-Agent: python-httpx/0.28.1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate",
                "X-Nothing: 1",
            })
    void programsGetTheSameJsonByteForByte(String fields) throws IOException {
        rig = Rig.with(SOON);
        String body = "{\"type\":\"urn:reveille:problem:unknown_session\",\"title\":\"Not Found\",\"status\":404,"
                + "\"detail\":\"there is no sandbox nobody\",\"code\":\"unknown_session\","
                + "\"runtime_id\":\"nobody\",\"retryable\":false}";

        assertThat(answerTo("GET /nobody/runtime/x", fields))
                .isEqualTo("HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\n"
                        + "cache-control: no-store\r\nconnection: close\r\ncontent-length: " + body.length()
                        + "\r\n\r\n" + body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-Fetch-Mode: navigate",
                "Accept: text/html",
                "Accept: text/html, */*",
                "Accept: application/json;q=0.5, TEXT/HTML;q=0.9",
                "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nUser-Agent: Mozilla/5.0",
            })
    void browsersGetAPage(String fields) throws IOException {
        rig = Rig.with(SOON);

        assertThat(answerTo("GET /nobody/runtime/x", fields))
                .startsWith("HTTP/1.1 404 Not Found\r\n")
                .contains("There is no such sandbox");
        assertThat(answerTo("POST /nobody/runtime/x", fields)).contains("application/problem+json");
        assertThat(answerTo("HEAD /nobody/runtime/x", fields)).contains("application/problem+json");
    }

    private String answerTo(String requestLine, String fields) throws IOException {
        try (Line client = rig.client()) {
            client.send(requestLine + " HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n" + fields + "\r\n\r\n");
            return client.rest();
        }
    }

    @Test
    void programsWaitWhileBrowsersLookAtThePage() {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();

        List<Future<HttpResponse<Buffer>>> programs = List.of(
                rig.gateway.act(rig.runtime(session), "work"),
                rig.gateway.request(HttpMethod.GET, rig.path(session, "/x")).send());
        assertPage(opens(rig.path(session, "/app")), 503, "Waking your sandbox");
        Rig.eventually("they wait", () -> rig.metric("reveille_holds") == 2);
        rig.upstream.session(session).isRunning();

        programs.forEach(p -> assertThat(await(p).statusCode()).isEqualTo(200));
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void withoutTheKeyNothingIsWokenAndThePageSaysSo() {
        rig = Rig.with(SOON);
        rig.upstream.issuesSessionKeys();
        String session = rig.paused();
        String key = rig.upstream.session(session).sessionKey().orElseThrow();

        HttpResponse<Buffer> page = opens(rig.path(session, "/app?tkn=wrong"));

        assertPage(page, 503, "This sandbox is asleep");
        assertThat(page.bodyAsString())
                .contains("does not carry its key", "runtime_paused")
                .doesNotContain(key, "ticket=");
        assertThat(page.getHeader("Retry-After")).isNotNull();
        assertThat(page.getHeader("Content-Security-Policy")).doesNotContain("connect-src");
        assertThat(rig.upstream.calls("POST /resume")).isZero();

        assertThat(opens(rig.path(session, "/alive")).bodyAsString()).contains("This sandbox is asleep");
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void whoMayNotWakeSeesAWakeOfOthersAndGetsNoTicket() {
        rig = Rig.with(SOON);
        rig.upstream.issuesSessionKeys();
        String session = aSandboxThatWakesSlowly();
        String key = rig.upstream.session(session).sessionKey().orElseThrow();

        HttpResponse<Buffer> owner = opens(rig.path(session, "/app?tkn=" + key));
        HttpResponse<Buffer> stranger = opens(rig.path(session, "/app"));

        assertPage(owner, 503, "Waking your sandbox");
        assertThat(owner.bodyAsString()).contains("?ticket=").doesNotContain(key);
        assertPage(stranger, 503, "Waking your sandbox");
        assertThat(attribute(stranger, "data-feed")).isEmpty();
        assertThat(stranger.bodyAsString()).doesNotContain("ticket=");
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void itsTicketOpensTheFeedThatTellsWhenTheSandboxIsAwake() throws Exception {
        rig = Rig.with(SOON, "tenants.0.name=acme", "tenants.0.api-key=acme-key");
        asAcme(HttpMethod.PUT, "");
        asAcme(HttpMethod.POST, "/pause");
        rig.upstream.resumeTakes(ofMinutes(10));

        HttpResponse<Buffer> page = opens(rig.path("s-acme", "/app"));

        assertThat(page.getHeader("Content-Security-Policy")).endsWith("; connect-src 'self'");
        String feed = attribute(page, "data-feed");
        assertThat(feed).startsWith("/api/v1/sessions/s-acme/events?ticket=");
        CompletableFuture<Void> awake = new CompletableFuture<>();
        WebSocketClient sockets = rig.vertx.createWebSocketClient();
        WebSocketConnectOptions like = new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(rig.port())
                .setURI(feed)
                .addHeader("Origin", "https://rt1.sandboxes.example.org");
        await(sockets.connect(like)
                .onSuccess(socket -> socket.textMessageHandler(text -> {
                    if (new JsonObject(text).getString("state").equals("running")) {
                        awake.complete(null);
                    }
                })));
        rig.upstream.session("s-acme").isRunning();
        Rig.get(awake);
        await(sockets.close());
    }

    private void asAcme(HttpMethod method, String rest) {
        await(rig.gateway
                .request(method, "/api/v1/sessions/s-acme" + rest)
                .putHeader("Prefer", "wait=15")
                .putHeader("X-API-Key", "acme-key")
                .sendJsonObject(new JsonObject()));
    }

    @Test
    void onAHostOfItsOwnThePageMayReachTheFeedAtThePublicUrlAndNothingElse() throws IOException {
        rig = Rig.with(SOON, "http.routing=subdomain", "http.domain=sb.test", "http.public-url=https://gw.test:8443");
        String session = aSandboxThatWakesSlowly();
        String host = rig.runtime(session) + ".sb.test:8443";

        String answer;
        try (Line client = rig.client()) {
            client.send(
                    "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nSec-Fetch-Mode: navigate\r\n\r\n");
            answer = client.rest();
        }

        String feed = "wss://gw.test:8443/api/v1/sessions/" + session + "/events";
        assertThat(answer).contains("data-feed=\"" + feed + "?ticket=").contains("; connect-src " + feed + "\r\n");
    }

    @Test
    void thePolicyAllowsTheScriptAndTheStyleThatAreThereAndNoOthers() throws Exception {
        rig = Rig.with(SOON);
        HttpResponse<Buffer> page = opens("/nobody/runtime/x");

        String html = page.bodyAsString();
        String policy = page.getHeader("Content-Security-Policy");
        for (String element : List.of("script", "style")) {
            Matcher found = Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL)
                    .matcher(html);
            assertThat(found.find()).isTrue();
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(found.group(1).getBytes(UTF_8));
            assertThat(policy)
                    .contains(element + "-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'; ");
            assertThat(found.find()).isFalse();
        }
        assertThat(html).doesNotContain(" src=", " style=", " onclick=", "http://127", "<link rel=\"stylesheet\"");
        assertThat(policy).contains("base-uri 'none'", "form-action 'none'").doesNotContain("connect-src");
    }

    @Test
    void aSandboxOfWhichNobodyKnewThatItSleepsIsShownWakingToo() {
        rig = Rig.with(SOON);
        String session = rig.running();
        rig.upstream.session(session).isPaused();
        rig.upstream.resumeTakes(ofMinutes(10));

        assertPage(opens(rig.path(session, "/app")), 503, "Waking your sandbox");

        rig.upstream.session(session).isRunning();
        Rig.eventually("it is awake", () -> opens(rig.path(session, "/app")).statusCode() == 200);
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }

    @Test
    void whatASandboxSaysOfItselfIsTextAndNoMarkup() {
        rig = Rig.with("proxy.waking-page-after=15s");
        String session = rig.paused();
        String hostile = "</code></p><script>alert(1)</script>\" onload='x' {{feed}} {{#waking}} $1 \\";
        rig.upstream.session(session).tells("restart_reasons", new JsonArray().add(hostile));
        rig.upstream.podsEndAs("crashloopbackoff");

        HttpResponse<Buffer> page = opens(rig.path(session, "/app"));
        Rig.eventually(
                "it has failed",
                () -> rig.gateway
                        .get(session)
                        .bodyAsJsonObject()
                        .getString("state")
                        .equals("failed"));
        page = page.statusCode() == 503 ? opens(rig.path(session, "/app")) : page;

        assertThat(page.statusCode()).isEqualTo(502);
        assertThat(page.bodyAsString())
                .contains("The sandbox broke down", "runtime_crashed", "&lt;script&gt;alert(1)&lt;/script&gt;")
                .doesNotContain("<script>alert", "</code></p><script>");
    }

    @Test
    void aWakeThatFailsIsToldInPlainWords() {
        rig = Rig.with("proxy.waking-page-after=15s", "upstream.attempts=1");
        String session = rig.paused();
        rig.upstream.on("POST", "/resume").answers(500);

        HttpResponse<Buffer> page = opens(rig.path(session, "/app"));

        assertPage(page, 502, "The sandbox could not be woken");
        assertThat(page.bodyAsString())
                .contains("resume_failed", "id=\"again\" href=\"\">Try again</a>")
                .doesNotContain("id=\"state\"", "http-equiv=\"refresh\"");
    }

    @Test
    void aWakeThatTakesTooLongForTheLifecycleIsNoLongerShownAsWaking() {
        rig = Rig.with("proxy.waking-page-after=15s", "lifecycle.resume-timeout=200ms");
        String session = aSandboxThatWakesSlowly();

        assertPage(opens(rig.path(session, "/app")), 504, "The sandbox takes too long");
    }

    @Test
    void whoeverFindsTooManyWaitingIsToldWhenToComeAgain() {
        rig = Rig.with(SOON, "hold.per-session=1");
        String session = aSandboxThatWakesSlowly();

        Future<HttpResponse<Buffer>> first = rig.gateway.act(rig.runtime(session), "first");
        Rig.eventually("one waits", () -> rig.metric("reveille_holds") == 1);
        HttpResponse<Buffer> page = opens(rig.path(session, "/app"));
        rig.upstream.session(session).isRunning();

        assertPage(page, 429, "Too many are waiting");
        assertThat(page.getHeader("Retry-After")).isNotNull();
        assertThat(await(first).statusCode()).isEqualTo(200);
    }

    @Test
    void aSandboxThatIsNotReachedIsADisconnectInPlainWords() {
        rig = Rig.with(SOON);
        String session = rig.running();
        rig.upstream.session(session).answers(502);

        HttpResponse<Buffer> page = opens(rig.path(session, "/app"));

        assertPage(page, 502, "The sandbox cannot be reached");
        assertThat(page.bodyAsString())
                .doesNotContain(URI.create(rig.upstream.uri().toString()).getAuthority());
    }

    @Test
    void aSandboxsOwnErrorPagePassesUntouched() {
        rig = Rig.with(SOON);
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/app").answersHtml(503, "<h1>mine</h1>");

        HttpResponse<Buffer> own = opens(rig.path(session, "/app"));

        assertThat(own.statusCode()).isEqualTo(503);
        assertThat(own.bodyAsString()).isEqualTo("<h1>mine</h1>");
    }
}
