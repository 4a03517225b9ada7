package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.testing.FrameLine;
import dev.reveille.testing.Line;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real gRPC client and server, with the gateway between them. */
class GrpcTest {
    private static final String PACKAGE = "echo";
    private static final CompletableFuture<HttpVersion> VERSION = new CompletableFuture<>();
    private static final CompletableFuture<String> TE = new CompletableFuture<>();
    private static final CompletableFuture<Void> CANCELLED = new CompletableFuture<>();
    private static Rig rig;
    private static GrpcClient client;

    @BeforeAll
    static void start() {
        rig = Rig.with();
        client = GrpcClient.client(rig.vertx);
        rig.served("grpc", "http://127.0.0.1:" + server().actualPort());
    }

    @AfterAll
    static void stop() throws IOException {
        await(client.close());
        rig.close();
    }

    @AfterEach
    void nothingWasLogged() {
        // Vert.x says it of servers that do not speak HTTP/2, and sometimes late.
        assertThat(rig.complaints())
                .filteredOn(words -> !words.contains("Connection evicted")
                        && !words.contains("First received frame was not SETTINGS"))
                .isEmpty();
    }

    private static HttpServer server() {
        GrpcServer grpc = GrpcServer.server(rig.vertx)
                .callHandler(served("Say"), GrpcTest::say)
                .callHandler(served("Talk"), GrpcTest::talk)
                .callHandler(
                        served("Refuse"),
                        call -> call.response().status(GrpcStatus.NOT_FOUND).end())
                .callHandler(served("Break"), call -> {
                    call.response().write(Buffer.buffer("half"));
                    call.handler(next -> {
                        if (next.toString().equals("go on")) {
                            call.connection().close();
                        }
                    });
                })
                .callHandler(served("Wait"), call -> call.response().write(Buffer.buffer("waiting")));
        // One that ends connections over many resets, as is usual, would take calls of other tests with them.
        HttpServerOptions patient = new HttpServerOptions().setHttp2RstFloodMaxRstFramePerWindow(Integer.MAX_VALUE);
        return await(rig.vertx
                .createHttpServer(patient)
                .requestHandler(request -> {
                    if (request.path().equals("/alive")) {
                        request.response().end();
                    } else {
                        VERSION.complete(request.version());
                        TE.complete(request.getHeader("te"));
                        if (request.path().endsWith("/Wait")) {
                            request.response().closeHandler(gone -> CANCELLED.complete(null));
                        }
                        grpc.handle(request);
                    }
                })
                .listen(0, "127.0.0.1"));
    }

    private static void say(GrpcServerRequest<Buffer, Buffer> call) {
        call.last().onSuccess(said -> {
            call.response().headers().set("x-early", "1");
            call.response().trailers().set("x-late", "2");
            call.response().end(Buffer.buffer("you said " + said));
        });
    }

    private static void talk(GrpcServerRequest<Buffer, Buffer> call) {
        call.handler(said -> call.response().write(Buffer.buffer("heard " + said)));
        call.endHandler(v -> call.response().end());
    }

