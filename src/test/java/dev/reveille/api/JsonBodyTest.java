package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.ByteSize;
import dev.reveille.session.FailureException;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class JsonBodyTest {
    @Test
    void aBodyThatDoesNotComeIsNotWaitedForWithoutEnd(Vertx vertx) {
        Promise<JsonBody> read = Promise.promise();
        HttpServer server = await(vertx.createHttpServer()
                .requestHandler(request -> JsonBody.of(request, new ByteSize(1024), Duration.ofMillis(50))
                        .onComplete(read))
                .listen(0, "127.0.0.1"));
        NetClient client = vertx.createNetClient();
        NetSocket socket = await(client.connect(server.actualPort(), "127.0.0.1"));

        await(socket.write(Buffer.buffer("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")));

        Throwable failure = await(read.future().transform(done -> io.vertx.core.Future.succeededFuture(done.cause())));
        assertThat(failure)
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("invalid_request: body: not there");
    }
}
