package dev.reveille.http;

import static dev.reveille.testing.FrameLine.frame;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.FrameLine;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the handler and Netty's codec behind it answer together. */
class StrayHeadsTest {
    private static final int PRIORITY_FRAME = 0x2;
    private static final int LARGEST_ID = 0x7fff_ffff;
    private static final byte[] GET = {(byte) 0x82, (byte) 0x86, (byte) 0x84};
    private static final byte[] TRAILERS = {0, 1, 'x', 1, 'y'};
    private static final String HELLO = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

    private final List<String> heard = new ArrayList<>();
    private boolean consuming = true;
    private final List<ByteBuf> sent = new ArrayList<>();
    private final Http2ConnectionHandler codec = new Http2ConnectionHandlerBuilder()
            .server(true)
            .frameListener(new Listener())
            .build();
    private final EmbeddedChannel channel = new EmbeddedChannel(new StrayHeads(), codec);

    private final class Listener extends Http2FrameAdapter {
        @Override
        public void onHeadersRead(
                ChannelHandlerContext context,
                int stream,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean end) {
            heard.add("head " + stream + (end ? " end" : ""));
        }

        @Override
        public int onDataRead(ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean end) {
            heard.add("data " + stream + (end ? " end" : ""));
            return consuming ? data.readableBytes() + padding : 0;
        }
    }

    @AfterEach
    void allThatWasReadIsReleased() {
        channel.finishAndReleaseAll();
        assertThat(sent).allMatch(bytes -> bytes.capacity() == 0 || bytes.refCnt() == 0);
    }

    private StrayHeadsTest send(byte[]... frames) {
        ByteBuf bytes = Unpooled.copiedBuffer(frames);
        sent.add(bytes);
        // Not by writeInbound, which refuses what comes behind the end.
        channel.pipeline().fireChannelRead(bytes).fireChannelReadComplete();
        return this;
    }

    private StrayHeadsTest hello() {
        return send(HELLO.getBytes(ISO_8859_1));
    }

    private static byte[] request(int stream) {
        return frame(FrameLine.HEADERS, FrameLine.END_HEADERS, stream, GET);
    }

    private static byte[] wholeRequest(int stream) {
        return frame(FrameLine.HEADERS, FrameLine.END_HEADERS | FrameLine.END_STREAM, stream, GET);
    }

    private static byte[] trailers(int stream) {
        return frame(FrameLine.HEADERS, FrameLine.END_HEADERS | FrameLine.END_STREAM, stream, TRAILERS);
    }

    private static byte[] data(int stream, boolean end, byte... bytes) {
        return frame(FrameLine.DATA, end ? FrameLine.END_STREAM : 0, stream, bytes);
    }

