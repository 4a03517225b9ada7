package dev.reveille.api;

import static dev.reveille.api.Front.ZETA;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.RawConnection.Answer;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.RecordedRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that only upstream can answer. */
@ExtendWith(VertxExtension.class)
class UpstreamCallsTest {
    private FakeRuntimeApi upstream;
    private Front front;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx).hasImage("a:b");
        front = Front.before(upstream.uri());
    }

    @AfterEach
    void stop() {
        front.close();
        upstream.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/registry_prefix",
                "/image_exists?image=a",
                "/build_status?build_id=b",
                "/api/warm-runtime-configs"
            })
    void anAnswerPassesUntouched(String target) {
        String path = target.replaceFirst("[?].*", "");
        String odd = " {\"status\":\"X\", \"a\" : 1.0,\"url\":\"http://10.0.0.1/\"}\n";
        upstream.on("GET", path).answersText(odd);

        Answer answer = front.ask("GET /" + target);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(odd);
        RecordedRequest asked = upstream.requests("GET " + path).get(0);
        assertThat(asked.uri()).isEqualTo(target);
        assertThat(asked.header("X-API-Key")).isEqualTo("up-acme");
    }

    @Test
    void eachTenantAsksWithItsOwnKey() {
        front.ask("GET /image_exists?image=a", ZETA);
        assertThat(upstream.requests("GET /image_exists").get(0).header("X-API-Key"))
                .isEqualTo("up-zeta");
    }

    @ParameterizedTest
    @CsvSource({
        "?image=a%2Fb:c&x=1&x=2&image=+, ?image=a%2Fb:c&x=1&x=2&image=+",
        "?, ?",
        "?%zz, ?%zz",
        "?image=é|\"{}, '?image=%C3%A9|\"{}'",
        "'', ''"
    })
    void aQueryIsForwardedAsItCame(String query, String forwarded) {
        upstream.on("GET", "/image_exists").answersText("{}");
        assertThat(front.ask("GET /image_exists" + query).status()).isEqualTo(200);
        assertThat(upstream.requests("GET /image_exists").get(0).uri()).isEqualTo("/image_exists" + forwarded);
    }

    @Test
    void aLookIsRepeated() {
        upstream.on("GET", "/image_exists").answers(503).then(200);
        assertThat(front.ask("GET /image_exists?image=a:b").json().getBoolean("exists"))
                .isTrue();
        assertThat(upstream.calls("GET /image_exists")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/registry_prefix", "/image_exists", "/api/warm-runtime-configs"})
    void withoutUpstreamItIsSaidSo(String path) {
        for (int status : new int[] {500, 502, 302}) {
            upstream.on("GET", path).answers(status);
            Answer answer = front.ask("GET " + path);
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.json().getString("code")).isEqualTo("runtime_api_unavailable");
            assertThat(answer.json().getString("detail")).contains("" + status);
        }
        upstream.on("GET", path).answersText("not json");
        assertThat(front.ask("GET " + path).status()).isEqualTo(502);
        upstream.on("GET", path).answersText("[1]");
        assertThat(front.ask("GET " + path).status()).isEqualTo(502);
        upstream.on("GET", path).resets();
        assertThat(front.ask("GET " + path).status()).isEqualTo(502);
        upstream.closeControl();
        Answer answer = front.ask("GET " + path);
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.body()).doesNotContain("" + upstream.port());
        upstream.openControl();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/registry_prefix", "/image_exists", "/api/warm-runtime-configs", "/build_status"})
    void withoutUpstreamItIsToldWhatWasSaidLast(String path) {
        upstream.on("GET", path).answersText("{\"status\":\"SUCCESS\"}").then(500);
        front.ask("GET " + path + "?a");

        assertThat(front.ask("GET " + path + "?a").json().getString("status")).isEqualTo("SUCCESS");

        boolean build = path.equals("/build_status");
        assertThat(front.ask("GET " + path + "?b").status()).isEqualTo(build ? 200 : 502);
        assertThat(front.ask("GET " + path + "?a", ZETA).body()).doesNotContain("SUCCESS");
        front.advance(ofMinutes(5));
        assertThat(front.ask("GET " + path + "?a").body()).doesNotContain("SUCCESS");
    }

    @Test
    void aBuildGoesOnWhileUpstreamCannotBeAsked() {
        upstream.on("GET", "/build_status").answers(500);
        assertThat(front.ask("GET /build_status?build_id=b").body()).isEqualTo("{\"status\":\"WORKING\"}");
        upstream.on("GET", "/build_status").answersText("<html>");
        assertThat(front.ask("GET /build_status?build_id=b").json().getString("status"))
                .isEqualTo("WORKING");
        upstream.on("GET", "/build_status").hangs();
        assertThat(front.ask("GET /build_status?build_id=b").json().getString("status"))
                .isEqualTo("WORKING");
        upstream.closeControl();
        assertThat(front.ask("GET /build_status?build_id=b").json().getString("status"))
                .isEqualTo("WORKING");
        upstream.openControl();
    }

    @Test
    void anUnknownBuildIsUnknown() {
        Answer refused = front.ask("GET /build_status?build_id=none");
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.json().getString("detail")).isEqualTo("Build not found");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 409, 422, 429})
    void aRefusalPasses(int status) {
        upstream.on("GET", "/image_exists").answers(status);
        Answer refused = front.ask("GET /image_exists?image=a");
        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.json().getString("detail")).isNotBlank();
    }

    @Test
    void aRefusalOfOurOwnKeyIsNoFaultOfTheClients() {
        upstream.on("GET", "/image_exists").answers(401);
        Answer refused = front.ask("GET /image_exists?image=a");
        assertThat(refused.status()).isEqualTo(502);
        assertThat(refused.json().getString("code")).isEqualTo("runtime_api_unavailable");
        assertThat(refused.json().getString("detail")).contains("key that this gateway has");
    }

    @Test
    void aRefusalThatIsAnObjectPassesUntouched() {
        String odd = "{ \"detail\" : [{\"loc\":[\"query\",\"image\"],\"n\":1.0}] }";
        upstream.on("GET", "/image_exists").answersBytes(422, "application/json", Buffer.buffer(odd));
        assertThat(front.ask("GET /image_exists").body()).isEqualTo(odd);
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, '[\"no\"]', '[\"no\"]'",
        "application/json, '\"no\"', '\"no\"'",
        "text/plain, no such image, no such image",
        "text/html, <html>nginx</html>, the runtime API answered 404",
        "text/plain, '', the runtime API answered 404"
    })
    void aRefusalThatIsNoObjectIsMadeOne(String type, String body, String detail) {
        upstream.on("GET", "/image_exists").answersBytes(404, type, Buffer.buffer(body));
        Answer refused = front.ask("GET /image_exists");
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.json().getMap()).containsExactly(Map.entry("detail", detail));
    }

    @Test
    void addressesAndKeysInARefusalAreNotTold() {
        JsonObject told = new JsonObject()
                .put("detail", "no image at http://10.0.0.1:5000/v2 for up-acme")
                .put(
                        "more",
                        new JsonArray()
                                .add(new JsonObject().put("host", "registry.svc"))
                                .add(7));
        upstream.on("GET", "/image_exists").answersJson(404, told);

        Answer refused = front.ask("GET /image_exists");

        assertThat(refused.body())
                .doesNotContain("10.0.0.1")
                .doesNotContain("up-acme")
                .doesNotContain("registry.svc");
        assertThat(refused.json().getString("detail")).startsWith("no image at (address)");
        assertThat(refused.json().getJsonArray("more").getInteger(1)).isEqualTo(7);
    }

    @Test
    void howLongToWaitIsPassedOn() {
        upstream.on("GET", "/image_exists").answers(429).header("Retry-After", "1");
        Answer refused = front.ask("GET /image_exists");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.headers()).containsEntry("retry-after", "1");
    }
}
