package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reveille.bus.Catalogue;
import dev.reveille.bus.Wire;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The client that Vert.x gives to browsers, in Node. It is fetched with npm, once, into {@code target}. */
class BrowserClientIT {
    private static final Path CLIENT = Path.of("target", "eventbus-client");
    private static final String[] PACKAGES = {"@vertx/eventbus-bridge-client.js@1.0.0", "sockjs-client@1.6.1"};
    private static final int FETCHING_SECONDS = 120;

    @Test
    void hearsTheRecordsOfItsOwnSessionAndSaysNothing() throws Exception {
        assumeTrue(
                isThere("node") && isThere("npm"), "skipped: no node and npm in the PATH (apt-get install nodejs npm)");
        assumeTrue(isFetched(), "skipped: npm could not fetch the client; see target/npm.log");
        Vertx vertx = Vertx.vertx();
        FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
        try (TestGateway gateway = TestGateway.before(
                upstream,
                vertx,
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "tenants.1.name=zeta",
                "tenants.1.api-key=zeta-key")) {
            asks(gateway, HttpMethod.PUT, "/api/v1/sessions/s-1");
            asks(gateway, HttpMethod.PUT, "/api/v1/sessions/s-2");
            BlockingQueue<JsonObject> published = new LinkedBlockingQueue<>();
            await(Catalogue.changed(new SessionId("s-1"))
                    .follow(vertx.eventBus(), change -> published.add(Wire.change(change)))
                    .completion());
            follows(gateway, vertx, published);
        } finally {
            upstream.close();
            await(vertx.close());
        }
    }

    private static void follows(TestGateway gateway, Vertx vertx, BlockingQueue<JsonObject> published)
            throws IOException, InterruptedException {
        String mine = "reveille.session.changed.s-1";
        String others = "reveille.session.changed.s-2";
        Process node = new ProcessBuilder(
                        "node",
                        "client.cjs",
                        "http://127.0.0.1:" + gateway.port() + "/eventbus",
                        mine,
                        "acme-key",
                        others,
                        "zeta-key")
                .directory(CLIENT.toFile())
                .redirectErrorStream(true)
                .start();
        BlockingQueue<JsonObject> said = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> read(node, said));
        reader.start();
        try {
            SessionProgress probe = new SessionProgress(
                    new SessionId("s-1"),
                    "acme",
                    1_000,
                    "starting",
                    Duration.ZERO,
                    Optional.empty(),
                    Optional.of("pending"),
                    0,
                    List.of(),
                    Optional.empty(),
                    "");
            List<JsonObject> before = new ArrayList<>();
            // Two messages that were refused, one address that is another's, and news.
            for (int i = 0; i < 300 && !hasAll(before); i++) {
                Catalogue.PROGRESS.publish(vertx.eventBus(), probe);
                JsonObject next = said.poll(50, TimeUnit.MILLISECONDS);
                if (next != null) {
                    before.add(next);
                }
            }
            assertThat(hasAll(before)).as(before.toString()).isTrue();
            assertThat(before).noneMatch(one -> one.encode().contains("forged"));

            published.clear();
            asks(gateway, HttpMethod.POST, "/api/v1/sessions/s-1/pause");
            for (String state : List.of("pausing", "paused")) {
                JsonObject record = recordOf(said, state);
                JsonObject known = published.poll(15, TimeUnit.SECONDS);
                assertThat(record).isEqualTo(known);
            }
        } finally {
            node.getOutputStream().close();
            if (!node.waitFor(15, TimeUnit.SECONDS)) {
                node.destroyForcibly();
            }
            reader.join(15_000);
        }
    }

    private static boolean hasAll(List<JsonObject> said) {
        return said.stream()
                                .filter(one -> one.getString("what").equals("error"))
                                .count()
                        >= 2
                && said.stream()
                        .filter(one -> one.getString("what").equals("refused"))
                        .anyMatch(one -> one.getJsonObject("error").getInteger("failureCode") == 404)
                && said.stream().anyMatch(one -> one.getString("what").equals("heard"));
    }

    private static JsonObject recordOf(BlockingQueue<JsonObject> said, String state) throws InterruptedException {
        while (true) {
            JsonObject next = said.poll(15, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("the client has heard of no state " + state);
            }
            JsonObject body = next.getJsonObject("body", new JsonObject());
            if (state.equals(body.getString("state"))) {
                return body;
            }
        }
    }

    private static void read(Process node, BlockingQueue<JsonObject> said) {
        try (BufferedReader lines = node.inputReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                said.add(line.startsWith("{") ? new JsonObject(line) : new JsonObject().put("what", line));
            }
        } catch (IOException ended) {
            said.add(new JsonObject().put("what", ended.toString()));
        }
    }

    private static void asks(TestGateway gateway, HttpMethod method, String path) {
        assertThat(await(gateway.request(method, path)
                                .putHeader("X-API-Key", "acme-key")
                                .putHeader("Prefer", "wait=15")
                                .sendJsonObject(new JsonObject()))
                        .statusCode())
                .isLessThan(300);
    }

    private static boolean isThere(String program) {
        return List.of(System.getenv("PATH").split(":", -1)).stream()
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private static boolean isFetched() throws IOException, InterruptedException {
        Files.createDirectories(CLIENT);
        // Or npm would install to a parent that has one.
        Files.writeString(CLIENT.resolve("package.json"), "{\"private\": true}");
        Files.writeString(
                CLIENT.resolve("client.cjs"),
                new String(
                        BrowserClientIT.class.getResourceAsStream("client.cjs").readAllBytes(), UTF_8));
        if (Files.exists(CLIENT.resolve("node_modules/@vertx/eventbus-bridge-client.js/package.json"))) {
            return true;
        }
        Process npm = new ProcessBuilder(
                        "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGES[0], PACKAGES[1])
                .directory(CLIENT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target/npm.log").toAbsolutePath().toFile())
                .start();
        if (!npm.waitFor(FETCHING_SECONDS, TimeUnit.SECONDS)) {
            npm.destroyForcibly();
            return false;
        }
        return npm.exitValue() == 0;
    }
}
