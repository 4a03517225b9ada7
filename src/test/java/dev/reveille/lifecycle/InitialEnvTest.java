package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class InitialEnvTest {
    private static final String PEM = "-----BEGIN KEY-----\n%s\n-----END KEY-----";

    @TempDir
    private Path home;

    private Vertx vertx;
    private FakeRuntimeApi upstream;

    @BeforeEach
    void start(Vertx vertx) {
        this.vertx = vertx;
        upstream = FakeRuntimeApi.start(vertx);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aSandboxThatAnswersWithoutEndIsCutOff() {
        AtomicLong taken = new AtomicLong();
        int port = await(vertx.createHttpServer()
                        .requestHandler(request -> flood(request.response().setChunked(true), taken))
                        .listen(0, "127.0.0.1"))
                .actualPort();
        SandboxRuntime flooding = new SandboxRuntime(
                new RuntimeId("rt1"), URI.create("http://127.0.0.1:" + port + "/rt1"), Optional.empty(), Map.of());
        InitialEnv initialEnv = new InitialEnv(vertx, Duration.ofSeconds(10));

        GatewayFailure failure = failureOf(initialEnv.apply(flooding, Map.of("A", "b")));

        assertThat(failure.code()).isEqualTo("environment_failed");
        assertThat(taken.get()).isLessThan(32L << 20);
    }

    private static void flood(HttpServerResponse response, AtomicLong taken) {
        while (!response.writeQueueFull() && !response.closed()) {
            response.write(Buffer.buffer(new byte[64 * 1024]));
            taken.addAndGet(64 * 1024);
        }
        response.drainHandler(v -> flood(response, taken));
    }

    // The command, as a real bash takes it.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "",
                " two  words ",
                "it's",
                "'",
                "''\\''",
                "\"$HOME\" `id` $(id) ${x}",
                "a\\nb\\",
                "two\nlines",
                "\r\n\t\u0001\u007f",
                "\u001bffff",
                "ends\n",
                "!history *?[]{}~#&;|<>",
                "-n",
                "grüße 😀",
                "it's\nboth\\"
            })
    void aValueArrivesAsItIs(String value) throws Exception {
        bash(InitialEnv.command(Map.of("NASTY", value)) + " && printf '%s|' \"$NASTY\" > now", 0);
        bash(". ~/.bashrc && printf '%s|' \"$NASTY\" > later", 0);

        assertThat(home.resolve("now")).hasContent(value + "|");
        assertThat(home.resolve("later")).hasContent(value + "|");
        assertThat(Files.readAllLines(home.resolve(".bashrc"))).hasSize(1);
    }

    @Test
    void settingThemTwiceAddsNothing() throws Exception {
        Map<String, String> env = new LinkedHashMap<>();
        env.put("A", "1");
        env.put("KEY", PEM.formatted("x"));

        bash(InitialEnv.command(env), 0);
        String once = Files.readString(home.resolve(".bashrc"));
        bash(InitialEnv.command(env), 0);

        assertThat(home.resolve(".bashrc")).hasContent(once);
    }

    @Test
    void aChangedValueCountsAndSoDoesOneThatChangesBack() throws Exception {
        for (String value : new String[] {"1", "2", "1"}) {
            bash(InitialEnv.command(Map.of("A", value)), 0);
            bash(". ~/.bashrc && printf '%s' \"$A\" > later", 0);

            assertThat(home.resolve("later")).hasContent(value);
        }
    }

    @Test
    void valuesThatShareALineAreNotTakenForOneAnother() throws Exception {
        bash(InitialEnv.command(Map.of("ONE", PEM.formatted("x"))), 0);
        bash(InitialEnv.command(Map.of("TWO", PEM.formatted("y"))), 0);
        bash(InitialEnv.command(Map.of("ONE", PEM.formatted("z"))), 0);

        bash(". ~/.bashrc && printf '%s' \"$ONE$TWO\" > later", 0);

        assertThat(home.resolve("later")).hasContent(PEM.formatted("z") + PEM.formatted("y"));
    }

    @Test
    void whatElseStandsThereIsLeftAlone() throws Exception {
        Files.writeString(home.resolve(".bashrc"), "export A=old\nexport AB='1'\n");

        bash(InitialEnv.command(Map.of("A", "1")), 0);

        assertThat(home.resolve(".bashrc")).hasContent("export A=old\nexport AB='1'\nexport A='1'\n");
    }

    @Test
    void aNameThatBashRefusesFailsTheCommand() throws Exception {
        bash("readonly A=0; " + InitialEnv.command(Map.of("A", "1")), 1);
    }

    private void bash(String command, int exitCode) throws IOException, InterruptedException {
        ProcessBuilder bash = new ProcessBuilder("bash", "-c", command)
                .directory(home.toFile())
                .redirectErrorStream(true);
        bash.environment().put("HOME", home.toString());
        bash.environment().put("LC_ALL", "C.UTF-8");
        Process process = bash.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(10, SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(exitCode);
    }

    // When it is sent.

    @Test
    void theyAreSetAfterAStartOnceTheSandboxAnswers() {
        TestNode node = TestNode.before(upstream, vertx);
        upstream.issuesSessionKeys();

        node.open("s-1", env("A", "it's"));

        assertThat(upstream.session("s-1").commands()).containsExactly(InitialEnv.command(Map.of("A", "it's")));
        assertThat(upstream.requests("POST /rt1/runtime/execute_action").get(0).header("X-Session-API-Key"))
                .isEqualTo("key-rt1");
        assertThat(upstream.requests("POST /rt1/runtime/execute_action").get(0).json())
                .isEqualTo(new JsonObject()
                        .put(
                                "action",
                                new JsonObject()
                                        .put("action", "run")
                                        .put(
                                                "args",
                                                new JsonObject()
                                                        .put("command", InitialEnv.command(Map.of("A", "it's")))
                                                        .put("hidden", true))
                                        .put("timeout", 30)));
    }

    @Test
    void withoutVariablesNothingIsSent() {
        TestNode node = TestNode.before(upstream, vertx);

        node.open("s-1", new JsonObject().put("initial_env", new JsonObject()));

        assertThat(upstream.calls("POST /rt1/runtime/execute_action")).isZero();
    }

    @Test
    void aCommandThatFailsFailsTheOpening() {
        TestNode node = TestNode.before(upstream, vertx);
        upstream.session("s-1").actionsExitWith(3);

        GatewayFailure failure = failureOf(node.opening("s-1", env("A", "1")));

        assertThat(failure.code()).isEqualTo("environment_failed");
        assertThat(failure.detail()).isEqualTo("initial_env could not be set: exit code 3");
        assertThat(upstream.session("s-1").status()).isEqualTo("stopped");
    }

    @Test
    void aCommandThatFailsFailsTheWake() {
        TestNode node = TestNode.before(upstream, vertx);
        node.open("s-1", env("A", "1"));
        await(node.pausing("s-1"));
        upstream.session("s-1").actionsExitWith(1);

        assertThat(failureOf(node.resuming("s-1")).code()).isEqualTo("environment_failed");

        assertThat(upstream.calls("POST /stop")).isZero();
    }

    @Test
    void whatTheShellSaysIsToldUnlessItRepeatsAValue() {
        TestNode node = TestNode.before(upstream, vertx);
        upstream.session("s-1").on("POST", "/execute_action").answersJson(said("bash: no space left"));
        upstream.session("s-2").on("POST", "/execute_action").answersJson(said("bash: bad token s3cret"));

        assertThat(failureOf(node.opening("s-1", env("A", "s3cret"))).detail())
                .endsWith("exit code 2: bash: no space left");
        assertThat(failureOf(node.opening("s-2", env("A", "s3cret"))).detail()).endsWith("exit code 2");
    }

    @Test
    void olderActionServersTellTheExitCodeElsewhere() {
        TestNode node = TestNode.before(upstream, vertx);
        upstream.session("s-1")
                .on("POST", "/execute_action")
                .answersJson(new JsonObject().put("extras", new JsonObject().put("exit_code", 0)));

        assertThat(node.open("s-1", env("A", "1")).getString("state")).isEqualTo("running");
    }

    @Test
    void aSandboxThatDoesNotSayHowItWentDidNotDoIt() {
        TestNode node = TestNode.before(upstream, vertx, "lifecycle.environment-timeout=150ms");
        upstream.session("s-1")
                .on("POST", "/execute_action")
                .answers(500)
                .answersText("{{")
                .answersText("[]")
                .answersText("")
                .answersJson(new JsonObject())
                .resets()
                .hangs()
                .stalls();

        for (int i = 0; i < 8; i++) {
            assertThat(failureOf(node.opening("s-1", env("A", "1").put("close_policy", "keep")))
                            .code())
                    .isEqualTo("environment_failed");
        }
    }

    private static JsonObject said(String content) {
        return new JsonObject()
                .put("content", content)
                .put("extras", new JsonObject().put("metadata", new JsonObject().put("exit_code", 2)));
    }

    private static JsonObject env(String name, String value) {
        return new JsonObject().put("initial_env", new JsonObject().put(name, value));
    }
}
