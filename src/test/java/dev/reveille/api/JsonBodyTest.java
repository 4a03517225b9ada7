package dev.reveille.api;

import static dev.reveille.api.RawConnection.head;
import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.api.RawConnection.Answer;
import dev.reveille.config.ByteSize;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class JsonBodyTest {
    @Test
    void aBodyThatDoesNotComeIsNotWaitedForWithoutEnd(Vertx vertx) {
        Router router = Router.router(vertx);
        router.route().handler(UnreadBody::watch).failureHandler(Refusal::answer);
        router.route()
                .handler(context -> JsonBody.of(context.request(), new ByteSize(1024), Duration.ofMillis(50))
                        .onComplete(read -> context.response().end(), context::fail));
        HttpServer server =
                await(vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1"));
        try (RawConnection slow = RawConnection.to(server.actualPort())) {
            slow.send(head("PUT /", "Content-Length: 10") + "{");

            Answer answer = slow.answer();

            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.headers()).containsEntry("connection", "close");
            assertThat(answer.json().getString("code")).isEqualTo("too_slow");
            assertThat(answer.json().getString("detail"))
                    .isEqualTo("the body of the request was not there after 50 ms");
            slow.send("         ");
            assertThat(slow.ends()).isTrue();
        }
    }
}
