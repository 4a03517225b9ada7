package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.SelfSigned;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is told of sessions comes through TLS as well. */
class TlsStreamsTest {
    @TempDir
    Path directory;

    private final BlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "streams");
        rig = Rig.with("http.tls.certificate=" + pair.certificate(), "http.tls.key=" + pair.key());
    }

    @AfterEach
    void stop() throws IOException {
        rig.close();
    }

    private JsonObject next(String type, String state) throws InterruptedException {
        for (JsonObject next = heard.poll(15, TimeUnit.SECONDS);
                next != null;
                next = heard.poll(15, TimeUnit.SECONDS)) {
            if (next.getString("type").equals(type)
                    && (state.isEmpty() || next.getString("state").equals(state))) {
                return next;
            }
        }
        throw new AssertionError("nothing of type " + type + " and state " + state + " was heard");
    }

    private void isTold(String session) throws InterruptedException {
        next("live", "");
        rig.gateway.post(session, "pause");
        assertThat(next("change", "paused").getString("session_id")).isEqualTo(session);
    }

    private static WebSocketClient sockets(Vertx vertx) {
        return vertx.createWebSocketClient(
                new WebSocketClientOptions().setSsl(true).setTrustAll(true).setVerifyHost(false));
    }

    private WebSocketConnectOptions at(String path) {
        return new WebSocketConnectOptions()
                .setHost("localhost")
                .setPort(rig.port())
                .setSsl(true)
                .setURI(path);
    }

    @Test
    void byWebsocket() throws InterruptedException {
        String session = rig.running();
        WebSocketClient client = sockets(rig.vertx);
        WebSocket socket = await(client.connect(at("/api/v1/events"))
                .onSuccess(open -> open.textMessageHandler(text -> heard.add(new JsonObject(text)))));

        isTold(session);

        await(socket.close());
        await(client.close());
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpVersion.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void byEventStream(HttpVersion version) throws InterruptedException {
        String session = rig.running();
        HttpClientAgent client = rig.vertx.createHttpClient(new HttpClientOptions()
                .setSsl(true)
                .setTrustAll(true)
                .setVerifyHost(false)
                .setUseAlpn(true)
                .setAlpnVersions(List.of(version))
                .setProtocolVersion(version));
        RequestOptions request = new RequestOptions()
                .setHost("localhost")
                .setPort(rig.port())
                .setMethod(HttpMethod.GET)
                .setURI("/api/v1/events")
                .putHeader("Accept", "text/event-stream");
        RecordParser lines = RecordParser.newDelimited("\n", this::line);

        HttpVersion spoken = await(client.request(request)
                .compose(sent -> sent.send().map(answer -> {
                    answer.exceptionHandler(closed -> {}).handler(lines);
                    return answer.version();
                })));

        assertThat(spoken).isEqualTo(version);
        isTold(session);
        await(client.close());
    }

    private void line(Buffer line) {
        String text = line.toString();
        if (text.startsWith("data: ")) {
            heard.add(new JsonObject(text.substring("data: ".length())));
        }
    }

    @Test
    void byTheBridgeForBrowsers() throws InterruptedException {
        String session = rig.running();
        WebSocketClient client = sockets(rig.vertx);
        WebSocket socket = await(client.connect(at("/eventbus/000/tls/websocket"))
                .onSuccess(open -> open.textMessageHandler(this::frame)));
        say(socket, "register", "reveille.session.changed." + session);
        // Answered behind it.
        say(socket, "register", "reveille.session.changed." + session);
        next("err", "");

        rig.gateway.post(session, "pause");

        assertThat(next("change", "paused").getString("session_id")).isEqualTo(session);
        await(socket.close());
        await(client.close());
    }

    private static void say(WebSocket socket, String type, String address) {
        String message =
                new JsonObject().put("type", type).put("address", address).encode();
        await(socket.writeTextMessage(new JsonArray().add(message).encode()));
    }

    private void frame(String frame) {
        if (frame.startsWith("a")) {
            for (Object text : new JsonArray(frame.substring(1))) {
                JsonObject message = new JsonObject((String) text);
                heard.add(message.getString("type").equals("rec") ? message.getJsonObject("body") : message);
            }
        }
    }
}
