package dev.reveille.http;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.TestSettings;
import dev.reveille.testing.FrameLine;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CrumbsTest {
    private static final int MANY = 10_000;

    private final Vertx vertx = Vertx.vertx();
    private final List<String> pieces = Collections.synchronizedList(new ArrayList<>());
    private final CompletableFuture<HttpServerRequest> paused = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    @AfterEach
    void stop() {
        await(vertx.close());
    }

    private FrameLine client(Consumer<HttpServerRequest> served) {
        HttpServer server = new HttpListeners(
                        vertx, TestSettings.of().http(), Duration.ofMinutes(1), 64 * 1024, Optional.empty())
                .create(served::accept);
        return FrameLine.to(await(server.listen(0, "127.0.0.1")).actualPort());
    }

    private void read(ReadStream<Buffer> body) {
        body.handler(piece -> pieces.add(piece.toString(ISO_8859_1)));
        body.exceptionHandler(error -> ended.complete("broken"));
        body.endHandler(v -> ended.complete("whole"));
    }

    private static byte[] octet(int n) {
        return new byte[] {(byte) ('0' + n % 10)};
    }

    private static String octets(int many) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < many; i++) {
            all.append(i % 10);
        }
        return all.toString();
    }

    private String taken() {
        synchronized (pieces) {
            return String.join("", pieces);
        }
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(15, TimeUnit.SECONDS);
    }

    private static void sendMany(FrameLine line, int stream) throws IOException {
        send(MANY, line, stream);
    }

    private static void send(int many, FrameLine line, int stream) throws IOException {
        line.cork(true);
        for (int i = 0; i < many; i++) {
            line.data(stream, false, octet(i));
        }
        line.cork(false);
        line.settled();
    }

    /** Comes back once all that waits was taken. */
    private static void resume(HttpServerRequest request) {
        EventExecutor loop = Transport.handler(request.connection()).executor();
        loop.submit(request::resume).syncUninterruptibly();
        loop.submit(() -> {}).syncUninterruptibly();
    }

    private void pause(HttpServerRequest request) {
        request.pause();
        read(request);
        paused.complete(request);
    }

    @Test
    void whatNobodyTakesWaitsInFewPieces() throws Exception {
        try (FrameLine client = client(this::pause)) {
            client.request(1, "POST", "/", false);
            sendMany(client, 1);
            resume(get(paused));
            client.data(1, true, octet(MANY));

            assertThat(get(ended)).isEqualTo("whole");
            assertThat(taken()).isEqualTo(octets(MANY + 1));
            assertThat(pieces).hasSizeLessThan(Crumbs.MOST_PIECES + 10);
        }
    }

    @Test
    void whatIsTakenOneByOneArrivesWholeAndInOrder() throws Exception {
        try (FrameLine client = client(request -> {
            request.pause();
            read(request);
            request.handler(piece -> {
                pieces.add(piece.toString(ISO_8859_1));
                vertx.runOnContext(v -> request.fetch(1));
            });
            request.fetch(1);
        })) {
            client.request(1, "POST", "/", false);
            send(5000, client, 1);
            client.data(1, false, "large".repeat(1000).getBytes(ISO_8859_1));
            send(5000, client, 1);
            client.data(1, true, new byte[0]);

            assertThat(get(ended)).isEqualTo("whole");
            assertThat(taken()).isEqualTo(octets(5000) + "large".repeat(1000) + octets(5000));
        }
    }

    @Test
    void whoeverTakesThemAtOnceGetsEachAsItComes() throws Exception {
        try (FrameLine client = client(this::read)) {
            client.request(1, "POST", "/", false);
            sendMany(client, 1);
            client.data(1, true, new byte[0]);

            assertThat(get(ended)).isEqualTo("whole");
            assertThat(pieces).hasSizeGreaterThanOrEqualTo(MANY);
        }
    }

    @Test
    void behindAPauseTheyComeOneByOneAgain() throws Exception {
        try (FrameLine client = client(this::pause)) {
            client.request(1, "POST", "/", false);
            sendMany(client, 1);
            resume(get(paused));
            int before = pieces.size();
            sendMany(client, 1);

            assertThat(pieces).hasSizeGreaterThanOrEqualTo(before + MANY);
            client.data(1, true, new byte[0]);
            assertThat(get(ended)).isEqualTo("whole");
            assertThat(taken()).isEqualTo(octets(MANY) + octets(MANY));
        }
    }

    @Test
    void theWindowOpensAsTheyAreTaken() throws Exception {
        try (FrameLine client = client(this::pause)) {
            client.request(1, "POST", "/", false);
            sendMany(client, 1);
            resume(get(paused));

            assertThat(client.until(FrameLine.WINDOW_UPDATE, 1).number()).isBetween(8 * 1024, MANY);
        }
    }

    @Test
    void trailersComeBehindAllOfThem() throws Exception {
        try (FrameLine client = client(this::pause)) {
            client.request(1, "POST", "/", false);
            sendMany(client, 1);
            client.headers(1, true, "x-check", "1");
            client.settled();
            resume(get(paused));

            assertThat(get(ended)).isEqualTo("whole");
            assertThat(taken()).isEqualTo(octets(MANY));
        }
    }

    @Test
    void aStreamThatIsResetTakesThemAlong() throws Exception {
        try (FrameLine client = client(request -> {
            if (request.path().equals("/reset")) {
                request.pause();
                request.exceptionHandler(reset -> ended.complete("broken"));
            } else {
                request.body().onSuccess(body -> request.response().end(body));
            }
        })) {
            client.request(1, "POST", "/reset", false);
            sendMany(client, 1);
            client.reset(1, 8);
            assertThat(get(ended)).isEqualTo("broken");

            client.request(3, "POST", "/", false);
            sendMany(client, 3);
            client.data(3, true, new byte[0]);
            assertThat(client.body(3)).isEqualTo(octets(MANY));
        }
    }

    @Test
    void soItIsWithTheAnswersOfSandboxes() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<HttpClientResponse> answer = new CompletableFuture<>();
            var client = vertx.httpClientBuilder()
                    .with(new HttpClientOptions()
                            .setProtocolVersion(HttpVersion.HTTP_2)
                            .setHttp2ClearTextUpgrade(false))
                    .withConnectHandler(InterimAnswers::leaveOut)
                    .build();
            client.request(new RequestOptions()
                            .setMethod(HttpMethod.GET)
                            .setHost("127.0.0.1")
                            .setPort(listening.getLocalPort())
                            .setURI("/"))
                    .compose(request -> request.send())
                    .onSuccess(response -> {
                        response.pause();
                        read(response);
                        answer.complete(response);
                    });
            try (FrameLine sandbox = FrameLine.greeted(listening.accept())) {
                int stream = sandbox.until(frame -> frame.type() == FrameLine.HEADERS).stream();
                sandbox.headers(stream, false, ":status", "200");
                sendMany(sandbox, stream);
                HttpClientResponse paused = get(answer);
                Transport.handler(paused.request().connection()).executor().execute(paused::resume);
                sandbox.data(stream, true, octet(MANY));

                assertThat(get(ended)).isEqualTo("whole");
                assertThat(taken()).isEqualTo(octets(MANY + 1));
                assertThat(pieces).hasSizeLessThan(Crumbs.MOST_PIECES + 10);
            }
        }
    }
}
