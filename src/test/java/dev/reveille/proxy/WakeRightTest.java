package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.RecordedRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WakeRightTest {
    private static Rig rig;
    private static String session;

    @BeforeAll
    static void start() {
        rig = Rig.with(
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "tenants.1.name=other",
                "tenants.1.api-key=other-key");
        session = "s-keyed";
        rig.upstream.issuesSessionKeys();
        assertThat(asAcme(HttpMethod.PUT, "").sendJsonObject(new JsonObject()))
                .satisfies(opened -> assertThat(await(opened).statusCode()).isEqualTo(201));
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    private static HttpRequest<Buffer> asAcme(HttpMethod method, String rest) {
        return rig.gateway
                .request(method, "/api/v1/sessions/" + session + rest)
                .putHeader("Prefer", "wait=15")
                .putHeader("X-API-Key", "acme-key");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X-Session-API-Key | KEY             |                      | true",
                "Authorization     | Bearer KEY      |                      | true",
                "Authorization     | bearer  KEY     |                      | true",
                "Cookie            | vscode-tkn=KEY  |                      | true",
                "X-API-Key         | acme-key        |                      | true",
                "Authorization     | Bearer acme-key |                      | true",
                "Authorization     | Bearer other-key |                     | false",
                "X-Other           | 1               | ?session_api_key=KEY | true",
                "X-Other           | 1               | ?a=b&tkn=KEY         | true",
                "X-Session-API-Key | wrong           | ?tkn=KEY             | true",
                "X-API-Key         | other-key       | ?session_api_key=KEY | true",
                "Cookie            | vscode-tkn=wrong; vscode-tkn=KEY |     | true",
                "X-Session-API-Key | wrong           | ?tkn=wrong&tkn=KEY   | true",
                "Authorization     | Bearer wrong    | ?tkn=wrong           | false",
                "Cookie            | vscode-tkn=wrong |                     | false",
                "Cookie            | vscode-tkn=     |                      | false",
                "X-Session-API-Key | ''              |                      | false",
                "X-Other           | 1               |                      | false",
                "X-Session-API-Key | wrong           |                      | false",
                "X-Session-API-Key | KEYX            |                      | false",
                "Authorization     | KEY             |                      | false",
                "Authorization     | Basic KEY       |                      | false",
                "Cookie            | other=KEY       |                      | false",
                "X-API-Key         | other-key       |                      | false",
                "X-API-Key         | KEY             |                      | false",
                "X-Other           | 1               | ?tkn=                | false",
                "X-Other           | 1               | ?tkn=%               | false",
                "X-Other           | 1               | ?tkn=%zz&session_api_key=%u | false",
            })
    void whoeverHoldsTheKeyMayWakeAndNobodyElse(String header, String value, String query, boolean wakes) {
        String key = rig.upstream.session(session).sessionKey().orElseThrow();
        await(asAcme(HttpMethod.POST, "/pause").send());
        int resumes = rig.upstream.calls("POST /resume");

        HttpResponse<Buffer> answer = await(rig.gateway
                .request(HttpMethod.GET, rig.path(session, "/x") + (query == null ? "" : query.replace("KEY", key)))
                .putHeader(header, value.replace("KEY", key))
                .send());

        assertThat(rig.upstream.calls("POST /resume") - resumes).isEqualTo(wakes ? 1 : 0);
        if (!wakes) {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo("runtime_paused");
        }
    }

    /** There every X-API-Key is the tenant's; Authorization is the sandbox's alone. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Authorization     | Bearer KEY      | true",
                "Authorization     | Bearer stale    | false",
                "Authorization     | Bearer          | false",
                "X-Session-API-Key | stale           | false",
                "Cookie            | vscode-tkn=stale | false",
                "X-Other           | 1               | false",
                "X-API-Key         | any             | true",
            })
    void withoutTenantsAWrongKeyOfTheSandboxWakesNothing(String header, String value, boolean wakes)
            throws IOException {
        try (Rig open = Rig.with()) {
            open.upstream.issuesSessionKeys();
            String asleep = open.paused();
            String key = open.upstream.session(asleep).sessionKey().orElseThrow();

            HttpResponse<Buffer> answer = await(open.gateway
                    .request(HttpMethod.GET, open.path(asleep, "/x"))
                    .putHeader(header, value.replace("KEY", key))
                    .send());

            assertThat(open.upstream.calls("POST /resume")).isEqualTo(wakes ? 1 : 0);
            assertThat(answer.statusCode() == 503).isEqualTo(!wakes);
        }
    }

    @Test
    void aTenantsKeyDoesNotReachTheSandboxWhereverItStands() {
        await(asAcme(HttpMethod.POST, "/resume").send());

        await(rig.gateway
                .request(HttpMethod.GET, rig.path(session, "/seen"))
                .putHeader("Authorization", "Bearer acme-key")
                .putHeader("X-API-Key", "acme-key")
                .send());
        await(rig.gateway
                .request(HttpMethod.GET, rig.path(session, "/seen"))
                .putHeader("Authorization", "Bearer of-the-sandbox")
                .send());

        List<RecordedRequest> seen = rig.upstream.requests("GET " + rig.path(session, "/seen"));
        assertThat(seen.get(0).headers().toString()).doesNotContain("acme-key");
        assertThat(seen.get(1).headers().get("Authorization")).isEqualTo("Bearer of-the-sandbox");
    }
}
