package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * An upstream of many names that tells what it got: as the body of its answer, or as the first text of a websocket. What is
 * asked for in {@code X-Answer-Location} and {@code X-Answer-Cookie} it answers in those fields.
 */
final class Site {
    private final HttpServer server;

    private Site(HttpServer server) {
        this.server = server;
    }

    /** Listens when this returns. */
    static Site start(Vertx vertx) {
        HttpServer server =
                vertx.createHttpServer().requestHandler(Site::answer).webSocketHandler(Site::greet);
        return new Site(await(server.listen(0, "127.0.0.1")));
    }

    int port() {
        return server.actualPort();
    }

    private static void answer(HttpServerRequest request) {
        copy(request, "X-Answer-Location", "Location");
        copy(request, "X-Answer-Cookie", "Set-Cookie");
        request.body().onSuccess(body -> request.response().end(told(request, body)));
    }

    private static void copy(HttpServerRequest request, String asked, String field) {
        if (request.headers().contains(asked)) {
            request.response().putHeader(field, request.getHeader(asked));
        }
    }

    private static Buffer told(HttpServerRequest request, Buffer body) {
        return told(request.uri(), request.headers())
                .put("method", request.method().name())
                .put("body", body.toString())
                .toBuffer();
    }

    private static JsonObject told(String uri, Iterable<Map.Entry<String, String>> fields) {
        JsonObject headers = new JsonObject();
        fields.forEach(f -> headers.put(f.getKey().toLowerCase(java.util.Locale.ROOT), f.getValue()));
        return new JsonObject().put("uri", uri).put("headers", headers);
    }

    private static void greet(ServerWebSocket socket) {
        socket.writeTextMessage(told(socket.uri(), socket.headers()).encode()).onFailure(gone -> {});
    }
}
