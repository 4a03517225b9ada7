package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.session.Service;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FreePorts;
import dev.reveille.testing.Line;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway in each mode, and behind each a sandbox whose upstream is in each mode. */
class RoutingModesTest {
    /** How the gateway names sandboxes. */
    private enum Mode {
        PATH,
        SUBDOMAIN,
        PORT
    }

    /** Also the runtime's id, which says how upstream names it. */
    private static final List<String> RUNTIMES = List.of("bypath", "byhost");

    private static final int PORTS = 12;

    private static Vertx vertx;
    private static Site site;
    private static WebClient client;
    private static WebSocketClient sockets;
    private static int firstPort;
    private static final List<Vertx> ALL = new ArrayList<>();
    private static final Map<Mode, FakeRuntimeApi> UPSTREAMS = new EnumMap<>(Mode.class);
    private static final Map<Mode, TestGateway> GATEWAYS = new EnumMap<>(Mode.class);

    @BeforeAll
    static void start() {
        vertx = aVertx();
        site = Site.start(vertx);
        client = WebClient.create(vertx, new WebClientOptions().setFollowRedirects(false));
        sockets = vertx.createWebSocketClient();
        firstPort = FreePorts.inARow(PORTS);
        for (Mode mode : Mode.values()) {
            UPSTREAMS.put(mode, FakeRuntimeApi.start(vertx));
            GATEWAYS.put(mode, TestGateway.before(UPSTREAMS.get(mode), aVertx(), settings(mode)));
            open(mode);
        }
    }

    @AfterAll
    static void stop() {
        GATEWAYS.values().forEach(TestGateway::close);
        UPSTREAMS.values().forEach(FakeRuntimeApi::close);
        await(sockets.close());
        ALL.forEach(v -> await(v.close()));
    }

    /** Each node has its own, since the registry is one for all nodes on one bus. */
    private static Vertx aVertx() {
        Vertx made = Vertx.vertx(new VertxOptions()
                .setPreferNativeTransport(true)
                .setAddressResolverOptions(new AddressResolverOptions().setHostsValue(Buffer.buffer(names()))));
        ALL.add(made);
        return made;
    }

    private static String names() {
        List<String> names = new ArrayList<>(List.of("localhost", "up.test", "sb.test"));
        for (String prefix : List.of("", "vscode-", "work-1-", "work-2-")) {
            RUNTIMES.forEach(id -> names.add(prefix + id + ".sb.test"));
            names.add(prefix + "byhost.up.test");
            Stream.of("rt1", "rt2", "rt3").forEach(id -> names.add(prefix + id + ".sb.test"));
        }
        return "127.0.0.1 " + String.join(" ", names) + "\n";
    }

    private static String[] settings(Mode mode) {
        return switch (mode) {
            case PATH -> new String[0];
            case SUBDOMAIN -> new String[] {"http.routing=subdomain", "http.domain=sb.test"};
            case PORT ->
                new String[] {"http.routing=port", "http.port-range=" + firstPort + "-" + (firstPort + PORTS - 1)};
        };
    }

    private static void open(Mode mode) {
        FakeRuntimeApi upstream = UPSTREAMS.get(mode);
        upstream.on("POST", "/start")
                .answersJson(record("bypath", "http://up.test:" + site.port() + "/bypath/runtime"))
                .answersJson(record("byhost", "http://byhost.up.test:" + site.port()))
                .then(200);
        for (String runtime : RUNTIMES) {
            HttpResponse<Buffer> opened = GATEWAYS.get(mode).open("s-" + runtime, new JsonObject());
            assertThat(opened.statusCode()).as(opened.bodyAsString()).isEqualTo(201);
        }
    }

    private static JsonObject record(String runtimeId, String url) {
        return new JsonObject()
                .put("runtime_id", runtimeId)
                .put("url", url)
                .put("work_hosts", new JsonObject())
                .put("status", "running")
                .put("pod_status", "ready");
    }

