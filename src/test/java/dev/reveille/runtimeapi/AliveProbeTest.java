package dev.reveille.runtimeapi;

import static dev.reveille.runtimeapi.Upstream.result;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.FakeSandbox;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class AliveProbeTest {
    private FakeRuntimeApi fake;
    private FakeSandbox sandbox;
    private SandboxRuntime runtime;
    private AliveProbe probe;

    @BeforeEach
    void start(Vertx vertx) {
        fake = FakeRuntimeApi.start(vertx);
        sandbox = fake.session("s-1").isRunning().withKey("k-1");
        runtime = new SandboxRuntime(new RuntimeId("rt1"), sandbox.url(), Optional.of("k-1"), Map.of());
        probe = new AliveProbe(vertx, ofMillis(300));
    }

    @AfterEach
    void close() throws Exception {
        result(probe.close());
        fake.close();
    }

    @Test
    void aSandboxThatAnswersIsAliveAndWasShownNoKey() throws Exception {
        assertThat(result(probe.alive(runtime))).isTrue();
        assertThat(fake.requests("GET /rt1/runtime/alive").get(0).headers().contains("X-Session-API-Key"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 302, 401, 404, 500, 502, 503})
    void anyOtherStatusIsNotAlive(int status) throws Exception {
        sandbox.answers(status);
        assertThat(result(probe.alive(runtime))).isFalse();
    }

    @Test
    void silenceAndCutsAndClosedPortsAreNotAlive() throws Exception {
        sandbox.hangs();
        assertThat(result(probe.alive(runtime))).isFalse();
        sandbox.resets();
        assertThat(result(probe.alive(runtime))).isFalse();
        sandbox.asUsual();
        assertThat(result(probe.alive(runtime))).isTrue();
        fake.closeSandboxes();
        assertThat(result(probe.alive(runtime))).isFalse();
    }

    @Test
    void theBodyDoesNotMatter() throws Exception {
        sandbox.on("GET", "/alive").answersText("not json");
        assertThat(result(probe.alive(runtime))).isTrue();
        sandbox.on("GET", "/alive").answersBytes(200, "text/plain", Buffer.buffer(new byte[1024 * 1024]));
        assertThat(result(probe.alive(runtime))).isTrue();
    }
}