    private static ServiceMethod<Buffer, Buffer> served(String method) {
        return ServiceMethod.server(
                ServiceName.create(PACKAGE, "Echo"), method, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    }

    private static Future<GrpcClientRequest<Buffer, Buffer>> call(String runtime, String method) {
        return call(rig, runtime, method);
    }

    /** Where the gateway tells sandboxes apart by path, that stands before the service's own name. */
    private static Future<GrpcClientRequest<Buffer, Buffer>> call(Rig rig, String runtime, String method) {
        return call(client, rig, runtime, method);
    }

    private static Future<GrpcClientRequest<Buffer, Buffer>> call(
            GrpcClient client, Rig rig, String runtime, String method) {
        ServiceName service = ServiceName.create(runtime + "/runtime/" + PACKAGE, "Echo");
        return client.request(
                SocketAddress.inetSocketAddress(rig.port(), "127.0.0.1"),
                ServiceMethod.client(service, method, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY));
    }

    private static GrpcClientRequest<Buffer, Buffer> begun(String method) {
        return await(call("grpc", method));
    }

    @Test
    void aCallAndItsTrailersGoThroughInHttp2() {
        GrpcClientRequest<Buffer, Buffer> call = begun("Say");
        Future<GrpcClientResponse<Buffer, Buffer>> answer = call.response();
        await(call.end(Buffer.buffer("hello")));

        GrpcClientResponse<Buffer, Buffer> response = await(answer);
        assertThat(await(response.last())).hasToString("you said hello");
        await(response.end());
        assertThat(response.status()).isEqualTo(GrpcStatus.OK);
        assertThat(response.headers().get("x-early")).isEqualTo("1");
        assertThat(response.trailers().get("x-late")).isEqualTo("2");
        assertThat(Rig.get(VERSION)).isEqualTo(HttpVersion.HTTP_2);
        assertThat(Rig.get(TE)).isEqualTo("trailers");
    }

    @Test
    void bothSidesMayBeSilentAsLongAsTheyLike() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (Rig hasty = Rig.with("http.body-timeout=500ms", "http.idle-timeout=500ms")) {
            hasty.served("grpc", "http://127.0.0.1:" + server().actualPort());
            GrpcClientRequest<Buffer, Buffer> call = await(call(hasty, "grpc", "Talk"));
            call.response().onSuccess(response -> response.handler(message -> heard.add(message.toString())));
            await(call.write(Buffer.buffer("one")));
            assertThat(heard.poll(15, TimeUnit.SECONDS)).isEqualTo("heard one");
            for (int n = 0; n < 2; n++) {
                try (Line another = hasty.client()) {
                    // It is cut off once such a time has passed.
                    another.send("PUT /api/v1/sessions/s-1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{");
                    assertThat(another.head().status()).isEqualTo(408);
                }
            }
            await(call.write(Buffer.buffer("two")));
            assertThat(heard.poll(15, TimeUnit.SECONDS)).isEqualTo("heard two");
            await(call.end());
        }
    }

    @Test
    void bothSidesTalkAtOnce() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        Promise<GrpcStatus> ended = Promise.promise();
        GrpcClientRequest<Buffer, Buffer> call = begun("Talk");
        call.response().onSuccess(response -> {
            response.handler(message -> heard.add(message.toString()));
            response.endHandler(v -> ended.complete(response.status()));
        });
        for (int n = 0; n < 50; n++) {
            await(call.write(Buffer.buffer("" + n)));
            assertThat(heard.poll(15, TimeUnit.SECONDS)).isEqualTo("heard " + n);
        }
        await(call.end());

