package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeptPiecesTest {
    private final KeptPieces kept = new KeptPieces();

    private List<Buffer> handedOver() {
        List<Buffer> taken = new ArrayList<>();
        kept.handOver(taken::add);
        return taken;
    }

    private static String text(List<Buffer> pieces) {
        Buffer all = Buffer.buffer();
        pieces.forEach(all::appendBuffer);
        return all.toString();
    }

    @Test
    void smallPiecesArePutTogether() {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 64 * 1024; i++) {
            String octet = Integer.toString(i % 10);
            kept.add(Buffer.buffer(octet));
            body.append(octet);
        }

        assertThat(kept.bytes()).isEqualTo(64 * 1024);
        assertThat(handedOver()).hasSize(1);
        assertThat(text(handedOver())).isEqualTo(body.toString());
    }

    @Test
    void whatIsAloneOrLongIsKeptAsItIs() {
        List<Buffer> pieces = List.of(
                Buffer.buffer("alone"),
                Buffer.buffer("a".repeat(20_000)),
                Buffer.buffer("b".repeat(20_000)),
                Buffer.buffer("alone too"),
                Buffer.buffer("c".repeat(20_000)));
        pieces.forEach(kept::add);

        List<Buffer> taken = handedOver();
        assertThat(taken).hasSameSizeAs(pieces);
        for (int i = 0; i < taken.size(); i++) {
            assertThat(taken.get(i)).isSameAs(pieces.get(i));
        }
    }

    @Test
    void whatWasHandedOverDoesNotChange() {
        kept.add(Buffer.buffer("a"));
        kept.add(Buffer.buffer("b"));
        List<Buffer> first = handedOver();
        kept.add(Buffer.buffer("c"));
        kept.add(Buffer.buffer("d"));

        assertThat(text(first)).isEqualTo("ab");
        assertThat(text(handedOver())).isEqualTo("abcd");
    }

    @Test
    void whatIsClearedIsGone() {
        kept.add(Buffer.buffer("a"));
        kept.add(Buffer.buffer("b"));
        kept.clear();

        assertThat(kept.bytes()).isZero();
        assertThat(handedOver()).isEmpty();
    }
}
