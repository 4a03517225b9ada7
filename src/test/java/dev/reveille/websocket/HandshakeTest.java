package dev.reveille.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is agreed to, and what is refused. */
class HandshakeTest {
    private static final String[] GOOD = {
        "Host: gw",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    };

    private static Listener listener;

    @BeforeAll
    static void start() {
        listener = Listener.with();
    }

    @AfterAll
    static void stop() {
        listener.close();
    }

    /** The good fields, the one of that name replaced by {@code fields}. */
    private static String[] but(String name, String... fields) {
        return Stream.concat(Arrays.stream(GOOD).filter(f -> !f.startsWith(name + ":")), Stream.of(fields))
                .toArray(String[]::new);
    }

    private static String[] and(String... fields) {
        return but("none", fields);
    }

    @Test
    void theAnswerIsThatOfTheRfc() throws IOException {
        try (Peer peer = Peer.open(listener.port(), "/echo")) {
            assertThat(peer.field("Sec-WebSocket-Accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            assertThat(peer.field("Upgrade")).isEqualToIgnoringCase("websocket");
            assertThat(peer.field("Connection")).isEqualToIgnoringCase("upgrade");
            assertThat(peer.field("Sec-WebSocket-Extensions")).isNull();
            assertThat(peer.field("Content-Length")).isNull();
            assertThat(peer.field("Transfer-Encoding")).isNull();
            assertThat(peer.says(Peer.TEXT, "hello").next().text()).isEqualTo("hello");
        }
    }

    static Stream<Arguments> good() {
        return Stream.of(
                arguments("Firefox", but("Connection", "Connection: keep-alive, Upgrade")),
                arguments("two lines", but("Connection", "Connection: keep-alive", "Connection: upgrade")),
                arguments("in capitals", but("Upgrade", "Upgrade: WebSocket")),
                arguments("one of several", but("Upgrade", "Upgrade: foo/2, websocket")),
                arguments("a good origin", and("Origin: https://good.example")),
                arguments("a subprotocol, which is not taken", and("Sec-WebSocket-Protocol: chat")),
                arguments("an extension that is not known", and("Sec-WebSocket-Extensions: x-none; a=b")),
                arguments("no body, in so many words", and("Content-Length: 0")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("good")
    void whatIsGoodIsAgreedTo(String name, String[] fields) throws IOException {
        try (Peer peer = Peer.to(listener.port())) {
            peer.raw(Peer.request("GET /echo HTTP/1.1", fields)).isOpen();

            assertThat(peer.field("Sec-WebSocket-Extensions")).isNull();
            assertThat(peer.field("Sec-WebSocket-Protocol")).isNull();
            assertThat(peer.says(Peer.TEXT, name).next().text()).isEqualTo(name);
        }
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                arguments("POST", "POST /echo HTTP/1.1", and("Content-Length: 0"), 400),
                arguments("HTTP/1.0", "GET /echo HTTP/1.0", GOOD, 400),
                arguments("no Upgrade", "GET /echo HTTP/1.1", but("Upgrade"), 400),
                arguments("another protocol", "GET /echo HTTP/1.1", but("Upgrade", "Upgrade: websockets"), 400),
                arguments("no Connection", "GET /echo HTTP/1.1", but("Connection"), 400),
                arguments("another token", "GET /echo HTTP/1.1", but("Connection", "Connection: upgraded"), 400),
                arguments("no key", "GET /echo HTTP/1.1", but("Sec-WebSocket-Key"), 400),
                arguments(
                        "a short key", "GET /echo HTTP/1.1", but("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAA"), 400),
                arguments(
                        "17 bytes",
                        "GET /echo HTTP/1.1",
                        but("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA="),
                        400),
                arguments(
                        "no base64",
                        "GET /echo HTTP/1.1",
                        but("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!=="),
                        400),
                arguments(
                        "no padding",
                        "GET /echo HTTP/1.1",
                        but("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"),
                        400),
                arguments("two keys", "GET /echo HTTP/1.1", and(GOOD[4]), 400),
                arguments("a body", "GET /echo HTTP/1.1", and("Content-Length: 1"), 400),
                arguments("no version", "GET /echo HTTP/1.1", but("Sec-WebSocket-Version"), 426),
                arguments(
                        "an old version",
                        "GET /echo HTTP/1.1",
                        but("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
                        426),
                arguments("two versions", "GET /echo HTTP/1.1", and("Sec-WebSocket-Version: 8"), 426),
                arguments("a foreign page", "GET /echo HTTP/1.1", and("Origin: https://bad.example"), 403),
                arguments("a page of nowhere", "GET /echo HTTP/1.1", and("Origin: null"), 403));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void whatIsNotIsRefusedInWords(String name, String line, String[] fields, int status) throws IOException {
        try (Peer peer = Peer.to(listener.port())) {
            peer.raw(Peer.request(line, fields));

            assertThat(peer.status()).as(name).isEqualTo(status);
            assertThat(new JsonObject(peer.body()).getString("detail")).isNotBlank();
            assertThat(peer.field("Sec-WebSocket-Version")).isEqualTo(status == 426 ? "13" : null);
        }
    }

    @Test
    void afterARefusalTheConnectionIsHttpAsBefore() throws IOException {
        byte[] next = Peer.request("GET /plain HTTP/1.1", "Host: gw");
        for (String path : new String[] {"/refuse", "/plain"}) {
            try (Peer peer = Peer.to(listener.port())) {
                // In one piece, and byte by byte; and once more, as if nothing had been.
                peer.raw(Peer.handshake(path), next);
                assertThat(peer.status()).isEqualTo(path.equals("/plain") ? 200 : 401);
                peer.body();
                assertThat(peer.status()).isEqualTo(200);
                assertThat(peer.body()).isEqualTo("plain");

                peer.raw(Peer.handshake(path));
                for (byte each : next) {
                    peer.raw(new byte[] {each});
                }
                assertThat(peer.status()).isEqualTo(path.equals("/plain") ? 200 : 401);
                peer.body();
                assertThat(peer.status()).isEqualTo(200);
                peer.body();
                assertThat(peer.raw(next).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void whatIsSaidBeforeAnybodyAgreedIsNotLost() throws IOException {
        for (String path : new String[] {"/echo", "/late"}) {
            try (Peer peer = Peer.to(listener.port())) {
                byte[] half = Peer.frame(Peer.TEXT, "second");
                peer.raw(Peer.handshake(path), Peer.frame(Peer.TEXT, "first"), Arrays.copyOf(half, half.length - 2));
                peer.raw(Arrays.copyOfRange(half, half.length - 2, half.length), Peer.frame(Peer.PING, "third"));

                peer.isOpen();
                assertThat(peer.next().text()).isEqualTo("first");
                assertThat(peer.next().text()).isEqualTo("second");
                assertThat(peer.next().text()).isEqualTo("third");
            }
        }
    }

    @Test
    void whoTalksOnAndOnBeforehandIsRefused() throws IOException {
        try (Peer peer = Peer.to(listener.port())) {
            byte[] long1 = Peer.frame(Peer.TEXT, new byte[60_000]);
            peer.raw(Peer.handshake("/refuse"), long1, long1);

            assertThat(peer.status()).isEqualTo(401);
            peer.body();
            assertThat(peer.status()).isEqualTo(400);
        }
    }
}
