package dev.reveille.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpServerResponse;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AnswerWatchTest {
    private static final long STALL = 10;
    private static final int WINDOW = 65_535;

    private final Http2Connection connection = new DefaultHttp2Connection(true);
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final ChannelHandlerContext context = channel.pipeline().firstContext();
    private final AnswerWatch watch = new AnswerWatch(connection, STALL);
    private Http2RemoteFlowController flow;
    private Http2ConnectionEncoder encoder;
    private Http2Stream stream;

    @BeforeEach
    void begin() throws Http2Exception {
        flow = new DefaultHttp2RemoteFlowController(connection);
        connection.remote().flowController(flow);
        encoder = new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter());
        flow.channelHandlerContext(context);
        stream = connection.remote().createStream(1, true);
        watch.serving(stream, response());
    }

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
    }

    @Test
    void whatTheClientLeavesUnreadIsStalledOnceTheTimeIsOver() {
        write(WINDOW + 1);
        flush();

        assertThat(stalled(0, false)).isEmpty();
        assertThat(stalled(STALL - 1, false)).isEmpty();
        assertThat(stalled(STALL, false)).containsExactly(stream);
    }

    @Test
    void whoTakesAPieceHasAllTheTimeAnew() throws Http2Exception {
        write(2 * WINDOW);
        flush();
        assertThat(stalled(0, false)).isEmpty();

        flow.incrementWindowSize(stream, 100);
        watch.opened(stream, 100);
        flow.incrementWindowSize(connection.connectionStream(), 100);
        flush();

        assertThat(stalled(STALL, false)).isEmpty();
        assertThat(stalled(2 * STALL, false)).containsExactly(stream);
    }

    @Test
    void whatWaitsForASlowConnectionIsNotStalled() {
        write(100);

        assertThat(stalled(0, true)).isEmpty();
        assertThat(stalled(5 * STALL, true)).isEmpty();
        // From then on it is not the connection.
        assertThat(stalled(6 * STALL, false)).containsExactly(stream);
    }

    @Test
    void aWindowThatIsUsedUpIsTheClientsAndNotTheConnections() {
        write(WINDOW + 1);
        flush();

        assertThat(stalled(0, true)).isEmpty();
        assertThat(stalled(STALL, true)).containsExactly(stream);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what is left of it is dropped with the channel
    private void write(int bytes) {
        encoder.writeData(context, 1, Unpooled.buffer(bytes).writeZero(bytes), 0, false, context.newPromise());
    }

    private void flush() {
        try {
            flow.writePendingBytes();
        } catch (Http2Exception e) {
            throw new AssertionError(e);
        }
        channel.flush();
    }

    private List<Http2Stream> stalled(long now, boolean full) {
        return watch.stalled(List.of(stream), now, full);
    }

    /** One that has begun, and goes on. */
    private static HttpServerResponse response() {
        return (HttpServerResponse) Proxy.newProxyInstance(
                AnswerWatchTest.class.getClassLoader(),
                new Class<?>[] {HttpServerResponse.class},
                (proxy, method, arguments) -> method.getName().equals("headWritten"));
    }
}
