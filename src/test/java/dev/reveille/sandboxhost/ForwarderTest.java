package dev.reveille.sandboxhost;

import static dev.reveille.sandboxhost.HostClient.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.streams.WriteStream;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ForwarderTest {
    /** Four ends of loopback sockets, with 4 MiB to 6 MiB each where Linux is as it comes, and some more. */
    private static final long BUFFERS_OF_THE_SYSTEM = 32 * 1024 * 1024;

    private final Vertx vertx = Vertx.vertx();
    // Fields, since a client that nobody holds is closed by the garbage collector.
    private final HttpClient client = vertx.createHttpClient();
    private final WebSocketClient webSockets = vertx.createWebSocketClient();

    @AfterEach
    void close() {
        within(vertx.close());
    }

    @Test
    void aWebsocketIsATunnelWithItsOwnCloseCode() {
        int port = front(origin(request -> request.toWebSocket().onSuccess(socket -> {
            socket.binaryMessageHandler(socket::writeBinaryMessage);
            socket.textMessageHandler(text -> socket.close((short) 4004, text));
        })));
        Promise<Buffer> echo = Promise.promise();
        Promise<Short> closed = Promise.promise();

        WebSocket socket = within(webSockets.connect(port, "127.0.0.1", "/ws"));
        socket.binaryMessageHandler(echo::tryComplete);
        socket.closeHandler(v -> closed.complete(socket.closeStatusCode()));
        within(socket.writeBinaryMessage(Buffer.buffer(new byte[50_000])));

        assertThat(within(echo.future()).length()).isEqualTo(50_000);
        within(socket.writeTextMessage("no conversation"));
        assertThat(within(closed.future())).isEqualTo((short) 4004);
    }

    @Test
    void anUpgradeThatIsRefusedIsAnOrdinaryAnswer() {
        int port = front(origin(request -> end(request, 426)));

        assertThatThrownBy(() -> within(webSockets.connect(port, "127.0.0.1", "/ws")))
                .hasMessageContaining("426");
    }

    @Test
    void theQueryAndTheHostPassAsTheyAre() {
        int port = front(origin(request -> request.response()
                .putHeader("Keep-Alive", "timeout=5")
                .end(request.uri() + " " + request.authority().host() + " " + request.getHeader("X-Hop"))));

        String answer = within(client.request(HttpMethod.GET, port, "127.0.0.1", "/p?a=%20b&&a=c?")
                .compose(request -> request.putHeader("Connection", "X-Hop")
                        .putHeader("X-Hop", "1")
                        .send())
                .compose(response -> response.body().map(body -> body + " " + response.getHeader("Keep-Alive"))));

        assertThat(answer).isEqualTo("/p?a=%20b&&a=c? 127.0.0.1 null null");
    }

    @Test
    void headKeepsTheLengthAndHasNoBody() {
        int port = front(origin(
                request -> request.response().putHeader("Content-Length", "42").end()));

        String answer = within(client.request(HttpMethod.HEAD, port, "127.0.0.1", "/")
                .compose(request -> request.send()
                        .compose(
                                response -> response.body().map(body -> response.getHeader("Content-Length") + body))));

        assertThat(answer).isEqualTo("42");
    }

    @Test
    void anAnswerThatBreaksOffBreaksOffForTheClientToo() {
        int port = front(origin(request -> {
            request.response().setChunked(true).write("half");
            vertx.setTimer(50, id -> request.connection().close());
        }));

        Future<Buffer> answer = client.request(HttpMethod.GET, port, "127.0.0.1", "/")
                .compose(request -> request.send().compose(HttpClientResponse::body));

        assertThatThrownBy(() -> within(answer)).isNotInstanceOf(AssertionError.class);
    }

    @Test
    void whenTheClientLeavesTheOriginSeesIt() {
        Promise<Void> left = Promise.promise();
        Promise<Void> arrived = Promise.promise();
        int port = front(origin(request -> {
            request.response().closeHandler(v -> left.tryComplete());
            arrived.complete();
        }));
        HttpClientRequest request = within(client.request(HttpMethod.GET, port, "127.0.0.1", "/"));
        Future<HttpClientResponse> answer = request.send();
        within(arrived.future());

        request.reset();

        within(left.future());
        assertThat(answer.failed()).isTrue();
    }

    @Test
    void continueIsTheOriginsToSay() {
        int port = front(origin(request -> {
            request.response().writeContinue();
            request.body().onSuccess(body -> request.response().end(body));
        }));
        Promise<Void> goOn = Promise.promise();
        HttpClientRequest request = within(client.request(HttpMethod.POST, port, "127.0.0.1", "/"));
        request.putHeader("Expect", "100-continue").putHeader("Content-Length", "2");
        request.continueHandler(v -> goOn.complete());
        // Asked for now: an answer that comes before somebody wants its body is gone.
        Future<Buffer> answer = request.response().compose(HttpClientResponse::body);
        within(request.sendHead());
        within(goOn.future());

        within(request.end("hi"));

        assertThat(within(answer)).hasToString("hi");
    }

    @Test
    void anOriginThatNeverSaysContinueGetsTheBodyAllTheSame() {
        int port = front(origin(
                request -> request.body().onSuccess(body -> request.response().end(body))));
        HttpClientRequest request = within(client.request(HttpMethod.POST, port, "127.0.0.1", "/"));
        request.putHeader("Expect", "100-continue").putHeader("Content-Length", "2");
        Future<Buffer> answer = request.response().compose(HttpClientResponse::body);

        within(request.end("hi"));

        assertThat(within(answer)).hasToString("hi");
    }

    @Test
    void theHeadOfAStreamDoesNotWaitForItsFirstByte() {
        int port = front(origin(request -> request.response().setChunked(true).writeHead()));

        HttpClientResponse answer =
                within(client.request(HttpMethod.GET, port, "127.0.0.1", "/").compose(HttpClientRequest::send));

        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @Test
    void aReaderThatStallsHoldsTheOriginUp() {
        AtomicLong taken = new AtomicLong();
        int port = front(origin(request -> {
            request.response().setChunked(true);
            pour(request.response(), taken);
        }));
        HttpClientResponse stalled = within(client.request(HttpMethod.GET, port, "127.0.0.1", "/")
                .compose(request -> request.send().onSuccess(HttpClientResponse::pause)));

        long held = settled(taken);

        assertThat(held).isLessThan(BUFFERS_OF_THE_SYSTEM);
        stalled.handler(bytes -> {}).resume();
        HostClient.await("it goes on", () -> taken.get() > held + BUFFERS_OF_THE_SYSTEM);
    }

    @Test
    void anOriginThatDoesNotReadHoldsTheClientUp() {
        AtomicLong taken = new AtomicLong();
        Promise<Runnable> arrived = Promise.promise();
        int port = front(origin(request -> {
            request.pause();
            Context own = vertx.getOrCreateContext();
            arrived.complete(
                    () -> own.runOnContext(v -> request.handler(bytes -> {}).resume()));
        }));
        HttpClientRequest upload = within(client.request(HttpMethod.POST, port, "127.0.0.1", "/"));
        upload.setChunked(true).sendHead().onSuccess(v -> pour(upload, taken));
        Runnable readOn = within(arrived.future());

        long held = settled(taken);

        assertThat(held).isLessThan(BUFFERS_OF_THE_SYSTEM);
        readOn.run();
        HostClient.await("it goes on", () -> taken.get() > held + BUFFERS_OF_THE_SYSTEM);
    }

    @Test
    void aClosedPortFailsAsARefusedConnection() {
        assertThatThrownBy(() -> {
                    Promise<Void> failed = Promise.promise();
                    Forwarder forwarder = new Forwarder(vertx, client);
                    int port = within(vertx.createHttpServer()
                                    .requestHandler(request ->
                                            forwarder.forward(request, 1, "/").onComplete(failed))
                                    .listen(0, "127.0.0.1"))
                            .actualPort();
                    client.request(HttpMethod.GET, port, "127.0.0.1", "/").compose(HttpClientRequest::send);
                    within(failed.future());
                })
                .isInstanceOf(java.net.ConnectException.class);
    }

    /** Writes as fast as it is taken, but not for ever; on the sink's own context, lest it drain unheard. */
    private static void pour(WriteStream<Buffer> sink, AtomicLong taken) {
        while (!sink.writeQueueFull() && taken.get() < 8 * BUFFERS_OF_THE_SYSTEM) {
            sink.write(Buffer.buffer(new byte[64 * 1024]));
            taken.addAndGet(64 * 1024);
        }
        sink.drainHandler(v -> pour(sink, taken));
    }

    /** What was taken once no more is taken for a third of a second. */
    private static long settled(AtomicLong taken) {
        long[] seen = {-1, 0};
        HostClient.await("settled", () -> {
            seen[1] = taken.get() == seen[0] ? seen[1] + 1 : 0;
            seen[0] = taken.get();
            return seen[1] > 30 && seen[0] > 0;
        });
        return seen[0];
    }

    private static void end(HttpServerRequest request, int status) {
        request.response().setStatusCode(status).end();
    }

    private int origin(Handler<HttpServerRequest> handler) {
        return within(vertx.createHttpServer().requestHandler(handler).listen(0, "127.0.0.1"))
                .actualPort();
    }

    private int front(int origin) {
        Forwarder forwarder = new Forwarder(vertx, client);
        return within(vertx.createHttpServer()
                        .requestHandler(request -> forwarder
                                .forward(request, origin, request.uri())
                                .onFailure(failure -> request.response().reset()))
                        .listen(0, "127.0.0.1"))
                .actualPort();
    }
}