    private static byte[] joined(byte[]... frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] frame : frames) {
            all.writeBytes(frame);
        }
        return all.toByteArray();
    }

    private ChannelHandlerContext context() {
        return channel.pipeline().context(codec);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what was written is looked at
    private void answer(int stream) {
        codec.encoder()
                .writeHeaders(
                        context(),
                        stream,
                        new DefaultHttp2Headers().status("200"),
                        0,
                        true,
                        context().newPromise());
        channel.flush();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what was written is looked at
    private void reset(int stream) {
        codec.encoder()
                .writeRstStream(
                        context(), stream, Http2Error.CANCEL.code(), context().newPromise());
        channel.flush();
    }

    private int connectionWindow() {
        return codec.connection()
                .local()
                .flowController()
                .windowSize(codec.connection().connectionStream());
    }

    /** The resets and the goodbye that were said since the last call. */
    private List<String> refusals() {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            all.writeBytes(bytes);
            bytes.release();
        }
        List<String> refusals = new ArrayList<>();
        while (all.isReadable()) {
            ByteBuf payload = all.slice(all.readerIndex() + 9, all.getUnsignedMedium(all.readerIndex()));
            int type = all.getByte(all.readerIndex() + 3);
            if (type == FrameLine.RST_STREAM) {
                refusals.add(
                        "reset " + all.getInt(all.readerIndex() + 5) + " " + Http2Error.valueOf(payload.getInt(0)));
            } else if (type == FrameLine.GOAWAY) {
                refusals.add("goodbye " + Http2Error.valueOf(payload.getInt(4)));
            }
            all.skipBytes(9 + payload.readableBytes());
        }
        return refusals;
    }

    @Test
    void aHeadBehindTheEndOfARequestResetsItsStreamAndNoOther() {
        hello().send(request(1), wholeRequest(3), wholeRequest(3), wholeRequest(5), data(1, true));

        assertThat(refusals()).containsExactly("reset 3 STREAM_CLOSED");
        assertThat(heard).containsExactly("head 1", "head 3 end", "head 5 end", "data 1 end");
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void theSecondOneEndsTheConnection() {
        hello().send(wholeRequest(1), wholeRequest(1)).send(wholeRequest(1));

        assertThat(refusals()).containsExactly("reset 1 STREAM_CLOSED", "goodbye STREAM_CLOSED");
        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void trailersBehindTheEndOfABodyAreAHeadBehindTheEndToo() {
        hello().send(request(1), data(1, true), trailers(1));

        assertThat(refusals()).containsExactly("reset 1 STREAM_CLOSED");
    }

    @Test
    void aHeadForAStreamThatIsOverEndsTheConnection() {
        hello().send(wholeRequest(1));
        answer(1);
        send(request(3), wholeRequest(1), request(5)).send(request(7));

        assertThat(refusals()).containsExactly("goodbye STREAM_CLOSED");
        assertThat(heard).containsExactly("head 1 end", "head 3");
        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void aStreamThatWasLeftOutCannotBeUsedAnyMore() {
        hello().send(wholeRequest(1), request(5), request(3), request(7));

        assertThat(refusals()).containsExactly("goodbye PROTOCOL_ERROR");
        assertThat(heard).containsExactly("head 1 end", "head 5");
        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void whatCrossedAResetOfOursIsTolerated() {
        hello().send(request(1));
        reset(1);
        send(data(1, false), trailers(1), wholeRequest(3));

        assertThat(refusals()).contains("reset 1 CANCEL").noneMatch(said -> said.startsWith("goodbye"));
        assertThat(heard).containsExactly("head 1", "head 3 end");
    }

    @Test
    void dataThatCrossedAResetOfOursIsAnsweredWithNothing() {
        hello().send(request(1), request(3));
        reset(1);
        refusals();
        send(data(1, false, (byte) 1), data(3, false, (byte) 2), data(1, false), data(1, false, new byte[300]));
        send(data(1, false, (byte) 3), wholeRequest(5), data(3, true));

        assertThat(refusals()).isEmpty();
        assertThat(heard).containsExactly("head 1", "head 3", "data 3", "head 5 end", "data 3 end");
    }

    @Test
    void whatCrossedAResetOpensTheConnectionsWindowAgain() throws Http2Exception {
        int before = connectionWindow();
        hello().send(request(1));
        reset(1);
        for (int i = 0; i < 20; i++) {
            send(data(1, false, new byte[16 * 1024]));
        }

        assertThat(refusals()).containsExactly("reset 1 CANCEL");
        assertThat(channel.isActive()).isTrue();
        assertThat(connectionWindow()).isGreaterThan(before / 2);
    }

    @Test
    void moreThanTheConnectionsWindowIsRefusedThereToo() {
        hello().send(request(1), request(3));
        reset(1);
        consuming = false;
        send(data(3, false, new byte[16 * 1024]), data(3, false, new byte[16 * 1024]));
        send(data(3, false, new byte[16 * 1024]), data(1, false, new byte[16 * 1024]));

        assertThat(refusals()).containsExactly("reset 1 CANCEL", "goodbye FLOW_CONTROL_ERROR");
    }

    @Test
    void whereCrossingDataIsCutDoesNotMatter() {
        byte[] before = joined(HELLO.getBytes(ISO_8859_1), request(1), request(3));
        byte[] behind = joined(data(1, false, new byte[20]), data(3, false, (byte) 1), data(1, false), wholeRequest(5));
        for (int cut = 0; cut <= behind.length; cut++) {
            StrayHeadsTest one = new StrayHeadsTest();
            one.send(before);
            one.reset(1);
            one.refusals();
            one.send(Arrays.copyOf(behind, cut)).send(Arrays.copyOfRange(behind, cut, behind.length));

            // Of a frame whose head had begun to be passed on, Netty has to see the rest.
            assertThat(one.refusals()).as("cut at " + cut).hasSizeLessThanOrEqualTo(1);
            assertThat(one.heard).as("cut at " + cut).containsExactly("head 1", "head 3", "data 3", "head 5 end");
            one.allThatWasReadIsReleased();
        }
    }

    @Test
    void dataBehindTheClientsOwnResetIsItsFault() {
        byte[] cancel = frame(FrameLine.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
        hello().send(request(1), cancel, data(1, false, (byte) 1));

        assertThat(refusals()).containsExactly("reset 1 STREAM_CLOSED");
    }

    @Test
    void dataOfARequestThatBeganInTheSamePieceIsNotTakenForCrossing() {
        send(joined(HELLO.getBytes(ISO_8859_1), request(1), data(1, false, (byte) 1), data(1, true)));

        assertThat(heard).containsExactly("head 1", "data 1", "data 1 end");
    }

    @Test
    void aHeadBehindTheClientsOwnResetIsRefusedByItself() {
        byte[] cancel = frame(FrameLine.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
        hello().send(request(1), cancel, trailers(1), wholeRequest(3));

        assertThat(refusals()).containsExactly("reset 1 STREAM_CLOSED");
        assertThat(heard).containsExactly("head 1", "head 3 end");
    }

    @Test
    void trailersEndARequest() {
        hello().send(request(1), data(1, false), trailers(1), request(3), trailers(3));

        assertThat(refusals()).isEmpty();
        assertThat(heard).containsExactly("head 1", "data 1", "head 1 end", "head 3", "head 3 end");
    }

    @Test
    void prioritiesOpenNothing() {
        byte[] weight = {0, 0, 0, 0, 9};
        hello().send(
                        frame(PRIORITY_FRAME, 0, 9, weight),
                        frame(PRIORITY_FRAME, 0, 3, weight),
                        wholeRequest(1),
                        frame(PRIORITY_FRAME, 0, 1, weight),
                        wholeRequest(3));

        assertThat(refusals()).isEmpty();
        assertThat(heard).containsExactly("head 1 end", "head 3 end");
    }

    @Test
    void theFlagsOfTheRestOfABlockEndNothing() {
        int endBlock = FrameLine.END_HEADERS | FrameLine.END_STREAM;
        hello().send(
                        frame(FrameLine.HEADERS, 0, 1, Arrays.copyOf(GET, 1)),
                        frame(FrameLine.CONTINUATION, 0, 1, Arrays.copyOfRange(GET, 1, 2)),
                        frame(FrameLine.CONTINUATION, endBlock, 1, Arrays.copyOfRange(GET, 2, 3)),
                        trailers(1),
                        frame(FrameLine.HEADERS, FrameLine.END_STREAM, 3, GET),
                        frame(FrameLine.CONTINUATION, FrameLine.END_HEADERS, 3));

        assertThat(refusals()).isEmpty();
        assertThat(heard).containsExactly("head 1", "head 1 end", "head 3 end");
    }

    @Test
    void theRestOfARefusedBlockIsReadForTheSakeOfThoseBehindIt() {
        // The second head puts a field in the table, and the third one takes it from there.
        byte[] adding = {0x40, 1, 'x', 1, 'y'};
        byte[] taking = {(byte) 0x82, (byte) 0x86, (byte) 0x84, (byte) 0xbe};
        hello().send(
                        wholeRequest(1),
                        frame(FrameLine.HEADERS, FrameLine.END_STREAM, 1, Arrays.copyOf(adding, 2)),
                        frame(FrameLine.CONTINUATION, FrameLine.END_HEADERS, 1, Arrays.copyOfRange(adding, 2, 5)),
                        frame(FrameLine.HEADERS, FrameLine.END_HEADERS, 3, taking));

        assertThat(refusals()).containsExactly("reset 1 STREAM_CLOSED");
        assertThat(heard).containsExactly("head 1 end", "head 3");
    }

    @Test
    void aFrameBetweenThePiecesOfABlockIsRefusedForThat() {
        hello().send(wholeRequest(1));
        answer(1);
        send(frame(FrameLine.HEADERS, 0, 3, GET), wholeRequest(1));

        assertThat(refusals()).containsExactly("goodbye PROTOCOL_ERROR");
    }

    @Test
    void whatABodySaysIsNoHead() {
        hello().send(request(5), data(5, false, request(3)), data(5, true, wholeRequest(5)), request(7));

        assertThat(refusals()).isEmpty();
        assertThat(heard).containsExactly("head 5", "data 5", "data 5 end", "head 7");
    }

    @Test
    void aClientThatDoesNotIntroduceItselfIsRefusedForThat() {
        send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1), wholeRequest(1), wholeRequest(1));

        assertThat(refusals()).containsExactly("goodbye PROTOCOL_ERROR");
        assertThat(heard).isEmpty();
    }

    @Test
    void olderStreamsAreForgotten() {
        hello().send(request(1), wholeRequest(5));
        answer(5);
        for (int n = 0; n < StrayHeads.REMEMBERED; n++) {
            send(wholeRequest(7 + 2 * n));
            answer(7 + 2 * n);
        }
        assertThat(refusals()).isEmpty();
        send(wholeRequest(3), wholeRequest(5), trailers(1));
        assertThat(refusals()).containsExactly("reset 3 STREAM_CLOSED", "reset 5 STREAM_CLOSED");
        assertThat(heard).endsWith("head 1 end");

        send(wholeRequest(7));
        assertThat(refusals()).containsExactly("goodbye STREAM_CLOSED");
    }

    @Test
    void identifiersMayLeapToTheLastOne() {
        hello().send(wholeRequest(1), wholeRequest(LARGEST_ID - 2 * StrayHeads.REMEMBERED), request(LARGEST_ID));
        assertThat(refusals()).isEmpty();
        send(trailers(LARGEST_ID));
        assertThat(heard).endsWith("head " + LARGEST_ID, "head " + LARGEST_ID + " end");

        send(request(LARGEST_ID - 2));
        assertThat(refusals()).containsExactly("goodbye PROTOCOL_ERROR");
    }

    @Test
    void whereItIsCutDoesNotMatter() {
        byte[] all = joined(
                HELLO.getBytes(ISO_8859_1),
                request(1),
                data(1, false, new byte[20]),
                frame(PRIORITY_FRAME, 0, 3, new byte[] {0, 0, 0, 0, 9}),
                trailers(1),
                wholeRequest(5),
                request(3),
                request(7));
        for (int cut = 0; cut <= all.length; cut++) {
            StrayHeadsTest one = new StrayHeadsTest();
            one.send(Arrays.copyOf(all, cut)).send(Arrays.copyOfRange(all, cut, all.length));
            one.assertLeftOut("cut at " + cut);
        }
        for (int length : new int[] {1, 2, 5, 9, 10}) {
            StrayHeadsTest one = new StrayHeadsTest();
            for (int at = 0; at < all.length; at += length) {
                one.send(Arrays.copyOfRange(all, at, Math.min(all.length, at + length)));
            }
            one.assertLeftOut("pieces of " + length);
        }
    }

    private void assertLeftOut(String what) {
        assertThat(refusals()).as(what).containsExactly("goodbye PROTOCOL_ERROR");
        assertThat(heard).as(what).containsExactly("head 1", "data 1", "head 1 end", "head 5 end");
        allThatWasReadIsReleased();
    }

    @Test
    void whereAStrayHeadIsCutDoesNotMatter() {
        byte[] before = joined(HELLO.getBytes(ISO_8859_1), wholeRequest(1));
        byte[] behind = joined(wholeRequest(1), wholeRequest(3));
        for (int cut = 0; cut <= behind.length; cut++) {
            StrayHeadsTest one = new StrayHeadsTest();
            one.send(before, Arrays.copyOf(behind, cut)).send(Arrays.copyOfRange(behind, cut, behind.length));

            assertThat(one.refusals()).as("cut at " + cut).isNotEmpty().containsOnly("reset 1 STREAM_CLOSED");
            assertThat(one.heard).as("cut at " + cut).containsExactly("head 1 end", "head 3 end");
            one.allThatWasReadIsReleased();
        }
    }
}
