package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Origin;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** That the short way is taken between our own connections; what arrives by it is a matter of {@link LongBodiesTest}. */
class SpliceTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final int LENGTH = 8 << 20;

    @AfterAll
    static void stop() {
        await(VERTX.close());
    }

    @Test
    void mostOfALongBodyGoesPastVertx() {
        HttpServer origin = await(VERTX.createHttpServer()
                .requestHandler(request -> request.response().end(Buffer.buffer(new byte[LENGTH])))
                .listen(0, "127.0.0.1"));
        Promise<Passed> passed = Promise.promise();
        HttpServer between = await(VERTX.createHttpServer()
                .requestHandler(in -> answer(in, origin.actualPort()).onComplete(passed))
                .listen(0, "127.0.0.1"));

        Buffer got = await(VERTX.createHttpClient()
                .request(new RequestOptions().setHost("127.0.0.1").setPort(between.actualPort()))
                .compose(request -> request.send().compose(HttpClientResponse::body)));

        assertThat(got.length()).isEqualTo(LENGTH);
        Passed way = await(passed.future());
        assertThat(way.byVertx + way.past).isEqualTo(LENGTH);
        assertThat(way.past).isGreaterThan(LENGTH / 2);
    }

    private static Future<Passed> answer(HttpServerRequest in, int port) {
        Duration seconds = Duration.ofSeconds(4);
        Connections connections =
                new Connections(VERTX, VERTX.createHttpClient(), VERTX.createHttpClient(), seconds, seconds, 8);
        Promise<Passed> done = Promise.promise();
        connections
                .request(
                        new Origin(false, "127.0.0.1", port, ""),
                        new RequestOptions().setHost("127.0.0.1").setPort(port))
                .compose(out -> out.send())
                .onSuccess(from -> {
                    in.response().putHeader("Content-Length", "" + LENGTH);
                    Passed passed = new Passed(in);
                    from.handler(chunk -> {
                        passed.byVertx += chunk.length();
                        passed.delivered++;
                        in.response().write(chunk);
                        if (passed.splice.isEmpty()) {
                            passed.splice = Splice.begin(from.request().connection(), in.connection(), passed);
                            in.response()
                                    .drainHandler(
                                            v -> passed.splice.orElseThrow().reading(true));
                        }
                    });
                    from.endHandler(v -> in.response().end().map(passed).onComplete(done));
                })
                .onFailure(done::fail);
        return done.future();
    }

    private static final class Passed implements Splice.Body {
        private final HttpServerRequest in;
        private Optional<Splice> splice = Optional.empty();
        private long byVertx;
        private long past;
        private long delivered;

        private Passed(HttpServerRequest in) {
            this.in = in;
        }

        @Override
        public long delivered() {
            return delivered;
        }

        @Override
        public boolean paused() {
            return false;
        }

        @Override
        public boolean full() {
            return in.response().writeQueueFull();
        }

        @Override
        public void stop() {
            splice.orElseThrow().reading(false);
        }

        @Override
        public void moved(int length) {
            past += length;
        }
    }
}
