package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeflateTest {
    private static final int PLENTY = 1 << 20;
    private static final String AGREED = "permessage-deflate; server_no_context_takeover";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "permessage-deflate",
                "Permessage-Deflate; client_max_window_bits",
                "permessage-deflate; client_max_window_bits=8; server_no_context_takeover",
                "permessage-deflate;client_no_context_takeover;server_max_window_bits=\"15\"",
                "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits",
                "permessage-deflate; server_max_window_bits=7, permessage-deflate"
            })
    void whatCanBeMetIsAgreedTo(String offer) {
        String forgets = "client_no_context_takeover";
        String expected = offer.contains(forgets) ? AGREED + "; " + forgets : AGREED;

        assertThat(Deflate.agree(List.of(offer)).map(Deflate::answer)).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "permessage-deflat",
                "permessage-deflate; server_max_window_bits",
                "permessage-deflate; server_max_window_bits=7",
                "permessage-deflate; server_max_window_bits=16",
                "permessage-deflate; server_max_window_bits=08",
                "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
                "permessage-deflate; client_max_window_bits=x",
                "permessage-deflate; server_no_context_takeover=1",
                "permessage-deflate; no_such_thing",
                "permessage-deflate;"
            })
    void whatCannotIsNot(String offer) {
        assertThat(Deflate.agree(List.of(offer))).isEmpty();
    }

    @Test
    void aSmallerWindowIsKeptToByCompressingShortMessagesAlone() {
        Deflate agreed = Deflate.agree(List.of("permessage-deflate; server_max_window_bits=9"))
                .orElseThrow();

        assertThat(agreed.answer()).isEqualTo(AGREED + "; server_max_window_bits=9");
        String shortOne = "ab".repeat(256);
        assertThat(FramedText.of(shortOne).bytes(agreed)[0] & 0x40).isNotZero();
        assertThat(FramedText.of(shortOne + "a").bytes(agreed)[0] & 0x40).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 63, 64, 65, 8191, 8192, 8193, 100_000})
    void whatIsCompressedIsTheSameAfterwards(int length) {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);

        assertThat(decompressed(Deflate.compress(noise))).isEqualTo(noise);
        byte[] even = "x".repeat(length).getBytes(UTF_8);
        assertThat(decompressed(Deflate.compress(even))).isEqualTo(even);
    }

    /** The examples of RFC 7692, 7.2.3. */
    @ParameterizedTest
    @CsvSource({
        "f248cdc9c90700, Hello",
        "000500faff48656c6c6f00, Hello",
        "f348cdc9c9070000, Hello",
        "f248050000 00ffffcac9c90700, Hello",
        "00, ''",
        "030000, ''"
    })
    void theRfcsMessagesAreUnderstood(String hex, String text) {
        assertThat(decompressed(HexFormat.of().parseHex(hex.replace(" ", "")))).isEqualTo(text.getBytes(UTF_8));
    }

    @Test
    void aBombDoesNotGoOff() {
        byte[] bomb = Deflate.compress(new byte[64 << 20]);
        assertThat(bomb.length).isLessThan(1 << 17);

        ByteBuf out = Unpooled.buffer();
        assertThatThrownBy(() -> Deflate.decompress(Unpooled.wrappedBuffer(bomb), PLENTY, out))
                .isInstanceOfSatisfying(
                        CorruptedWebSocketFrameException.class,
                        e -> assertThat(e.closeStatus().code()).isEqualTo(1009));
        assertThat(out.readableBytes()).isLessThanOrEqualTo(PLENTY);
    }

    @Test
    void noiseIsNoMessage() {
        assertThatThrownBy(() -> decompressed(new byte[] {7, 7, 7, 7}))
                .isInstanceOfSatisfying(
                        CorruptedWebSocketFrameException.class,
                        e -> assertThat(e.closeStatus().code()).isEqualTo(1007));
    }

    private static byte[] decompressed(byte[] message) {
        ByteBuf out = Unpooled.buffer();
        Deflate.decompress(Unpooled.wrappedBuffer(message), PLENTY, out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
