package dev.reveille.lifecycle;

import static dev.reveille.lifecycle.TestNode.await;
import static dev.reveille.lifecycle.TestNode.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.GatewayFailure;
import dev.reveille.testing.FakeRuntimeApi;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class ImageBuildTest {
    private FakeRuntimeApi upstream;
    private TestNode node;

    @BeforeEach
    void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        node = TestNode.before(
                upstream,
                vertx,
                "upstream.call-timeout=500ms",
                "lifecycle.build-timeout=300ms",
                "lifecycle.start-timeout=10s");
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void anImageIsBuiltCheckedAndStarted() {
        upstream.buildsTakeLooks(3);

        JsonObject session = node.open("s-1", building());

        assertThat(session.getString("state")).isEqualTo("running");
        assertThat(upstream.calls("GET /build_status")).isEqualTo(4);
        assertThat(upstream.calls("GET /image_exists")).isEqualTo(2);
        assertThat(upstream.requests("POST /build").get(0).body().toString())
                .contains("\r\n\r\nYmFzZTY0\r\n", "name=\"tags\"\r\n\r\nrepo:other");
        assertThat(upstream.requests("POST /start").get(0).json().getString("image"))
                .isEqualTo("repo:tag");
    }

    @Test
    void anImageThatExistsIsNotBuilt() {
        upstream.hasImage("repo:tag");

        node.open("s-1", building());

        assertThat(upstream.calls("POST /build")).isZero();
        assertThat(upstream.requests("POST /start").get(0).json().getString("image"))
                .isEqualTo("repo:tag");
    }

    @Test
    void aSandboxThatIsThereNeedsNoImage() {
        upstream.session("s-1").isRunning();

        node.open("s-1", building());

        assertThat(upstream.calls("GET /image_exists")).isZero();
        assertThat(upstream.calls("POST *")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"})
    void aBuildThatEndsInTheseWordsFailed(String word) {
        upstream.on("GET", "/build_status")
                .answersJson(new JsonObject().put("status", word).put("error", "no space"));

        GatewayFailure failure = failureOf(node.opening("s-1", building()));

        assertThat(failure.code()).isEqualTo("build_failed");
        assertThat(failure.retryable()).isFalse();
        assertThat(failure.detail()).isEqualTo("the image build failed: " + word + ": no space");
        assertThat(upstream.calls("POST /start")).isZero();
    }

    @Test
    void aSuccessWithoutAnImageFailed() {
        upstream.on("GET", "/build_status").answersJson(new JsonObject().put("status", "SUCCESS"));

        assertThat(failureOf(node.opening("s-1", building())).detail()).endsWith("names no image");
    }

    @Test
    void aSuccessWhoseImageIsMissingFailed() {
        upstream.on("GET", "/build_status")
                .answersJson(new JsonObject().put("status", "SUCCESS").put("image", "repo:else"));

        assertThat(failureOf(node.opening("s-1", building())).detail()).endsWith("its image does not exist");
    }

    @Test
    void aBuildThatTakesTooLongFailed() {
        upstream.buildsTakeLooks(1_000_000);

        GatewayFailure failure = failureOf(node.opening("s-1", building()));

        assertThat(failure.code()).isEqualTo("build_timeout");
        assertThat(failure.retryable()).isTrue();
        assertThat(failure.detail()).endsWith("it was not finished in time");
    }

    @Test
    void anUpstreamThatHangsWhileBuildingFailsInTheTimeOfBuilds() {
        upstream.on("GET", "/image_exists").hangs();

        assertThat(failureOf(node.opening("s-1", building())).code()).isEqualTo("build_timeout");
    }

    @Test
    void looksThatFailAreNoNewsOfTheBuild() {
        upstream.buildsTakeLooks(1);
        upstream.on("GET", "/build_status")
                .answers(404)
                .times(3)
                .answersText("{{")
                .resets()
                .usual();

        assertThat(node.open("s-1", building()).getString("state")).isEqualTo("running");
    }

    @Test
    void aBuildThatIsRefusedIsNotRepeated() {
        upstream.on("POST", "/build").answers(500);

        assertThat(failureOf(node.opening("s-1", building())).code()).isEqualTo("build_failed");

        assertThat(upstream.calls("POST /build")).isEqualTo(1);
    }

    @Test
    void afterTheBuildAStartThatFailsIsAFailedStart() {
        upstream.on("POST", "/start").answers(500);

        assertThat(failureOf(node.opening("s-1", building())).code()).isEqualTo("start_failed");
    }

    @Test
    void aLookUpThatFailsBeforeTheBuildIsNoFailedBuild() {
        upstream.on("GET", "/sessions/s-1").answers(500);

        assertThat(failureOf(node.opening("s-1", building())).code()).isEqualTo("start_failed");
    }

    @Test
    void theStartAfterABuildHasItsOwnTime() {
        upstream.hasImage("repo:tag");
        upstream.startTakes(java.time.Duration.ofMillis(500));

        assertThat(node.open("s-1", building()).getString("state")).isEqualTo("running");
    }

    @Test
    void aCloseDuringABuildEndsIt() {
        upstream.buildsTakeLooks(1_000_000);
        Future<JsonObject> opening = node.opening("s-1", building());
        await(upstream.whenCalled("GET /build_status", 2));

        assertThat(await(node.closing("s-1")).getString("state")).isEqualTo("stopped");

        assertThat(failureOf(opening).code()).isEqualTo("unknown_session");
        assertThat(upstream.calls("POST /start")).isZero();
        assertThat(upstream.calls("POST /stop")).isZero();
    }

    private static JsonObject building() {
        return new JsonObject()
                .put(
                        "build",
                        new JsonObject()
                                .put("target_image", "repo:tag")
                                .put("tags", new JsonArray().add("repo:other"))
                                .put("context", "YmFzZTY0"));
    }
}
