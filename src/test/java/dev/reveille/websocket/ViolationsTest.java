package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever breaks the protocol is told how, and then the connection ends in order. */
class ViolationsTest {
    private static final int NOT_LAST = 0;
    private static final int RSV1 = 0x40;
    private static final int RSV2 = 0x20;
    private static final int RSV3 = 0x10;
    private static final byte[] BROKEN_TEXT = {'a', (byte) 0xc3, 'b'};
    private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate";

    private static Listener listener;

    @BeforeAll
    static void start() {
        listener = Listener.with();
    }

    @AfterAll
    static void stop() {
        listener.close();
    }

    private static byte[] closing(int code) {
        return Peer.frame(Peer.CLOSE, Peer.close(code, ""));
    }

    private static byte[] unmasked(int first, byte... payload) {
        return Peer.join(new byte[] {(byte) first, (byte) payload.length}, payload);
    }

    private static byte[] head(int first, int second, int... more) {
        byte[] head = new byte[2 + more.length];
        head[0] = (byte) first;
        head[1] = (byte) second;
        for (int i = 0; i < more.length; i++) {
            head[2 + i] = (byte) more[i];
        }
        return head;
    }

    static Stream<Arguments> violations() {
        byte[] begun = Peer.frame(0x01, "begun");
        byte[] more = Peer.frame(0x00, "more");
        return Stream.of(
                arguments("text that is not masked", unmasked(Peer.TEXT, (byte) 'a'), 1002),
                arguments("a close that is not masked", unmasked(Peer.CLOSE), 1002),
                arguments("reserved bit 1", Peer.frame(Peer.TEXT | RSV1, "a"), 1002),
                arguments("reserved bit 2", Peer.frame(Peer.TEXT | RSV2, "a"), 1002),
                arguments("reserved bit 3", Peer.frame(Peer.PING | RSV3, "a"), 1002),
                arguments("all of them in a close", Peer.frame(Peer.CLOSE | RSV1 | RSV2 | RSV3, new byte[0]), 1002),
                arguments("kind 3", Peer.frame(0x83, "a"), 1002),
                arguments("kind 7", Peer.frame(0x87, "a"), 1002),
                arguments("kind 11", Peer.frame(0x8b, "a"), 1002),
                arguments("kind 15", Peer.frame(0x8f, "a"), 1002),
                arguments("a ping in two pieces", Peer.frame(0x09, "a"), 1002),
                arguments("a close in two pieces", Peer.frame(0x08, Peer.close(1000, "")), 1002),
                arguments("a ping of 126 bytes", Peer.frame(Peer.PING, new byte[126]), 1002),
                arguments("a close of 126 bytes", Peer.frame(Peer.CLOSE, Peer.close(1000, "x".repeat(124))), 1002),
                arguments("a close of one byte", Peer.frame(Peer.CLOSE, (byte) 3), 1002),
                arguments("nothing to continue", more, 1002),
                arguments("nothing left to continue", Peer.join(Peer.frame(Peer.TEXT, "a"), more), 1002),
                arguments("a message within another", Peer.join(begun, Peer.frame(Peer.TEXT, "a")), 1002),
                arguments("binary within text", Peer.join(begun, Peer.frame(0x02, "a")), 1002),
                arguments("a short length of two bytes", head(Peer.TEXT, 0xfe, 0, 125), 1002),
                arguments("a short length of eight bytes", head(Peer.TEXT, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff), 1002),
                arguments("a negative length", head(Peer.TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0), 1002),
                arguments("0", closing(0), 1002),
                arguments("999", closing(999), 1002),
                arguments("1004", closing(1004), 1002),
                arguments("1005", closing(1005), 1002),
                arguments("1006", closing(1006), 1002),
                arguments("1015", closing(1015), 1002),
                arguments("2999", closing(2999), 1002),
                arguments("5000", closing(5000), 1002),
                arguments("65535", closing(65535), 1002),
                arguments("text that is no UTF-8", Peer.frame(Peer.TEXT, BROKEN_TEXT), 1007),
                arguments("text that ends too soon", Peer.frame(Peer.TEXT, (byte) 0xe2, (byte) 0x82), 1007),
                arguments("half a surrogate pair", Peer.frame(Peer.TEXT, (byte) 0xed, (byte) 0xa0, (byte) 0x80), 1007),
                arguments(
                        "beyond Unicode",
                        Peer.frame(Peer.TEXT, (byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80),
                        1007),
                arguments("too many bytes for a slash", Peer.frame(Peer.TEXT, (byte) 0xc0, (byte) 0xaf), 1007),
                arguments("broken in its second piece", Peer.join(begun, Peer.frame(NOT_LAST, BROKEN_TEXT)), 1007),
                arguments(
                        "a reason that is no UTF-8",
                        Peer.frame(Peer.CLOSE, Peer.join(Peer.close(1000, ""), BROKEN_TEXT)),
                        1007),
                arguments("a frame that is too long", head(Peer.BINARY, 0xff, 0, 0, 0, 0, 0, 1, 0, 1), 1009),
                arguments("a frame of 8 EiB", head(Peer.TEXT, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0), 1009),
                arguments(
                        "pieces that are too long together",
                        Peer.join(Peer.frame(0x01, new byte[40_000]), Peer.frame(0x00, new byte[40_000])),
                        1009));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violations")
    void endsWithTheCode(String name, byte[] violation, int code) throws IOException {
        for (String path : new String[] {"/echo", "/ignore"}) {
            endsWith(name, Peer.open(listener.port(), path), violation, code);
        }
    }

    static Stream<Arguments> violationsOfCompression() {
        byte[] hello = Deflate.compress("hello".getBytes(UTF_8));
        return Stream.of(
                arguments("reserved bit 2", Peer.frame(Peer.TEXT | RSV1 | RSV2, hello), 1002),
                arguments("a compressed ping", Peer.frame(Peer.PING | RSV1, hello), 1002),
                arguments(
                        "a compressed continuation",
                        Peer.join(Peer.frame(0x01, "a"), Peer.frame(Peer.CONTINUATION | RSV1, hello)),
                        1002),
                arguments(
                        "a compressed continuation of what is compressed",
                        Peer.join(Peer.frame(0x01 | RSV1, hello), Peer.frame(Peer.CONTINUATION | RSV1, hello)),
                        1002),
                arguments("no compression", Peer.frame(Peer.TEXT | RSV1, new byte[] {7, 7, 7}), 1007),
                arguments("text that is no UTF-8", Peer.frame(Peer.TEXT | RSV1, Deflate.compress(BROKEN_TEXT)), 1007),
                arguments("a bomb", Peer.frame(Peer.TEXT | RSV1, Deflate.compress(new byte[10_000_000])), 1009),
                arguments(
                        "pieces that are too long together",
                        Peer.join(Peer.frame(0x01 | RSV1, new byte[40_000]), Peer.frame(0x00, new byte[40_000])),
                        1009),
                arguments("text that is no UTF-8 and not compressed", Peer.frame(Peer.TEXT, BROKEN_TEXT), 1007));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violationsOfCompression")
    void endsWithTheCodeWhereMessagesAreCompressed(String name, byte[] violation, int code) throws IOException {
        for (String path : new String[] {"/echo", "/ignore"}) {
            endsWith(name, Peer.open(listener.port(), path, DEFLATE), violation, code);
        }
    }

    /** What follows is not looked at, and does not keep the reason from arriving. */
    private static void endsWith(String name, Peer opened, byte[] violation, int code) throws IOException {
        try (Peer peer = opened) {
            StrictWebSocket socket = listener.opened(peer);
            peer.raw(violation, Peer.frame(Peer.TEXT, "behind"), Peer.frame(Peer.PING, "it"));

            Peer.Said last = peer.closed();
            assertThat(last.code()).as(name + ": " + last.reason()).isEqualTo(code);
            assertThat(peer.ends()).isTrue();
            assertThat(socket.isClosed()).isTrue();
        }
    }
}
