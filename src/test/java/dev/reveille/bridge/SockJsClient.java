package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;

import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What a browser does, by the letter of SockJS. */
final class SockJsClient extends Client {
    /** Held, as Vert.x closes the connections of one that nobody holds. */
    private final WebSocketClient client;

    private final WebSocket socket;

    private SockJsClient(WebSocketClient client, WebSocket socket) {
        this.client = client;
        this.socket = socket;
        socket.textMessageHandler(frame -> {
            if (frame.startsWith("a")) {
                new JsonArray(frame.substring(1)).forEach(text -> hears(new JsonObject((String) text)));
            } else if (frame.startsWith("c")) {
                hears(new JsonObject().put("type", goodbye()));
            }
        });
        socket.closeHandler(v -> ended());
        socket.exceptionHandler(broken -> {});
    }

    /** @param query with its question mark, or empty; {@code headers}: of the request */
    static SockJsClient to(Vertx vertx, int port, String query, String... headers) {
        WebSocketConnectOptions options = new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI("/eventbus/000/s" + System.nanoTime() + "/websocket" + query);
        for (int i = 0; i < headers.length; i += 2) {
            options.putHeader(headers[i], headers[i + 1]);
        }
        WebSocketClient client = vertx.createWebSocketClient();
        return await(client.connect(options).map(socket -> new SockJsClient(client, socket)));
    }

    WebSocket socket() {
        return socket;
    }

    @Override
    void say(JsonObject message) {
        await(socket.writeTextMessage(new JsonArray().add(message.encode()).encode()));
    }

    @Override
    String news() {
        return "rec";
    }

    @Override
    String goodbye() {
        return "c";
    }

    @Override
    public void close() {
        client.close();
    }
}
