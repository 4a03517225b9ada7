package dev.reveille.console;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console's files, as the public listener of a gateway with tenants serves them. */
@ExtendWith(VertxExtension.class)
class ConsoleTest {
    private static final Path FILES = Path.of("src/main/resources/dev/reveille/console");

    private static FakeRuntimeApi upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start(Vertx vertx) {
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(upstream, vertx, "tenants.0.name=acme", "tenants.0.api-key=k");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
    }

    private static HttpRequest<Buffer> asking(HttpMethod method, String path) {
        return gateway.request(method, path);
    }

    private static HttpResponse<Buffer> get(String path) {
        return await(asking(HttpMethod.GET, path).send());
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(FILES)) {
            return all.filter(file -> !file.endsWith("index.html")).toList();
        }
    }

    @Test
    void itIsFoundWithoutTheSlashToo() {
        HttpResponse<Buffer> moved = get("/console");

        assertThat(moved.statusCode()).isEqualTo(308);
        assertThat(moved.getHeader("Location")).isEqualTo("console/");
        assertThat(get("/console/").bodyAsString()).contains("<title>Reveille</title>");
    }

    @Test
    void everybodyGetsItAndNobodyLearnsAnything() {
        HttpResponse<Buffer> page = get("/console/");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.getHeader("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(page.getHeader("Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                        + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.getHeader("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(page.getHeader("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(page.getHeader("Cross-Origin-Opener-Policy")).isEqualTo("same-origin");
        assertThat(page.headers().contains("Set-Cookie")).isFalse();
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileIsServedAsItIs(Path file) throws IOException {
        HttpResponse<Buffer> answer = get("/console/" + file.getFileName());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.bodyAsString()).isEqualTo(Files.readString(file));
        assertThat(answer.getHeader("Content-Type"))
                .isEqualTo(
                        switch (file.toString().replaceAll(".*\\.", "")) {
                            case "js" -> "text/javascript; charset=utf-8";
                            case "css" -> "text/css; charset=utf-8";
                            default -> "image/svg+xml";
                        });
        assertThat(answer.getHeader("X-Content-Type-Options")).isEqualTo("nosniff");
    }

    /** The policy would stop them, and then nothing would be left of the page. */
    @Test
    void thePageHasNoScriptsOrStylesInIt() throws IOException {
        String page = Files.readString(FILES.resolve("index.html"));

        assertThat(page).doesNotContainPattern("<script(?![^>]* src=)|<style| style=| on[a-z]+=|https?://");
        try (Stream<Path> all = Files.list(FILES)) {
            for (Path script : all.filter(f -> f.toString().endsWith(".js")).toList()) {
                assertThat(Files.readString(script))
                        .as(script.toString())
                        .doesNotContainPattern(
                                "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function"
                                        + "|localStorage\\.setItem\\((?!KEPT, on )");
            }
        }
    }

    @Test
    void whoHasItIsNotSentItAgain() {
        HttpResponse<Buffer> first = get("/console/main.js");
        String tag = first.getHeader("ETag");

        assertThat(tag).matches("\"[0-9a-f]{32}\"");
        assertThat(first.getHeader("Cache-Control")).isEqualTo("no-cache");
        for (String shown : List.of(tag, "W/" + tag, "\"another\", " + tag, "*")) {
            HttpResponse<Buffer> again = await(asking(HttpMethod.GET, "/console/main.js")
                    .putHeader("If-None-Match", shown)
                    .send());
            assertThat(again.statusCode()).as(shown).isEqualTo(304);
            assertThat(again.body()).isNull();
            assertThat(again.getHeader("ETag")).isEqualTo(tag);
            assertThat(again.getHeader("Content-Security-Policy")).isNotNull();
        }
        assertThat(await(asking(HttpMethod.GET, "/console/main.js")
                                .putHeader("If-None-Match", "\"another\"")
                                .send())
                        .statusCode())
                .isEqualTo(200);
        assertThat(get("/console/api.js").getHeader("ETag")).isNotEqualTo(tag);
    }

    @Test
    void headTellsWhatGetWouldSend() {
        HttpResponse<Buffer> head =
                await(asking(HttpMethod.HEAD, "/console/console.css").send());

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isNull();
        HttpResponse<Buffer> get = get("/console/console.css");
        assertThat(head.getHeader("Content-Length"))
                .isEqualTo(Integer.toString(get.body().length()));
        assertThat(head.getHeader("ETag")).isEqualTo(get.getHeader("ETag"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
    void itIsOnlyRead(String method) {
        HttpResponse<Buffer> answer =
                await(asking(HttpMethod.valueOf(method), "/console/main.js").sendBuffer(Buffer.buffer("a body")));

        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.getHeader("Allow")).isEqualTo("GET, HEAD");
        assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo("no_such_resource");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/console/index.html",
                "/console/nothing.js",
                "/console/main.js/",
                "/console//main.js",
                "/console/main.js%00.css",
                "/console/..%2fopenapi.yaml",
                "/console/..%2f..%2fopenapi.yaml",
                "/console/%2e%2e/openapi.yaml",
                "/console/%2e%2e%2fproxy%2fpage.html",
                "/console/..%5c..%5copenapi.yaml",
                "/console/../openapi.yaml",
                "/console/./main.js",
                "/console/Console.class",
                "/console/Main.js",
                "/%63onsole/main.js",
                "/consolemain.js",
                "/console/main.js;a=b"
            })
    void whatIsNoneOfItsFilesIsNotThere(String path) {
        HttpResponse<Buffer> answer = get(path);

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.bodyAsJsonObject().getString("code")).isEqualTo("no_such_resource");
    }
}
