package dev.reveille;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@ExtendWith(VertxExtension.class)
@Timeout(30)
class WatchTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private interface Answer {
        void to(HttpServerRequest request);
    }

    /** Each request gets the next answer. */
    private static Answer stream(String events) {
        return request -> request.response()
                .putHeader("Content-Type", "text/event-stream")
                .end(events);
    }

    private static Answer refuses(int status, String body) {
        return request -> request.response().setStatusCode(status).end(body);
    }

    private static Answer breaksOff(String events) {
        return request -> {
            request.response().setChunked(true).write(events);
            request.connection().close();
        };
    }

    private int watch(Vertx vertx, Map<String, String> environment, List<Answer> answers, String... arguments) {
        AtomicInteger next = new AtomicInteger();
        HttpServer server = await(vertx.createHttpServer()
                .requestHandler(request -> {
                    asked.add(request.uri() + " " + request.getHeader("Last-Event-ID") + " "
                            + request.getHeader("X-API-Key"));
                    answers.get(Math.min(next.getAndIncrement(), answers.size() - 1))
                            .to(request);
                })
                .listen(0, "127.0.0.1"));
        Map<String, String> all = new HashMap<>(environment);
        all.put("REVEILLE_URL", "http://127.0.0.1:" + server.actualPort() + "/");
        return new CommandLine(new Watch(all))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void whenTheStreamEndsItGoesOnBehindTheLastMessage(Vertx vertx) {
        int code = watch(
                vertx,
                Map.of("REVEILLE_API_KEY", "my-key"),
                List.of(
                        stream("""
                                id: 3.abc
                                data: {"type":"state","session_id":"s","state":"paused","cause":"idle","id":"3.abc"}

                                : still here

                                """),
                        refuses(503, "{\"detail\":\"leaving\"}"),
                        breaksOff("""
                                id: 4.abc
                                data: {"type":"change","session_id":"s","previous":"paused","state":"resuming","cause":"traffic"}

                                """),
                        refuses(404, "{\"detail\":\"no session of that name\"}")),
                "s",
                "--state",
                "paused,resuming");

        assertThat(code).isEqualTo(1);
        assertThat(asked)
                .containsExactly(
                        "/api/v1/sessions/s/events null my-key",
                        "/api/v1/sessions/s/events 3.abc my-key",
                        "/api/v1/sessions/s/events 3.abc my-key",
                        "/api/v1/sessions/s/events 4.abc my-key");
        assertThat(out.toString().lines().map(line -> line.substring(14)))
                .containsExactly("s  is paused  by idle", "s  paused → resuming  by traffic");
        assertThat(err.toString()).contains("leaving", "no session of that name");
    }

    @Test
    void ofOneSessionTheOtherStatesAreLeftOut(Vertx vertx) throws Exception {
        FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
        TestGateway gateway = TestGateway.before(upstream, vertx);
        gateway.open("s", new JsonObject());
        gateway.post("s", "pause");
        gateway.post("s", "resume");
        PipedWriter printed = new PipedWriter();
        BufferedReader lines = new BufferedReader(new PipedReader(printed));
        Thread watching = new Thread(() -> new CommandLine(
                        new Watch(Map.of("REVEILLE_URL", "http://127.0.0.1:" + gateway.port())))
                .setOut(new PrintWriter(printed))
                .setErr(new PrintWriter(err))
                .execute("s", "--since", "1", "--state", "running,paused"));

        watching.start();
        List<String> told = List.of(lines.readLine(), lines.readLine(), lines.readLine());
        watching.interrupt();
        gateway.close();
        upstream.close();
        watching.join();

        assertThat(told)
                .map(line -> line.substring(14).replaceFirst("  after.*", ""))
                .containsExactly("s  starting → running", "s  pausing → paused", "s  resuming → running");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --url=foo://gateway        | --url: foo://gateway
            --url=file:///tmp          | --url: file:///tmp
            --url=gateway:8080         | --url: gateway:8080
            --url=http:// x            | --url: http:// x
            --state=running,asleep     | --state: asleep
            """)
    void whatCanNeverWorkIsWrongUsage(String option, String said, Vertx vertx) {
        int code = watch(vertx, Map.of(), List.of(refuses(401, "")), "s", option);

        assertThat(code).isEqualTo(2);
        assertThat(asked).isEmpty();
        assertThat(err.toString()).contains(said, "expected");
    }

    @Test
    void withoutAKeyItSaysWhereToPutOne(Vertx vertx) {
        int code = watch(vertx, Map.of(), List.of(refuses(401, "{\"detail\":\"a key is needed\"}")));

        assertThat(code).isEqualTo(1);
        assertThat(asked).containsExactly("/api/v1/events null null");
        assertThat(err.toString()).contains("a key is needed; give the API key in REVEILLE_API_KEY");
    }

    @Test
    void asJsonTheMessagesComeAsTheyAre(Vertx vertx) {
        String message = "{\"type\":\"live\",\"id\":\"x\"}";

        watch(vertx, Map.of(), List.of(stream("data: " + message + "\n\n"), refuses(403, "no")), "--json");

        assertThat(out.toString().strip()).isEqualTo(message);
        assertThat(err.toString()).contains("the answer is 403");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {"type":"state","session_id":"s","state":"running","cause":"client"}                                     | s  is running  by client
            {"type":"change","session_id":"s","previous":"resuming","state":"running","cause":"traffic","took_ms":1260} | s  resuming → running  after 1.3 s  by traffic
            {"type":"change","session_id":"s","state":"starting","cause":"client","detail":"a\\u001b[2Jb"}               | s  starting  by client: a·[2Jb
            {"type":"change","session_id":"s","previous":"paused","state":"running","cause":"x","coalesced":true,"skipped":4} | s  paused → running  (4 changes before it are not shown)  by x
            {"type":"progress","session_id":"s","state":"starting","elapsed_seconds":1.26,"expected_seconds":12,"pod_status":"pending","restart_count":2,"restart_reasons":["OOMKilled"]} | s  … starting 1.3 s of about 12 s  pending  restarted 2 times: ["OOMKilled"]
            {"type":"reset","reason":"too long ago"}                                                                  | *  all anew  (too long ago)
            {"type":"forgotten","session_id":"s"}                                                                     | s  is forgotten
            """)
    void aMessageIsALine(String message, String line) {
        assertThat(Watch.line(new JsonObject(message)).replaceFirst("^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  ", ""))
                .isEqualTo(line);
    }

    @Test
    void whatTellsPeopleNothingIsNoLine() {
        assertThat(Watch.line(new JsonObject("{\"type\":\"live\"}"))).isEmpty();
    }
}
