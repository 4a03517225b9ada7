package dev.reveille.reconnect;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Connections that are ended as a client ends them, or torn. */
final class Lines {
    private static final int MANY = 500;

    private final HttpClient streams;
    private final HttpClient tornStreams;
    private final WebSocketClient sockets;
    private final WebSocketClient tornSockets;

    Lines(Vertx vertx) {
        PoolOptions pool = new PoolOptions().setHttp1MaxSize(MANY);
        // What is closed without lingering is reset.
        streams = vertx.createHttpClient(new HttpClientOptions(), pool);
        tornStreams = vertx.createHttpClient(new HttpClientOptions().setSoLinger(0), pool);
        sockets = vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(MANY));
        tornSockets = vertx.createWebSocketClient(
                new WebSocketClientOptions().setMaxConnections(MANY).setSoLinger(0));
    }

    /** One connection. */
    interface Line {
        void end();
    }

    /** A node that is there has answered with something else than a stream. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private Refused(String answer) {
            super(answer);
        }
    }

    /** Hears what comes on a line. */
    interface Listener {
        /** @param id behind which it can be gone on; empty if behind an earlier one */
        void hears(JsonObject message, Optional<String> id);

        void lost();
    }

    /**
     * @param since empty at first
     * @param torn how it will end
     */
    Future<Line> socket(URI node, String path, String since, boolean torn, Listener listener) {
        WebSocketClient client = torn ? tornSockets : sockets;
        String target = since.isEmpty() ? path : path + "?since=" + since;
        return client.connect(node.getPort(), node.getHost(), target)
                .map(socket -> {
                    socket.textMessageHandler(text -> {
                        JsonObject message = new JsonObject(text);
                        listener.hears(message, Optional.ofNullable(message.getString("id")));
                    });
                    socket.exceptionHandler(broken -> {});
                    socket.closeHandler(closed -> listener.lost());
                    return (Line) () -> end(socket, torn);
                })
                .recover(error -> Future.failedFuture(
                        error instanceof UpgradeRejectedException refusal
                                ? new Refused(refusal.getStatus() + " " + refusal.getBody())
                                : error));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // It may be closed already.
    private static void end(WebSocket socket, boolean torn) {
        if (torn) {
            ((WebSocketInternal) socket).channelHandlerContext().close();
        } else {
            socket.close().onFailure(gone -> {});
        }
    }

    /** The same as server-sent events. */
    Future<Line> stream(URI node, String path, String since, boolean torn, Listener listener) {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(node.getHost())
                .setPort(node.getPort())
                .setURI(path)
                .putHeader("Accept", "text/event-stream");
        if (!since.isEmpty()) {
            options.putHeader("Last-Event-ID", since);
        }
        return (torn ? tornStreams : streams)
                .request(options)
                .compose(request -> request.send().compose(answer -> opened(answer, listener)));
    }

    private static Future<Line> opened(HttpClientResponse answer, Listener listener) {
        if (answer.statusCode() != 200) {
            return answer.body().compose(body -> Future.failedFuture(new Refused(answer.statusCode() + " " + body)));
        }
        RecordParser events = RecordParser.newDelimited("\n\n", event -> heard(event, listener));
        answer.exceptionHandler(broken -> {});
        answer.request().connection().closeHandler(closed -> listener.lost());
        answer.handler(events);
        return Future.succeededFuture(
                () -> answer.request().connection().close().onFailure(gone -> {}));
    }

    private static void heard(Buffer event, Listener listener) {
        Optional<String> id = Optional.empty();
        StringBuilder text = new StringBuilder();
        for (String line : event.toString(StandardCharsets.UTF_8).split("\n", -1)) {
            if (line.startsWith("id: ")) {
                id = Optional.of(line.substring(4));
            } else if (line.startsWith("data: ")) {
                text.append(line.substring(6));
            }
        }
        if (!text.isEmpty()) {
            listener.hears(new JsonObject(text.toString()), id);
        }
    }

    Future<?> close() {
        return Future.join(streams.close(), tornStreams.close(), sockets.close(), tornSockets.close());
    }
}
