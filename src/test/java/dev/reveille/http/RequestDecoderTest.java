package dev.reveille.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a body comes through. What is no request at all is a matter of {@code RawRequestsTest}. */
class RequestDecoderTest {
    private static final int LONGEST_PIECE = 64 * 1024;
    private static final String HEAD = "POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String END = "0\r\n\r\n";

    /** As many as may go on one by one. */
    private static final String SOME = chunk("-").repeat(RequestDecoder.MOST_SMALL_CHUNKS);

    private final AtomicBoolean answered = new AtomicBoolean(true);
    private final RequestDecoder decoder = new RequestDecoder(
            1024, 1024, LONGEST_PIECE, new byte[RequestDecoder.room(1024, 1024)], answered::get, () -> {});
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
    }

    private static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    /** What comes out when that comes in at once. */
    private List<Object> said(String text) {
        channel.writeInbound(Unpooled.wrappedBuffer(text.getBytes(ISO_8859_1)));
        List<Object> heard = new ArrayList<>();
        for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
            heard.add(next);
        }
        return heard;
    }

    private static List<String> heads(List<Object> heard) {
        return heard.stream()
                .filter(HttpRequest.class::isInstance)
                .map(message -> ((HttpRequest) message).uri())
                .toList();
    }

    private static List<String> pieces(List<Object> heard) {
        return heard.stream()
                .filter(message -> message instanceof HttpContent && !(message instanceof LastHttpContent))
                .map(message -> {
                    ByteBuf content = ((HttpContent) message).content();
                    String text = content.toString(ISO_8859_1);
                    content.release();
                    return text;
                })
                .toList();
    }

    @Test
    void manySmallChunksThatCameTogetherGoOnTogether() {
        List<Object> heard = said(HEAD + chunk("a").repeat(10_000) + END);

        List<String> pieces = pieces(heard);
        assertThat(pieces).hasSize(RequestDecoder.MOST_SMALL_CHUNKS + 1);
        assertThat(String.join("", pieces)).isEqualTo("a".repeat(10_000));
        assertThat(heard.get(heard.size() - 1)).isInstanceOf(LastHttpContent.class);
    }

    @Test
    void aRequestWaitsUntilTheOneBeforeItIsAnswered() {
        String get = "GET /%d HTTP/1.1\r\nHost: gw\r\n\r\n";
        answered.set(false);
        assertThat(heads(said(get.formatted(1) + get.formatted(2)))).containsExactly("/1");
        assertThat(heads(said(get.formatted(3)))).isEmpty();
        assertThat(decoder.inHead()).isFalse();
        assertThat(decoder.isKeeping()).isTrue();

        answered.set(true);
        assertThat(decoder.goOn()).isTrue();
        answered.set(false);
        assertThat(heads(said(""))).containsExactly("/2");

        answered.set(true);
        assertThat(heads(said(get.formatted(4)))).containsExactly("/3", "/4");
        assertThat(decoder.isKeeping()).isFalse();
    }

    @Test
    void tooMuchThatComesAheadIsSaidToBe() {
        answered.set(false);
        said(HEAD + END);
        said(HEAD + "5000\r\n");
        assertThat(decoder.isFull()).isFalse();
        said("x".repeat(16 * 1024));
        assertThat(decoder.isFull()).isTrue();

        answered.set(true);
        assertThat(heads(said("x"))).hasSize(1);
        assertThat(decoder.isFull()).isFalse();
        assertThat(decoder.inBody()).isTrue();
    }

    @Test
    void noneWaitsForOneThatHasNotCome() {
        assertThat(said(HEAD)).hasSize(1).first().isInstanceOf(HttpRequest.class);
        assertThat(pieces(said(chunk("a")))).containsExactly("a");
        assertThat(pieces(said(SOME + chunk("d") + "5\r\nhe"))).hasSize(17).endsWith("dhe");
        assertThat(pieces(said("llo\r\n3"))).containsExactly("llo");
        assertThat(pieces(said("\r\nend\r\n0"))).containsExactly("end");
        assertThat(said("\r\n\r\n")).hasSize(1).first().isInstanceOf(LastHttpContent.class);
    }

    @Test
    void moreThanAPieceIsSeveral() {
        List<String> pieces = pieces(said(HEAD + SOME + chunk("a".repeat(1000)).repeat(64) + chunk("b") + END));

        assertThat(pieces.subList(16, pieces.size())).containsExactly("a".repeat(64_000) + "b");
        assertThat(pieces(said(HEAD + SOME + chunk("a".repeat(1000)).repeat(66) + END)))
                .allMatch(piece -> piece.length() <= LONGEST_PIECE);
    }

    @Test
    void largeChunksGoOnAsTheyAre() {
        String large = "a".repeat(2000);

        List<String> pieces = pieces(said(HEAD + SOME + chunk("b") + chunk("c") + chunk(large) + chunk("d") + END));

        assertThat(pieces.subList(16, pieces.size())).containsExactly("bc", large, "d");
    }

    @Test
    void whatCameBeforeChunksThatMakeNoSenseGoesOn() {
        List<Object> heard = said(HEAD + SOME + chunk("a") + chunk("b") + "x\r\n");

        assertThat(pieces(heard)).endsWith("ab");
        assertThat(((HttpContent) heard.get(heard.size() - 1)).decoderResult().isFailure())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aBodyArrivesAsItIsHoweverItIsCut(long seed) {
        Random random = new Random(seed);
        StringBuilder body = new StringBuilder();
        StringBuilder said = new StringBuilder(HEAD);
        for (int i = 0; i < 500; i++) {
            int length = 1 + random.nextInt(random.nextInt(20) == 0 ? 5000 : 20);
            String data = Integer.toString(random.nextInt(10)).repeat(length);
            body.append(data);
            said.append(chunk(data));
        }
        said.append(END);

        StringBuilder heard = new StringBuilder();
        int ends = 0;
        for (int at = 0; at < said.length(); ) {
            int to = Math.min(said.length(), at + 1 + random.nextInt(random.nextInt(5) == 0 ? 3000 : 30));
            List<Object> messages = said(said.substring(at, to));
            pieces(messages).forEach(heard::append);
            ends += (int)
                    messages.stream().filter(LastHttpContent.class::isInstance).count();
            at = to;
        }

        assertThat(heard.toString()).isEqualTo(body.toString());
        assertThat(ends).isEqualTo(1);
    }
}