        assertThat(await(ended.future())).isEqualTo(GrpcStatus.OK);
    }

    @Test
    void anOutcomeWithoutAnAnswerIsOneHeadThatEnds() throws IOException {
        try (FrameLine raw = FrameLine.to(rig.port())) {
            raw.request(
                            1,
                            "POST",
                            "/grpc/runtime/echo.Echo/Refuse",
                            false,
                            "content-type",
                            "application/grpc",
                            "te",
                            "trailers")
                    .data(1, true, new byte[] {0, 0, 0, 0, 0});

            FrameLine.Frame frame = raw.until(FrameLine.HEADERS, 1);
            Map<String, String> head = raw.fields(frame);
            assertThat(head).containsEntry(":status", "200").containsEntry("grpc-status", "5");
            assertThat(frame.ends()).isTrue();
        }
    }

    @Test
    void aCallThatIsGivenUpIsCancelledAndItsNeighbourGoesOn() {
        GrpcClientRequest<Buffer, Buffer> neighbour = begun("Talk");
        GrpcClientRequest<Buffer, Buffer> call = begun("Wait");
        await(call.write(Buffer.buffer("x")));
        await(call.response());
        call.cancel();

        Rig.get(CANCELLED);
        await(neighbour.end(Buffer.buffer("still here")));
        assertThat(await(await(neighbour.response()).last())).hasToString("heard still here");
    }

    @Test
    void aServerThatBreaksOffIsNoOrderlyEnd() {
        GrpcClientRequest<Buffer, Buffer> call = begun("Break");
        Promise<Void> end = Promise.promise();
        // Before anything is sent: what comes before somebody listens would be lost.
        call.response().onFailure(end::tryFail).onSuccess(response -> {
            response.exceptionHandler(end::tryFail);
            response.endHandler(v -> end.tryComplete());
            response.handler(half -> call.write(Buffer.buffer("go on")));
        });
        await(call.write(Buffer.buffer("x")));

        assertThatThrownBy(() -> await(end.future())).isNotInstanceOf(AssertionError.class);
    }

    /** As when a server ends the call before the client has, or leaves. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerThatIsWholeReachesASlowReaderThoughItsStreamIsReset(boolean byReset) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FrameLine client = FrameLine.to(rig.port())) {
            String app = rig.servedWithApp("early" + byReset, "http://127.0.0.1:" + server.getLocalPort());
            client.request(1, "POST", app + "/echo.Echo/Say", false, "content-type", "application/grpc");

            try (FrameLine sandbox = FrameLine.greeted(server.accept())) {
                int stream = sandbox.until(frame -> frame.type() == FrameLine.HEADERS).stream();
                sandbox.headers(stream, false, ":status", "200");
                for (int i = 0; i < 4; i++) {
                    sandbox.data(stream, false, new byte[16_000]);
                }
                // More than the client takes, in more pieces than are read for one that does not read.
                for (int i = 0; i < 4_000; i++) {
                    sandbox.data(stream, false, new byte[] {'x'});
                }
                sandbox.settled();
                if (byReset) {
                    sandbox.headers(stream, true, "grpc-status", "0").reset(stream, 0);
                } else {
                    sandbox.send(FrameLine.GOAWAY, 0, 0, new byte[] {0x7f, -1, -1, -1, 0, 0, 0, 0});
                    sandbox.headers(stream, true, "grpc-status", "0");
                }
                sandbox.settled();
                assertThat(client.head(1)).containsEntry(":status", "200");
                client.settled();
                client.open(0, 100_000).open(1, 100_000);

                assertThat(client.head(1)).containsEntry("grpc-status", "0");
            }
        }
    }

    /** It has begun nothing of it, so even a POST may be sent once more (RFC 9113, 8.7). */
    @Test
    void aCallThatTheServerRefusesIsSentOnceMore() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FrameLine client = FrameLine.to(rig.port())) {
            String app = rig.servedWithApp("refusing", "http://127.0.0.1:" + server.getLocalPort());
            client.request(1, "POST", app + "/echo.Echo/Say", false, "content-type", "application/grpc")
                    .data(1, true, "hello".getBytes(UTF_8));

            try (FrameLine sandbox = FrameLine.greeted(server.accept())) {
                FrameLine.Frame first = sandbox.until(frame -> frame.type() == FrameLine.DATA);
                sandbox.reset(first.stream(), 7);
                FrameLine.Frame second =
                        sandbox.until(frame -> frame.type() == FrameLine.DATA && frame.stream() != first.stream());
                assertThat(second.payload()).isEqualTo(first.payload());
                sandbox.headers(second.stream(), false, ":status", "200")
                        .headers(second.stream(), true, "grpc-status", "0");

                assertThat(client.head(1)).containsEntry(":status", "200");
            }
        }
    }

    /** As a server does that is restarted, or whose connections may grow only so old; some say it in two steps. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCallThatALeavingServerNeverBeganIsSentOnceMore(boolean inTwoSteps) throws Exception {
        // Whose retry budget nobody else has used.
        try (Rig own = Rig.with();
                ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FrameLine client = FrameLine.to(own.port())) {
            server.setSoTimeout(10_000);
            String app = own.servedWithApp("leaving", "http://127.0.0.1:" + server.getLocalPort());
            client.request(1, "POST", app + "/echo.Echo/Say", false, "content-type", "application/grpc")
                    .data(1, true, "hello".getBytes(UTF_8));

            try (FrameLine old = FrameLine.greeted(server.accept())) {
                FrameLine.Frame first = old.until(frame -> frame.type() == FrameLine.DATA);
                if (inTwoSteps) {
                    old.send(FrameLine.GOAWAY, 0, 0, goAway(Integer.MAX_VALUE));
                }
                old.send(FrameLine.GOAWAY, 0, 0, goAway(0));
                try (FrameLine sandbox = FrameLine.greeted(server.accept())) {
                    FrameLine.Frame second = sandbox.until(frame -> frame.type() == FrameLine.DATA);
                    assertThat(second.payload()).isEqualTo(first.payload());
                    sandbox.headers(second.stream(), false, ":status", "200")
                            .headers(second.stream(), true, "grpc-status", "0");

                    assertThat(client.head(1)).containsEntry(":status", "200");
                }
            }
        }
    }

    @Test
    void aCallThatALeavingServerMayHaveBegunIsNotSentOnceMore() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FrameLine client = FrameLine.to(rig.port())) {
            server.setSoTimeout(10_000);
            String app = rig.servedWithApp("begun", "http://127.0.0.1:" + server.getLocalPort());
            client.request(1, "POST", app + "/echo.Echo/Say", false, "content-type", "application/grpc")
                    .data(1, true, "hello".getBytes(UTF_8));

            try (FrameLine old = FrameLine.greeted(server.accept())) {
                FrameLine.Frame first = old.until(frame -> frame.type() == FrameLine.DATA);
                old.send(FrameLine.GOAWAY, 0, 0, goAway(first.stream()));
            }

            assertThat(client.head(1)).containsEntry(":status", "502");
        }
    }

    private static byte[] goAway(int lastStream) {
        return ByteBuffer.allocate(8).putInt(lastStream).putInt(0).array();
    }

    @Test
    void callsThatAreGivenUpAtOnceLeaveNothingBehind() throws Exception {
        for (int i = 0; i < 40; i++) {
            try (FrameLine raw = FrameLine.to(rig.port()).cork(true)) {
                for (int call = 0; call < 1_900; call++) {
                    int stream = 1 + 2 * call;
                    raw.request(
                                    stream,
                                    "POST",
                                    "/grpc/runtime/echo.Echo/Wait",
                                    false,
                                    "content-type",
                                    "application/grpc")
                            .reset(stream, 8);
                }
                raw.cork(false).settled();
            }
        }
        aCallAndItsTrailersGoThroughInHttp2();
    }

    @Test
    void aBurstOfCallsBeforeAnyConnectionStandsIsServed() {
        String runtime = "burst";
        rig.served(runtime, "http://127.0.0.1:" + server().actualPort());
        List<Future<GrpcClientResponse<Buffer, Buffer>>> answers = new ArrayList<>();
        List<GrpcClient> clients = new ArrayList<>();
        for (int i = 0; i < 1_200; i++) {
            if (i % 50 == 0) {
                clients.add(GrpcClient.client(rig.vertx));
            }
            answers.add(call(clients.get(clients.size() - 1), rig, runtime, "Say")
                    .compose(call -> {
                        Future<GrpcClientResponse<Buffer, Buffer>> answer = call.response();
                        call.end(Buffer.buffer("hello")).onFailure(lost -> {});
                        return answer;
                    }));
        }

        assertThat(answers)
                .allSatisfy(answer -> assertThat(await(answer).status()).isIn(null, GrpcStatus.OK));
        clients.forEach(one -> await(one.close()));
    }

    @Test
    void anInterimAnswerIsNotTheAnswer() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FrameLine client = FrameLine.to(rig.port())) {
            String app = rig.servedWithApp("interim", "http://127.0.0.1:" + server.getLocalPort());
            client.request(1, "POST", app + "/echo.Echo/Say", true, "content-type", "application/grpc");

            try (FrameLine sandbox = FrameLine.greeted(server.accept())) {
                int stream = sandbox.until(frame -> frame.type() == FrameLine.HEADERS).stream();
                sandbox.headers(stream, false, ":status", "102")
                        .headers(stream, false, ":status", "103", "link", "</a>")
                        .headers(stream, false, ":status", "200", "x-for", "call")
                        .headers(stream, true, "grpc-status", "0");

                assertThat(client.head(1)).containsEntry(":status", "103").containsEntry("link", "</a>");
                assertThat(client.head(1)).containsEntry(":status", "200").containsEntry("x-for", "call");
                assertThat(client.head(1)).containsEntry("grpc-status", "0");
            }
        }
    }

    @Test
    void theTableOfFieldsHasABoundWhateverTheSandboxAllows() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FrameLine client = FrameLine.to(rig.port())) {
            String app = rig.servedWithApp("table", "http://127.0.0.1:" + server.getLocalPort());
            client.request(1, "POST", app + "/echo.Echo/Say", true, "content-type", "application/grpc");

            try (FrameLine sandbox = FrameLine.greeted(server.accept(), FrameLine.HEADER_TABLE_SIZE, -1)) {
                FrameLine.Frame asked = sandbox.until(frame -> frame.type() == FrameLine.HEADERS);

                assertThat(asked.tableSize()).isEqualTo(64 * 1024);
            }
        }
    }

    @Test
    void aSandboxWithoutHttp2IsABadGatewayToIt() throws IOException {
        try (FrameLine raw = FrameLine.to(rig.port())) {
            raw.request(
                    1, "POST", rig.hand("/echo.Echo/Say"), true, "content-type", "application/grpc", "te", "trailers");

            assertThat(raw.head(1)).containsEntry(":status", "502");
        }
    }
}