    /** The URL that the owner of the session is told. */
    private static String url(Mode mode, String runtime, Service service) {
        return GATEWAYS.get(mode)
                .get("s-" + runtime)
                .bodyAsJsonObject()
                .getJsonObject("services")
                .getString(service.word());
    }

    private static String authority(String url) {
        return URI.create(url).getAuthority();
    }

    private static HttpRequest<Buffer> get(String url) {
        return client.requestAbs(HttpMethod.GET, url);
    }

    private static String expectedHost(String runtime, Service service) {
        String name = runtime.equals("bypath")
                ? "up.test"
                : (service == Service.RUNTIME ? "" : service.word() + "-") + "byhost.up.test";
        return name + ":" + site.port();
    }

    private static String expectedPrefix(String runtime, Service service) {
        return runtime.equals("bypath") ? "/bypath/" + service.word() : "";
    }

    private static void assertForwarded(JsonObject got, Mode mode, String runtime, Service service, String url) {
        JsonObject headers = got.getJsonObject("headers");
        assertThat(headers.getString("host")).isEqualTo(expectedHost(runtime, service));
        assertThat(got.getString("uri")).isEqualTo(expectedPrefix(runtime, service) + "/a/b%2Fc?q=%20x&q=2");
        assertThat(headers.getString("x-forwarded-host")).isEqualTo(authority(url));
        assertThat(headers.getString("x-forwarded-proto")).isEqualTo("http");
        assertThat(headers.getString("x-forwarded-for")).isEqualTo("127.0.0.1");
        assertThat(headers.getString("x-forwarded-prefix"))
                .isEqualTo(mode == Mode.PATH ? "/" + runtime + "/" + service.word() : null);
    }

    static Stream<Arguments> everyMapping() {
        return Stream.of(Mode.values())
                .flatMap(mode -> RUNTIMES.stream()
                        .flatMap(runtime ->
                                Stream.of(Service.values()).map(service -> Arguments.of(mode, runtime, service))));
    }

    @ParameterizedTest
    @MethodSource("everyMapping")
    void aRequestArrivesWhereItsUrlSays(Mode mode, String runtime, Service service) {
        String url = url(mode, runtime, service);

        HttpResponse<Buffer> answer = await(client.requestAbs(HttpMethod.POST, url + "/a/b%2Fc?q=%20x&q=2")
                .putHeader("X-Forwarded-Prefix", "/evil")
                .sendBuffer(Buffer.buffer("hello")));

        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(200);
        JsonObject got = answer.bodyAsJsonObject();
        assertForwarded(got, mode, runtime, service, url);
        assertThat(got.getString("method")).isEqualTo("POST");
        assertThat(got.getString("body")).isEqualTo("hello");
    }

    @ParameterizedTest
    @MethodSource("everyMapping")
    void aWebsocketArrivesWhereItsUrlSays(Mode mode, String runtime, Service service) {
        String url = url(mode, runtime, service);
        Promise<String> told = Promise.promise();

        ClientWebSocket socket = sockets.webSocket();
        socket.textMessageHandler(told::tryComplete);

        await(socket.connect(
                new WebSocketConnectOptions().setAbsoluteURI(url.replace("http:", "ws:") + "/a/b%2Fc?q=%20x&q=2")));

        assertForwarded(new JsonObject(await(told.future())), mode, runtime, service, url);
        await(socket.close());
    }

    @ParameterizedTest
    @MethodSource("everyMapping")
    void aRedirectBelowUpstreamsOriginBecomesOneBelowTheUrl(Mode mode, String runtime, Service service) {
        String url = url(mode, runtime, service);
        String upstream = "http://" + expectedHost(runtime, service) + expectedPrefix(runtime, service);

        HttpResponse<Buffer> answer = await(get(url + "/x")
                .putHeader("X-Answer-Location", upstream + "/next?a=1")
                .send());

        assertThat(URI.create(url + "/x").resolve(answer.getHeader("Location"))).hasToString(url + "/next?a=1");
    }

