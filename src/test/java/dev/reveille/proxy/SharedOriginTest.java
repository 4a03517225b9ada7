package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Origin;
import dev.reveille.session.Service;
import io.vertx.core.MultiMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** In path mode a sandbox's pages are of one origin with the console and with other sandboxes. */
class SharedOriginTest {
    private static final Map<String, String> OF_THE_ORIGIN = Map.of(
            "Service-Worker-Allowed", "/",
            "Clear-Site-Data", "\"*\"",
            "Cross-Origin-Opener-Policy", "same-origin",
            "NEL", "{\"report_to\":\"a\",\"max_age\":31536000}",
            "Report-To", "{\"group\":\"a\",\"max_age\":31536000,\"endpoints\":[{\"url\":\"https://a.test\"}]}",
            "Reporting-Endpoints", "a=\"https://a.test\"",
            "Strict-Transport-Security", "max-age=0",
            "Alt-Svc", "h2=\":8443\"",
            "Origin-Agent-Cluster", "?1");

    private static MultiMap answered(SandboxPath path) {
        MultiMap fromSandbox =
                MultiMap.caseInsensitiveMultiMap().addAll(OF_THE_ORIGIN).add("X-Other", "stays");
        MultiMap toClient = MultiMap.caseInsensitiveMultiMap();
        EndToEnd.response(fromSandbox, toClient, path, new Origin(false, "127.0.0.1", 1, ""));
        return toClient;
    }

    @Test
    void aSandboxDoesNotSpeakForAnOriginThatItShares() {
        MultiMap answer = answered(SandboxPath.of("/rt/runtime/x").orElseThrow());

        assertThat(answer.names()).containsExactly("X-Other");
    }

    @Test
    void onAPortOfItsOwnItDoesNotSpeakForTheHost() {
        MultiMap answer = answered(SandboxPath.ofPort("rt", Service.RUNTIME, "/x"));

        assertThat(answer.names())
                .contains("X-Other", "NEL", "Service-Worker-Allowed")
                .doesNotContain("Strict-Transport-Security", "Clear-Site-Data")
                .hasSize(OF_THE_ORIGIN.size() - 1);
    }

    @Test
    void onItsOwnOriginItDoes() {
        MultiMap answer = answered(SandboxPath.ofHost("rt", Service.RUNTIME, "/x"));

        assertThat(answer.names())
                .contains("X-Other")
                .containsAll(OF_THE_ORIGIN.keySet())
                .hasSize(OF_THE_ORIGIN.size() + 1);
    }
}
