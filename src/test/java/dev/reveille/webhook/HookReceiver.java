package dev.reveille.webhook;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** A server that is told of changes. It takes them, unless it is told to do something else with one. */
final class HookReceiver {
    private final HttpServer server;
    private final LinkedBlockingQueue<Post> posts = new LinkedBlockingQueue<>();
    private volatile BiConsumer<Post, HttpServerRequest> answer = HookReceiver::takes;

    HookReceiver(Vertx vertx) {
        server = await(vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    Post post = new Post(
                            request.getHeader("webhook-id"),
                            request.getHeader("webhook-timestamp"),
                            request.getHeader("webhook-signature"),
                            request.uri(),
                            body.toString());
                    posts.add(post);
                    answer.accept(post, request);
                }))
                .listen(0, "127.0.0.1"));
    }

    /** What came, with the fields of its head that count. */
    record Post(String id, String timestamp, String signature, String uri, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }

        String detail() {
            return json().getString("detail");
        }

        long revision() {
            return json().getLong("revision");
        }

        String session() {
            return json().getString("session_id");
        }
    }

    static void takes(Post post, HttpServerRequest request) {
        request.response().setStatusCode(204).end();
    }

    void answers(BiConsumer<Post, HttpServerRequest> other) {
        answer = other;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.actualPort() + "/hook?who=us");
    }

    Post next() {
        try {
            Post post = posts.poll(15, TimeUnit.SECONDS);
            assertThat(post).as("a post").isNotNull();
            return post;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    List<Post> next(int count) {
        List<Post> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(next());
        }
        return all;
    }

    /** What came and was not looked at. */
    int waiting() {
        return posts.size();
    }
}
