package dev.reveille.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.conformance.V0Failure.Kind;
import dev.reveille.conformance.V1Client.State;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two tenants with keys of their own, and not a word of one to the other. */
@ExtendWith(VertxExtension.class)
class TenantsTest {
    private static final String[] TENANTS = {
        "tenants.0.name=acme", "tenants.0.api-key=acme-key", "tenants.1.name=zeta", "tenants.1.api-key=zeta-key"
    };

    @TempDir
    Path folder;

    private Vertx vertx;
    private Stage stage;
    private V0Client owner;
    private Curl stranger;

    @BeforeEach
    void remember(Vertx given) {
        vertx = given;
    }

    @AfterEach
    void stop() {
        stage.close();
    }

    @Test
    void aStrangerDoesNotSeeIt() {
        open(Deployment.SCRIPTED);

        List<Call> looks = List.of(
                stranger.get("/sessions/s-1"),
                stranger.get("/runtime/" + owner.runtimeId()),
                stranger.post("/resume", Curl.runtime(owner.runtimeId())),
                stranger.post("/pause", Curl.runtime(owner.runtimeId())));
        Call list = stranger.get("/list");
        Call batch = stranger.get("/sessions/batch?ids=s-1");

        assertThat(looks).allSatisfy(look -> assertThat(look.status()).isEqualTo(404));
        assertThat(list.json().getJsonArray("runtimes")).isEmpty();
        assertThat(list.json().getInteger("total")).isZero();
        assertThat(new JsonArray(batch.answer())).isEmpty();
        owner.run("echo undisturbed");
    }

    @Test
    void aStrangerNeitherStopsNorPausesIt() {
        open(Deployment.SCRIPTED);

        Call stopped = stranger.post("/stop", Curl.runtime(owner.runtimeId()));
        Call paused = stranger.post("/pause", Curl.runtime(owner.runtimeId()));

        assertThat(stopped.status()).isEqualTo(200);
        assertThat(paused.status()).isEqualTo(404);
        owner.run("echo still here");
        assertThat(new V1Client(stage.base(), "acme-key")
                        .record("s-1")
                        .orElseThrow()
                        .getString("status"))
                .isEqualTo("running");
    }

    @ParameterizedTest
    @EnumSource
    void aStrangerDoesNotWakeIt(Deployment deployment) {
        open(deployment);
        V1Client app = new V1Client(stage.base(), "acme-key");
        app.pause("s-1");

        Call resumed = stranger.post("/resume", Curl.runtime(owner.runtimeId()));
        Call touched = stranger.ask("POST", owner.url() + "/list_files", Map.of("X-API-Key", "zeta-key"), "{}");

        assertThat(resumed.status()).isEqualTo(404);
        assertThat(touched.status()).isGreaterThanOrEqualTo(400);
        assertThat(app.record("s-1").orElseThrow().getString("status")).isEqualTo("paused");
    }

    @Test
    void aStrangerGetsNothingByTheSameName() {
        open(Deployment.SCRIPTED);

        V0Failure attached = catchThrowableOfType(
                V0Failure.class,
                () -> new V0Client(stage.base(), "s-1")
                        .withKey("zeta-key")
                        .attaching()
                        .connect());
        Call started = stranger.post("/start", V0Client.usualStart("s-1"));

        assertThat(attached.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(started.answer()).doesNotContain(owner.runtimeId());
        owner.run("echo still mine");
    }

    @Test
    void withoutAKeyNothingIsTold() {
        open(Deployment.SCRIPTED);
        Curl nobody = new Curl(stage.base(), "no-such-key");

        List<Call> calls = List.of(
                nobody.get("/sessions/s-1"),
                nobody.get("/list"),
                nobody.get("/sessions/batch?ids=s-1"),
                nobody.get("/runtime/" + owner.runtimeId()),
                nobody.post("/start", V0Client.usualStart("s-2")),
                nobody.post("/stop", Curl.runtime(owner.runtimeId())),
                nobody.post("/pause", Curl.runtime(owner.runtimeId())),
                nobody.post("/resume", Curl.runtime(owner.runtimeId())),
                nobody.get("/registry_prefix"),
                nobody.get("/image_exists?image=a:b"),
                nobody.get("/api/warm-runtime-configs"));

        assertThat(calls).allSatisfy(call -> {
            assertThat(call.status()).isEqualTo(401);
            assertThat(call.json().getString("detail")).isNotBlank();
        });
        assertThat(new V1Client(stage.base(), "acme-key").state("s-1")).isEqualTo(State.RUNNING);
    }

    private void open(Deployment deployment) {
        stage = deployment.open(vertx, folder, TENANTS);
        if (stage.isScripted()) {
            stage.upstream().issuesSessionKeys();
        }
        owner = new V0Client(stage.base(), "s-1").withKey("acme-key").connect();
        stranger = new Curl(stage.base(), "zeta-key");
    }
}
