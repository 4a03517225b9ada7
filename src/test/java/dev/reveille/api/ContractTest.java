package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.Wire;
import dev.reveille.config.ByteSize;
import dev.reveille.config.Settings;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.registry.SessionStore;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Registries;
import dev.reveille.testing.TestGateway;
import dev.reveille.watch.StatusStreams;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openapi.yaml} and the gateway say the same. */
@ExtendWith(VertxExtension.class)
class ContractTest {
    private static FakeRuntimeApi upstream;
    private static TestGateway gateway;
    private static Contract contract;

    @BeforeAll
    static void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx).issuesSessionKeys();
        gateway = TestGateway.before(upstream, vertx, "tenants.0.name=acme", "tenants.0.api-key=k");
        contract = Contract.load(vertx);
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
    }

    @Test
    void everyRouteIsInTheContractAndEveryOperationHasARoute(Vertx vertx) {
        SessionRegistry registry = Registries.registry(
                vertx, new SessionStore(await(vertx.sharedData().getAsyncMap(SessionStore.MAP))), ClusterNode.alone());
        Router router = new Api(
                        registry,
                        new Tenants(List.of(), Optional.empty()),
                        new Tickets(() -> new byte[32], Duration.ZERO, InstantSource.system()),
                        new PublicUrls(Optional.empty()),
                        "node",
                        new ByteSize(1024),
                        new RuntimeApi(
                                        vertx,
                                        upstream.uri(),
                                        Settings.defaults().upstream(),
                                        new SimpleMeterRegistry())
                                .passThrough(),
                        new StatusStreams(vertx, registry, Settings.defaults(), InstantSource.system()),
                        Front.facts(InstantSource.system()),
                        RoutingContext::next,
                        InstantSource.system())
                .router(vertx);

        Set<String> routes = router.getRoutes().stream()
                .filter(route -> route.methods() != null)
                .flatMap(route -> route.methods().stream()
                        .map(method -> method + " " + route.getPath().replaceAll(":(\\w+)", "{$1}")))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> operations = contract.operations().stream()
                .map(operation -> operation.getHttpMethod() + " " + operation.getAbsoluteOpenAPIPath())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(routes).isEqualTo(operations).contains("PUT /api/v1/sessions/{session_id}");
    }

    @Test
    void everyCodeOfAFailureIsInTheContractAndNoOther() {
        JsonArray codes = contract.document()
                .getJsonObject("components")
                .getJsonObject("schemas")
                .getJsonObject("Code")
                .getJsonArray("enum");
        for (Object code : codes) {
            JsonObject failure = new JsonObject()
                    .put("code", code)
                    .put(
                            "status",
                            Map.of("head_too_long", 431, "unsupported", 501).getOrDefault(code, 404));
            assertThat(Wire.failure(failure).code()).isEqualTo(code);
        }
        int kinds = GatewayFailure.class.getPermittedSubclasses().length - 1 + GatewayFailure.Step.values().length;
        assertThat(codes).hasSize(kinds);
    }

    @Test
    void theContractIsServedToEverybody() {
        HttpResponse<Buffer> answer =
                await(gateway.request(HttpMethod.GET, "/api/v1/openapi.yaml").send());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.getHeader("Content-Type")).isEqualTo("application/yaml");
        assertThat(answer.bodyAsString()).isEqualTo(Contract.text());
    }

    @Test
    void theExamplesAreWhatTheySay() {
        JsonObject schemas = contract.document().getJsonObject("components").getJsonObject("schemas");
        for (String name : List.of("Session", "Change")) {
            schemas.getJsonObject(name)
                    .getJsonArray("examples")
                    .forEach(example -> contract.assertIs(name, (JsonObject) example));
        }
        JsonObject responses = contract.document().getJsonObject("components").getJsonObject("responses");
        responses.forEach(response -> {
            JsonObject problem = ((JsonObject) response.getValue())
                    .getJsonObject("content")
                    .getJsonObject("application/problem+json", new JsonObject());
            Optional.ofNullable(problem.getJsonObject("example"))
                    .ifPresent(example -> contract.assertIs("Problem", example));
        });
    }

    @Test
    void aWholeLifeIsAnsweredAsTheContractSays() {
        upstream.startTakes(ofMillis(30)).resumeTakes(ofMillis(30)).pauseTakes(ofMillis(30));
        JsonObject spec = new JsonObject().put("image", "python").put("initial_env", new JsonObject().put("A", "b"));

        is("openSession", 201, body(put("life"), spec));
        is("openSession", 200, body(put("life"), spec));
        is("openSession", 202, body(put("slow").putHeader("Prefer", "respond-async"), spec));
        is("openSession", 400, body(put("life"), new JsonObject().put("imge", "python")));
        is("openSession", 401, body(put("life").putHeader("X-API-Key", "nobody's"), spec));
        is("openSession", 404, body(put("absent"), new JsonObject().put("attach_only", true)));
        is("getSession", 200, send(to(HttpMethod.GET, "/life")));
        is("getSession", 400, send(to(HttpMethod.GET, "/a.b")));
        is("getSession", 401, send(to(HttpMethod.GET, "/life").putHeader("X-API-Key", "nobody's")));
        is("getSession", 404, send(to(HttpMethod.GET, "/absentee")));
        is("listSessions", 200, send(to(HttpMethod.GET, "?limit=1")));
        is("listSessions", 400, send(to(HttpMethod.GET, "?limit=0")));
        is("getOverview", 200, send(overview("k", "")));
        is("getOverview", 400, send(overview("k", "?all")));
        is("getOverview", 401, send(overview("nobody's", "")));
        is("pauseSession", 202, send(to(HttpMethod.POST, "/life/pause").putHeader("Prefer", "wait=0")));
        is("pauseSession", 200, send(to(HttpMethod.POST, "/life/pause")));
        is("resumeSession", 202, send(to(HttpMethod.POST, "/life/resume").putHeader("Prefer", "wait=0")));
        is("resumeSession", 200, send(to(HttpMethod.POST, "/life/resume")));
        is("followSession", 400, send(to(HttpMethod.GET, "/life/events?since=x")));
        is("followSession", 406, send(to(HttpMethod.GET, "/life/events").putHeader("Accept", "application/json")));
        is("issueTicket", 200, body(atTheRoot(HttpMethod.POST, "/api/v1/tickets"), new JsonObject()));
        is("issueTicket", 400, body(atTheRoot(HttpMethod.POST, "/api/v1/tickets"), new JsonObject().put("a", 1)));
        is("followSessions", 400, send(atTheRoot(HttpMethod.GET, "/api/v1/events?state=asleep")));
        is("followSession", 404, send(to(HttpMethod.GET, "/absentee/events").putHeaders(RawConnection.HANDSHAKE)));
        is("closeSession", 400, send(to(HttpMethod.DELETE, "/life?policy=no")));
        is("closeSession", 202, send(to(HttpMethod.DELETE, "/life").putHeader("Prefer", "wait=0")));
        is("closeSession", 200, send(to(HttpMethod.DELETE, "/life")));
        is("resumeSession", 404, send(to(HttpMethod.POST, "/life/resume")));
        is("pauseSession", 409, send(to(HttpMethod.POST, "/life/pause")));
        upstream.on("POST", "/start").answers(400);
        is("openSession", 502, body(put("life"), spec));
        is("getSession", 200, send(to(HttpMethod.GET, "/life")));
        upstream.on("POST", "/start").answers(429);
        is("openSession", 429, body(put("life"), spec));
        upstream.asUsual();
    }

    @Test
    void theRuntimeApiIsAnsweredAsTheContractSays() {
        JsonObject nothing = new JsonObject();
        upstream.hasImage("a:b");

        is("health", 200, send(gateway.request(HttpMethod.GET, "/health")));
        is("imageExists", 200, send(atTheRoot(HttpMethod.GET, "/image_exists?image=a:b")));
        is("getRegistryPrefix", 200, send(atTheRoot(HttpMethod.GET, "/registry_prefix")));
        is("getRuntimeRecords", 200, send(atTheRoot(HttpMethod.GET, "/sessions/batch")));
        is("getRuntimeRecord", 404, send(atTheRoot(HttpMethod.GET, "/sessions/a.b")));
        is("getPod", 404, send(atTheRoot(HttpMethod.GET, "/runtime/-")));
        is("startRuntime", 400, body(atTheRoot(HttpMethod.POST, "/start"), nothing));
        is("stopRuntime", 200, body(atTheRoot(HttpMethod.POST, "/stop"), nothing));
        is("pauseRuntime", 400, body(atTheRoot(HttpMethod.POST, "/pause"), nothing));
        is("resumeRuntime", 404, body(atTheRoot(HttpMethod.POST, "/resume"), new JsonObject().put("runtime_id", "-")));
        is("listRuntimes", 401, send(gateway.request(HttpMethod.GET, "/list")));
        is("buildImage", 401, body(gateway.request(HttpMethod.POST, "/build"), nothing));
        upstream.on("GET", "/api/warm-runtime-configs").answers(500);
        is("getWarmRuntimeConfigs", 502, send(atTheRoot(HttpMethod.GET, "/api/warm-runtime-configs")));
        upstream.on("GET", "/build_status").answers(500);
        is("getBuildStatus", 200, send(atTheRoot(HttpMethod.GET, "/build_status?build_id=b")));
        upstream.asUsual();
    }

    /** No path of the runtime API is taken for one of a sandbox: those ask for no key. */
    @ParameterizedTest
    @ValueSource(strings = {"//list", "///sessions/s-1", "/sessions/runtime", "/runtime/vscode", "/runtime/runtime"})
    void theListenerKnowsItsOwnPaths(String path) {
        is(path.contains("list") ? "listRuntimes" : "getPod", 401, send(gateway.request(HttpMethod.GET, path)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"image\":\"a\",\"command\":\"b\"}",
                "{\"image\":null,\"command\":null,\"build\":null,\"resource_factor\":null,\"close_policy\":null}",
                "{\"command\":[\"a\",\"b\"],\"working_dir\":\"/\",\"environment\":{\"A\":\"b\"}}",
                "{\"resource_factor\":8,\"runtime_class\":\"sysbox\",\"run_as_user\":0,\"run_as_group\":1,\"fs_group\":2}",
                "{\"image_pull_policy\":\"Never\",\"initial_env\":{\"A_1\":\"b\"},\"close_policy\":\"keep\"}",
                "{\"attach_only\":false,\"build\":{\"target_image\":\"a\",\"tags\":[],\"context\":\"Yg==\"}}",
                "{\"imge\":\"a\"}",
                "{\"image\":1}",
                "{\"command\":[1]}",
                "{\"command\":{}}",
                "{\"environment\":{\"A\":1}}",
                "{\"environment\":{\"A\":null}}",
                "{\"environment\":\"A\"}",
                "{\"resource_factor\":3}",
                "{\"resource_factor\":\"2\"}",
                "{\"runtime_class\":\"runc\"}",
                "{\"run_as_user\":-1}",
                "{\"run_as_user\":2147483648}",
                "{\"run_as_user\":1.5}",
                "{\"fs_group\":true}",
                "{\"image_pull_policy\":\"never\"}",
                "{\"initial_env\":{\"1A\":\"\"}}",
                "{\"close_policy\":\"stopp\"}",
                "{\"attach_only\":\"true\"}",
                "{\"build\":{}}",
                "{\"build\":{\"target_image\":\"a\"}}",
                "{\"build\":{\"target_image\":\"\",\"context\":\"a\"}}",
                "{\"build\":{\"target_image\":\"a\",\"context\":\"a\",\"tags\":[1]}}",
                "{\"build\":{\"target_image\":\"a\",\"context\":\"a\",\"more\":1}}",
                "[]",
                "1"
            })
    void aBodyThatTheContractAllowsIsTakenAndAnotherIsRefused(String body, Vertx vertx) {
        int asWritten = asWritten(vertx, "openSession", HttpMethod.PUT, "/api/v1/sessions/body", body);
        int answered = await(put("body")
                        .putHeader("Prefer", "wait=0")
                        .putHeader("Content-Type", "application/json")
                        .sendBuffer(Buffer.buffer(body)))
                .statusCode();
        assertThat(answered == 400).as(answered + " for " + body).isEqualTo(asWritten == 400);
    }

    @ParameterizedTest
    @CsvSource({
        "listSessions, GET, ?limit=1&state=paused",
        "listSessions, GET, ?limit=0",
        "listSessions, GET, ?limit=1001",
        "listSessions, GET, ?limit=x",
        "listSessions, GET, ?state=asleep",
        "getSession, GET, /a-b_C9",
        "getSession, GET, /a.b",
        "getSession, GET, /a%20b",
        "closeSession, DELETE, /x?policy=keep",
        "closeSession, DELETE, /x?policy=none",
        "pauseSession, POST, /a~/pause",
        "followSession, GET, /x/events",
        "followSession, GET, /a~/events"
    })
    void aTargetThatTheContractAllowsIsTakenAndAnotherIsRefused(
            String operation, String method, String target, Vertx vertx) {
        HttpMethod verb = HttpMethod.valueOf(method);
        int asWritten = asWritten(vertx, operation, verb, "/api/v1/sessions" + target, "");
        assertThat(send(to(verb, target)).statusCode() == 400).isEqualTo(asWritten == 400);
    }

    /** 200 or 400, as the contract has it. */
    private static int asWritten(Vertx vertx, String operation, HttpMethod method, String target, String body) {
        HttpServer judge = await(vertx.createHttpServer()
                .requestHandler(request -> contract.validate(request, operation)
                        .onComplete(
                                fine -> request.response().setStatusCode(200).end(),
                                wrong -> request.response().setStatusCode(400).end()))
                .listen(0, "127.0.0.1"));
        WebClient client = WebClient.create(vertx);
        HttpRequest<Buffer> request = client.request(method, judge.actualPort(), "127.0.0.1", target);
        HttpResponse<Buffer> verdict = await(
                body.isEmpty()
                        ? request.send()
                        : request.putHeader("Content-Type", "application/json").sendBuffer(Buffer.buffer(body)));
        client.close();
        await(judge.close());
        return verdict.statusCode();
    }

    private static void is(String operation, int status, HttpResponse<Buffer> answer) {
        assertThat(answer.statusCode())
                .as(operation + ": " + answer.bodyAsString())
                .isEqualTo(status);
        contract.assertAnswer(operation, answer);
    }

    private static HttpRequest<Buffer> overview(String key, String query) {
        return gateway.request(HttpMethod.GET, "/api/v1/overview" + query).putHeader("X-API-Key", key);
    }

    private static HttpRequest<Buffer> put(String id) {
        return to(HttpMethod.PUT, "/" + id);
    }

    private static HttpRequest<Buffer> to(HttpMethod method, String rest) {
        return gateway.request(method, "/api/v1/sessions" + rest)
                .putHeader("X-API-Key", "k")
                .putHeader("Prefer", "wait=10");
    }

    private static HttpRequest<Buffer> atTheRoot(HttpMethod method, String target) {
        return gateway.request(method, target).putHeader("X-API-Key", "k");
    }

    private static HttpResponse<Buffer> send(HttpRequest<Buffer> request) {
        return await(request.send());
    }

    private static HttpResponse<Buffer> body(HttpRequest<Buffer> request, JsonObject body) {
        return await(request.sendJsonObject(body));
    }
}
