package dev.reveille.websocket;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.ConnectionBase;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A request for a websocket that is as RFC 6455, 4.2.1 wants it. Nothing is answered before {@link #accept}. */
public final class Handshake {
    private static final String WEBSOCKET = "websocket";
    private static final String VERSION = "13";
    private static final String KEY = "Sec-WebSocket-Key";
    private static final String EXTENSIONS = "Sec-WebSocket-Extensions";
    private static final int KEY_BYTES = 16;
    private static final int UPGRADE_REQUIRED = 426;

    /** RFC 6455, 1.3. */
    private static final String KNOWN_TO_ALL = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private static final String SOCKET = "websocket";

    private final HttpServerRequest request;
    private final String key;
    private final Optional<Deflate> deflate;

    private Handshake(HttpServerRequest request, String key, Optional<Deflate> deflate) {
        this.request = request;
        this.key = key;
        this.deflate = deflate;
    }

    /** Whether {@code request} asks for a websocket at all, well or badly. */
    public static boolean isIn(HttpServerRequest request) {
        return hasToken(request, HttpHeaders.UPGRADE, WEBSOCKET);
    }

    /**
     * Checks it.
     *
     * @param origins whether pages from there may have it; asked only where the client says where it is from, which browsers do
     * @throws FailureException {@code invalid_request}, {@code forbidden}, or {@code unsupported} with status 426 for another
     *     version than 13, to be answered with {@code Sec-WebSocket-Version: 13}
     */
    public static Handshake of(HttpServerRequest request, Predicate<String> origins) {
        require(request.version() == HttpVersion.HTTP_1_1, "websockets need HTTP/1.1");
        require(HttpMethod.GET.equals(request.method()), "a websocket is asked for with GET");
        require(isIn(request), "expected: Upgrade: websocket");
        require(hasToken(request, HttpHeaders.CONNECTION, "upgrade"), "expected: Connection: Upgrade");
        require(request.getHeader(HttpHeaders.HOST) != null, "expected: a Host");
        require(
                request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null
                        && (request.getHeader(HttpHeaders.CONTENT_LENGTH) == null
                                || request.getHeader(HttpHeaders.CONTENT_LENGTH).equals("0")),
                "a request for a websocket has no body");
        List<String> versions = request.headers().getAll("Sec-WebSocket-Version");
        if (!versions.equals(List.of(VERSION))) {
            throw new GatewayFailure.Unsupported(
                            UPGRADE_REQUIRED, "no such version of websockets (expected: Sec-WebSocket-Version: 13)")
                    .asException();
        }
        List<String> keys = request.headers().getAll(KEY);
        require(keys.size() == 1 && isKey(keys.get(0)), "expected: one Sec-WebSocket-Key of 16 bytes in base64");
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null && !origins.test(origin)) {
            throw new GatewayFailure.Forbidden("pages of other sites may not open this websocket").asException();
        }
        return new Handshake(
                request, keys.get(0), Deflate.agree(request.headers().getAll(EXTENSIONS)));
    }

    /**
     * Answers 101, and takes the connection over from Vert.x. To be called on the connection's event loop. What comes from the
     * client, even if it has come already, is handed on in a later turn: set the handlers in this one.
     *
     * @return fails if the client has left or something was answered already
     */
    public Future<StrictWebSocket> accept(Limits limits) {
        ConnectionBase connection = (ConnectionBase) request.connection();
        ChannelHandlerContext http = connection.channelHandlerContext();
        if (!http.channel().isActive() || http.isRemoved()) {
            return Future.failedFuture("the client has left");
        }
        EarlyBytes early = new EarlyBytes();
        http.pipeline().addBefore(http.name(), "earlyBytes", early);
        request.response()
                .putHeader(HttpHeaders.UPGRADE, WEBSOCKET)
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE)
                .putHeader("Sec-WebSocket-Accept", accepted(key));
        deflate.ifPresent(agreed -> request.response().putHeader(EXTENSIONS, agreed.answer()));
        return request.toNetSocket()
                .onFailure(answered -> http.pipeline().remove(early))
                .map(socket -> open(socket, new StrictWebSocket(connection.context(), http.channel(), deflate, limits)))
                .onSuccess(open -> early.flowSoon());
    }

    private StrictWebSocket open(NetSocket vertx, StrictWebSocket socket) {
        ChannelHandlerContext handler = ((NetSocketInternal) vertx).channelHandlerContext();
        Channel channel = handler.channel();
        if (!handler.isRemoved()) {
            install(channel.pipeline(), handler.name(), socket);
            int queue = socket.limits().queue();
            channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(queue / 2, queue));
            channel.config().setAutoRead(true);
        }
        socket.opened();
        return socket;
    }

    private void install(ChannelPipeline pipeline, String vertx, StrictWebSocket socket) {
        int longest = socket.limits().longestMessage();
        pipeline.replace(vertx, SOCKET, socket.handler());
        pipeline.addBefore(
                SOCKET,
                "frames",
                new WebSocket13FrameDecoder(WebSocketDecoderConfig.newBuilder()
                        .expectMaskedFrames(true)
                        .allowMaskMismatch(false)
                        .allowExtensions(deflate.isPresent())
                        .maxFramePayloadLength(longest)
                        // Who says why, and when the connection ends, is decided in one place.
                        .closeOnProtocolViolation(false)
                        .build()));
        deflate.ifPresent(agreed -> pipeline.addBefore(SOCKET, "decompressing", new Decompressing(agreed, longest)));
        pipeline.addBefore(SOCKET, "utf8", new Utf8FrameValidator(false));
    }

    private static boolean hasToken(HttpServerRequest request, CharSequence field, String token) {
        return request.headers().getAll(field).stream()
                .flatMap(value -> Stream.of(value.split(",", -1)))
                .anyMatch(each -> each.trim().equalsIgnoreCase(token));
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES && key.length() % 4 == 0;
        } catch (IllegalArgumentException none) {
            return false;
        }
    }

    private static String accepted(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + KNOWN_TO_ALL).getBytes(US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (GeneralSecurityException every) {
            throw new IllegalStateException("every Java has SHA-1", every);
        }
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw new GatewayFailure.InvalidRequest("no handshake of RFC 6455: " + otherwise).asException();
        }
    }
}