    @ParameterizedTest
    @MethodSource("everyMapping")
    void urlsByPathAreServedInEachMode(Mode mode, String runtime, Service service) {
        String path = "/" + runtime + "/" + service.word();

        JsonObject got = await(
                        GATEWAYS.get(mode).request(HttpMethod.GET, path + "/x").send())
                .bodyAsJsonObject();

        assertThat(got.getString("uri")).isEqualTo(expectedPrefix(runtime, service) + "/x");
        assertThat(got.getJsonObject("headers").getString("x-forwarded-prefix")).isEqualTo(path);
    }

    @ParameterizedTest
    @EnumSource(value = Mode.class, names = "PATH", mode = EnumSource.Mode.EXCLUDE)
    void onASandboxsOwnOriginOurOwnPathsAreItsToo(Mode mode) {
        String url = url(mode, "byhost", Service.RUNTIME);

        for (String path : List.of(
                "/api/v1/sessions", "/start", "/list", "/sessions/runtime", "/", "//alive", "/bypath/runtime/x")) {
            assertThat(await(get(url + path).send()).bodyAsJsonObject().getString("uri"))
                    .isEqualTo(path);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Mode.class, names = "PATH", mode = EnumSource.Mode.EXCLUDE)
    void theEditorsPrefixIsNotPutInFrontTwice(Mode mode) {
        String url = url(mode, "bypath", Service.VSCODE);

        assertThat(await(get(url + "/static/x").send()).bodyAsJsonObject().getString("uri"))
                .isEqualTo("/bypath/vscode/static/x");
        assertThat(await(get(url + "/bypath/vscode/static/x").send())
                        .bodyAsJsonObject()
                        .getString("uri"))
                .isEqualTo("/bypath/vscode/static/x");
        assertThat(await(get(url + "/bypath/vscode?tkn=1").send())
                        .bodyAsJsonObject()
                        .getString("uri"))
                .isEqualTo("/bypath/vscode?tkn=1");
    }

    @ParameterizedTest
    @EnumSource(value = Mode.class, names = "PATH", mode = EnumSource.Mode.EXCLUDE)
    void aCookieOfASandboxIsForItsOriginAndNotForUpstreams(Mode mode) {
        HttpResponse<Buffer> answer = await(get(url(mode, "bypath", Service.VSCODE) + "/x")
                .putHeader("X-Answer-Cookie", "a=1; Path=/bypath/vscode; Domain=up.test; HttpOnly")
                .send());

        assertThat(answer.getHeader("Set-Cookie")).isEqualTo("a=1; Path=/; HttpOnly");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void urlsStayTheSameThroughPauseAndWake(Mode mode) {
        FakeRuntimeApi upstream = UPSTREAMS.get(mode);
        upstream.asUsual();
        TestGateway gateway = GATEWAYS.get(mode);
        JsonObject before = gateway.open("s-life", new JsonObject()).bodyAsJsonObject();
        String url = before.getString("url");

        JsonObject paused = gateway.post("s-life", "pause").bodyAsJsonObject();
        assertThat(paused.getJsonObject("services")).isEqualTo(before.getJsonObject("services"));
        HttpResponse<Buffer> woken = await(
                client.requestAbs(HttpMethod.POST, url + "/execute_action").sendJsonObject(TestGateway.action("x")));

        assertThat(woken.statusCode()).as(woken.bodyAsString()).isEqualTo(200);
        assertThat(gateway.get("s-life").bodyAsJsonObject().getJsonObject("services"))
                .isEqualTo(before.getJsonObject("services"));
        gateway.close("s-life");
        assertProblem(await(get(url + "/x").send()), 404, "unknown_session");
    }

    @Test
    void aStoppedSandboxsPortsAreAnothers() {
        UPSTREAMS.get(Mode.PORT).asUsual();
        TestGateway gateway = GATEWAYS.get(Mode.PORT);
        String first =
                gateway.open("s-one", new JsonObject()).bodyAsJsonObject().getString("url");
        JsonObject crowded = gateway.open("s-two", new JsonObject()).bodyAsJsonObject();

        // Two of three slots have been taken all along.
        assertThat(crowded.getString("url"))
                .isEqualTo("http://127.0.0.1:" + gateway.port() + "/" + crowded.getString("runtime_id") + "/runtime");
        assertThat(await(get(crowded.getString("url") + "/x").send()).statusCode())
                .isEqualTo(200);
        gateway.close("s-one");
        JsonObject next = gateway.open("s-three", new JsonObject()).bodyAsJsonObject();

        assertThat(next.getString("url")).isEqualTo(first);
        assertThat(await(get(first + "/x").send()).bodyAsJsonObject().getString("runtime_id"))
                .isEqualTo(next.getString("runtime_id"));
        gateway.close("s-two");
        gateway.close("s-three");
    }

    @Test
    void aPortWithoutASandboxLeadsNowhere() throws IOException {
        int free = Stream.of(0, 4, 8)
                .map(n -> firstPort + n)
                .filter(p -> RUNTIMES.stream()
                        .noneMatch(r -> url(Mode.PORT, r, Service.RUNTIME).endsWith(":" + p)))
                .findFirst()
                .orElseThrow();

        for (String path : List.of("/", "/api/v1/sessions", "/bypath/runtime/x")) {
            assertProblem(await(get("http://127.0.0.1:" + free + path).send()), 404, "unknown_session");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nobody.sb.test",
                "vscode-nobody.sb.test",
                "api.sb.test",
                "a.b.sb.test",
                "bypath.bypath.sb.test",
                ".sb.test",
                "-.sb.test",
                "vscode-.sb.test",
                "a_.x.sb.test:80"
            })
    void aNameOfOursThatIsNobodysIsAnUnknownSandboxAndNeverOurApi(String host) throws IOException {
        try (Line line = Line.to(GATEWAYS.get(Mode.SUBDOMAIN).port())) {
            line.send("GET /api/v1/sessions HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            Line.Head head = line.head();
            assertThat(head.status()).isEqualTo(404);
            assertThat(head.field("Content-Type")).isEqualTo("application/problem+json");
            assertThat(new JsonObject(line.body(head)).getString("code")).isEqualTo("unknown_session");
        }
    }

    @Test
    void aSandboxThatOnlyUpstreamKnowsIsFoundByItsName() {
        String runtime =
                UPSTREAMS.get(Mode.SUBDOMAIN).session("s-wild").isRunning().runtimeId();

        Rig.eventually("it is adopted", () -> {
            try (Line line = Line.to(GATEWAYS.get(Mode.SUBDOMAIN).port())) {
                line.send("GET /x HTTP/1.1\r\nHost: vscode-" + runtime + ".sb.test\r\n\r\n");
                return line.head().status() == 200;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void aVeryLongNameIsNobodys() throws IOException {
        String host = "a".repeat(30_000) + ".sb.test";

        assertThat(answerTo("GET /api/v1/sessions HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                        .status())
                .isEqualTo(404);
    }

    /** None of these names leads to a sandbox, so they are our own, and the API says what it says to them. */
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 200",
        "LOCALHOST:1, 200",
        "[::1]:8080, 200",
        "sb.test, 403",
        "sb.test.evil.example, 403",
        "xsb.test, 403",
        "evil.example, 403"
    })
    void everyOtherNameIsOurOwn(String host, int status) throws IOException {
        assertThat(answerTo("GET /api/v1/sessions HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                        .status())
                .isEqualTo(status);
        assertThat(answerTo("GET /byhost/runtime/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a%41b", "byhost.sb.test@evil.example", "a!b.sb.test"})
    void aNameOfNobodysFormIsRefused(String host) throws IOException {
        for (String path : List.of("/x", "/byhost/runtime/x", "/api/v1/sessions")) {
            assertThat(answerTo("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                            .status())
                    .isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/x", "/byhost/runtime/x", "/api/v1/sessions"})
    void twoNamesAreRefused(String path) throws IOException {
        String hosts = "Host: byhost.sb.test\r\nHost: 127.0.0.1\r\n";

        assertThat(answerTo("GET " + path + " HTTP/1.1\r\n" + hosts + "\r\n").status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "GET /x, BYHOST.SB.Test.:99, /x",
        "GET http://byhost.sb.test/x?q, BYHOST.sb.test, /x?q",
        "GET HTTP://byhost.sb.test:80, byhost.sb.test:80, /",
        "GET http://127.0.0.1/byhost/runtime/x, 127.0.0.1, /x",
        "OPTIONS *, byhost.sb.test, /",
    })
    void aSandboxIsFoundHoweverItsNameIsWritten(String start, String host, String uri) throws IOException {
        try (Line line = Line.to(GATEWAYS.get(Mode.SUBDOMAIN).port())) {
            line.send(start + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            Line.Head head = line.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(new JsonObject(line.body(head)).getString("uri")).isEqualTo(uri);
        }
    }

    @Test
    void aRuntimeThatIsCalledLikeAServiceIsFoundByItsOwnName() throws IOException {
        FakeRuntimeApi upstream = UPSTREAMS.get(Mode.SUBDOMAIN);
        upstream.asUsual();
        upstream.on("POST", "/start")
                .answersJson(record("vscode-byhost", "http://up.test:" + site.port() + "/vscode-byhost/runtime"));
        GATEWAYS.get(Mode.SUBDOMAIN).open("s-odd", new JsonObject());

        HttpResponse<Buffer> answer = await(get("http://vscode-byhost.sb.test:"
                        + GATEWAYS.get(Mode.SUBDOMAIN).port() + "/x")
                .send());

        assertThat(answer.bodyAsJsonObject().getString("uri")).isEqualTo("/vscode-byhost/runtime/x");
        upstream.asUsual();
        GATEWAYS.get(Mode.SUBDOMAIN).close("s-odd");
        Rig.eventually("the service has its name again", () -> {
            HttpResponse<Buffer> again = await(get("http://vscode-byhost.sb.test:"
                            + GATEWAYS.get(Mode.SUBDOMAIN).port() + "/x")
                    .send());
            return again.statusCode() == 200
                    && again.bodyAsJsonObject().getString("uri").equals("/x");
        });
    }

    @Test
    void aPortThatIsTakenCostsItsSlotAndNoMore() throws IOException {
        FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
        int first = FreePorts.inARow(8);
        String range = "http.port-range=" + first + "-" + (first + 7);
        try (ServerSocket taken = new ServerSocket(first + 5, 1, InetAddress.getLoopbackAddress());
                TestGateway gateway = TestGateway.before(upstream, aVertx(), "http.routing=port", range)) {
            assertThat(taken.isBound()).isTrue();
            JsonObject one = gateway.open("s-1", new JsonObject()).bodyAsJsonObject();
            JsonObject two = gateway.open("s-2", new JsonObject()).bodyAsJsonObject();

            assertThat(one.getString("url")).isEqualTo("http://127.0.0.1:" + first);
            assertThat(await(get(one.getString("url") + "/x").send()).statusCode())
                    .isEqualTo(200);
            assertThat(URI.create(two.getString("url")).getPort()).isEqualTo(gateway.port());
        }
        upstream.close();
    }

    @Test
    void withoutAnyPortTheNodeDoesNotStart() throws IOException {
        FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
        int first = FreePorts.inARow(4);
        String range = "http.port-range=" + first + "-" + (first + 3);
        try (ServerSocket taken = new ServerSocket(first + 3, 1, InetAddress.getLoopbackAddress())) {
            assertThat(taken.isBound()).isTrue();
            assertThatThrownBy(() -> TestGateway.before(upstream, aVertx(), "http.routing=port", range))
                    .hasMessageContaining("no slot of http.port-range can be used");
        }
        upstream.close();
    }

    private static Line.Head answerTo(String request) throws IOException {
        try (Line line = Line.to(GATEWAYS.get(Mode.SUBDOMAIN).port())) {
            return line.send(request).head();
        }
    }

    private static void assertProblem(HttpResponse<Buffer> answer, int status, String code) {
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(status);
        assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo(code);
        assertThat(answer.bodyAsJsonObject().getString("detail")).isNotBlank().doesNotContain("up.test");
    }
}
