package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Origin;
import dev.reveille.session.Service;
import io.vertx.core.MultiMap;
import org.junit.jupiter.api.Test;

/** In path mode a sandbox's pages are of one origin with the console and with other sandboxes. */
class SharedOriginTest {
    private static final String WORKER = "Service-Worker-Allowed";
    private static final String CLEAR = "Clear-Site-Data";
    private static final String OPENER = "Cross-Origin-Opener-Policy";

    private static MultiMap answered(SandboxPath path) {
        MultiMap fromSandbox = MultiMap.caseInsensitiveMultiMap()
                .add(WORKER, "/")
                .add(CLEAR, "\"*\"")
                .add(OPENER, "same-origin")
                .add("X-Other", "stays");
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
    void onItsOwnOriginItDoes() {
        MultiMap answer = answered(SandboxPath.ofOwnOrigin("rt", Service.RUNTIME, "/x"));

        assertThat(answer.names()).containsExactlyInAnyOrder("X-Other", WORKER, CLEAR, OPENER);
    }
}
