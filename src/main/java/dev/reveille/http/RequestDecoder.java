package dev.reveille.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import io.vertx.core.impl.buffer.VertxByteBufAllocator;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Takes HTTP/1 requests apart as <a href="https://www.rfc-editor.org/rfc/rfc9112">RFC 9112</a> has it, and refuses whatever
 * another one could take apart in another way. Netty's own decoder, which Vert.x uses, lets folded lines, spaces of all kinds,
 * anything behind a chunk's size and contradicting lengths through, and repairs some of it.
 *
 * <p>It is one of Netty's by name only, since that is what Netty looks for when a connection becomes a websocket.
 *
 * <p>What is refused goes on as a request, or as the end of a body, that carries a {@link FailureException}; nothing follows it.
 */
final class RequestDecoder extends HttpRequestDecoder {
    /** Where the next byte belongs. */
    private enum State {
        BETWEEN,
        /** The last request is whole. What comes behind it stays here until that one is answered. */
        WAITING,
        /** The last request asks for another protocol: what comes next is HTTP only if that is refused. */
        UNDECIDED,
        LINE,
        FIELDS,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        REFUSED
    }

    /** Each costs many times its bytes: in memory, and whenever one is looked for. */
    static final int MOST_FIELDS = 200;

    /** Nobody needs extensions of chunks, and each chunk could have one. */
    private static final int LONGEST_CHUNK_LINE = 256;

    private static final int MOST_SIZE_DIGITS = 16;

    /** In bytes. It is copied rather than passed on as it is. */
    private static final int SMALL_CHUNK = 1024;

    /** So many may go on one by one. */
    static final int MOST_SMALL_CHUNKS = 16;

    private static final int LINE_END = 2;

    /** What a client may say to a websocket that nobody has agreed to yet. */
    private static final int MOST_UNDECIDED = 64 * 1024;

    /**
     * So much may come ahead of its time. Most send little, and whoever leaves is noticed while it is read; with the native
     * transport also behind that.
     */
    private static final int MOST_AHEAD = 16 * 1024;

    private static final int NOT_WHOLE = -1;
    private static final byte CR = '\r';
    private static final byte LF = '\n';
    private static final byte SP = ' ';
    private static final byte TAB = '\t';
    private static final String VERSION = "HTTP/";

    private final int longestLine;
    private final int longestHead;
    private final int longestPiece;

    /** The line that is looked at; shared by all connections of an event loop. */
    private final byte[] line;

    private final BooleanSupplier answered;
    private final Runnable removed;
    private State state = State.BETWEEN;
    private boolean blankSkipped;

    /** So many bytes of the line that is under way hold no end of it. */
    private int searched;

    private HttpMethod method = HttpMethod.GET;
    private HttpVersion version = HttpVersion.HTTP_1_1;
    private String target = "";
    private HeadersMultiMap fields;
    private int headBytes;
    private int nameHash;
    private int fieldCount;
    private int singles;
    private String host;
    private String length;
    private String codings;

    /** What is left of the body, or of the chunk. */
    private long left;

    /** How many small chunks have gone on by themselves, with another behind each. */
    private int smallOnes;

    private long requests;
    private ChannelHandlerContext context;

    /**
     * @param longestPiece the most that is handed on of a body at once
     * @param line room for the longest line
     * @param answered whether all requests that were handed on are answered. Vert.x would keep what comes behind one that is
     *     not, and forget to give it back if the connection ends
     * @param removed runs when the connection speaks HTTP no more
     */
    RequestDecoder(
            int longestLine,
            int longestHead,
            int longestPiece,
            byte[] line,
            BooleanSupplier answered,
            Runnable removed) {
        super(new HttpDecoderConfig().setInitialBufferSize(1));
        this.longestLine = longestLine;
        this.longestHead = longestHead;
        this.longestPiece = longestPiece;
        this.line = line;
        this.answered = answered;
        this.removed = removed;
    }

    /** How much room the longest line takes. */
    static int room(int longestLine, int longestHead) {
        return Math.max(LONGEST_CHUNK_LINE, Math.max(longestLine, longestHead));
    }

    /** How many requests were handed on, counted at their heads. */
    long requests() {
        return requests;
    }

    /** Whether anything came behind the last request, or it was refused. */
    boolean saidMore() {
        return (state != State.BETWEEN && state != State.WAITING && state != State.UNDECIDED)
                || actualReadableBytes() > 0;
    }

    /** Whether what came, or may come, is kept until the last request is answered. */
    boolean isKeeping() {
        return state == State.UNDECIDED || (state == State.WAITING && actualReadableBytes() > 0);
    }

    /** Whether no more should be read until the last request is answered. */
    boolean isFull() {
        return state == State.WAITING && actualReadableBytes() > MOST_AHEAD;
    }

    /**
     * The last request is answered, and what comes is the next.
     *
     * @return whether something of it is here
     */
    boolean goOn() {
        state = State.BETWEEN;
        return actualReadableBytes() > 0;
    }

    /** Whether a request has begun and its head is not whole. */
    boolean inHead() {
        return switch (state) {
            case BETWEEN -> blankSkipped || actualReadableBytes() > 0;
            case LINE, FIELDS -> true;
            default -> false;
        };
    }

    /** Whether the last request's body is not whole. */
    boolean inBody() {
        return switch (state) {
            case BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILERS -> true;
            default -> false;
        };
    }

    /** Gives up a head that does not come to its end. */
    void expire(GatewayFailure failure) {
        context.fireChannelRead(refused(failure.asException()));
        context.fireChannelReadComplete();
    }

    /** Nothing that still comes is looked at. */
    void refuseRest() {
        state = State.REFUSED;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
        removed.run();
        super.handlerRemoved0(ctx);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        try {
            step(in, out);
        } catch (FailureException refusal) {
            out.add(inBody() ? brokenOff(refusal) : refused(refusal));
            in.skipBytes(in.readableBytes());
        }
    }

    private void step(ByteBuf in, List<Object> out) {
        switch (state) {
            case BETWEEN -> between(in);
            case WAITING -> waiting(in);
            case UNDECIDED ->
                require(
                        in.readableBytes() <= MOST_UNDECIDED,
                        "the new protocol was spoken before anybody agreed to it");
            case LINE -> requestLine(in);
            case FIELDS -> fields(in, out);
            case BODY -> body(in, out);
            case CHUNK -> chunk(in, out);
            case CHUNK_SIZE -> chunkSize(in);
            case CHUNK_END -> chunkEnd(in);
            case TRAILERS -> trailers(in, out);
            case REFUSED -> in.skipBytes(in.readableBytes());
        }
    }

    private DefaultHttpRequest refused(FailureException refusal) {
        state = State.REFUSED;
        DefaultHttpRequest none =
                new DefaultHttpRequest(version, method, "/", HeadersMultiMap.caseInsensitive(), false);
        none.setDecoderResult(DecoderResult.failure(refusal));
        fields = null;
        return none;
    }

    private HttpContent brokenOff(FailureException refusal) {
        state = State.REFUSED;
        HttpContent end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
        end.setDecoderResult(DecoderResult.failure(refusal));
        return end;
    }

    // The start line.

    private void waiting(ByteBuf in) {
        if (answered.getAsBoolean()) {
            state = State.BETWEEN;
            between(in);
        }
    }

    /** Some clients send an empty line behind a body (RFC 9112, 2.2). What else cannot begin a request is not waited for. */
    private void between(ByteBuf in) {
        byte first = in.getByte(in.readerIndex());
        if (first == CR && !blankSkipped) {
            if (in.readableBytes() > 1) {
                require(in.getByte(in.readerIndex() + 1) == LF, "a CR without LF in front of the request");
                in.skipBytes(2);
                blankSkipped = true;
            }
            return;
        }
        method = HttpMethod.GET;
        version = HttpVersion.HTTP_1_1;
        require(Octets.inToken(first), "it does not begin with a method");
        blankSkipped = false;
        state = State.LINE;
        requestLine(in);
    }

    private void requestLine(ByteBuf in) {
        int end = line(in, longestLine);
        if (end == NOT_WHOLE) {
            return;
        }
        int methodEnd = 0;
        while (methodEnd < end && Octets.inToken(line[methodEnd])) {
            methodEnd++;
        }
        require(methodEnd > 0 && methodEnd < end && line[methodEnd] == SP, "the method is no token");
        int targetEnd = methodEnd + 1;
        while (targetEnd < end && Octets.inTarget(line[targetEnd])) {
            targetEnd++;
        }
        require(
                targetEnd > methodEnd + 1 && targetEnd < end && line[targetEnd] == SP,
                "the request line is not a method, a target without spaces, and a version, one space apart");
        method = method(methodEnd);
        version = version(targetEnd + 1, end);
        target = new String(line, methodEnd + 1, targetEnd - methodEnd - 1, ISO_8859_1);
        begin();
    }

    private void begin() {
        fields = HeadersMultiMap.caseInsensitive();
        headBytes = 0;
        fieldCount = 0;
        singles = 0;
        host = null;
        length = null;
        codings = null;
        state = State.FIELDS;
    }

    private HttpMethod method(int end) {
        if (end == 3 && line[0] == 'G' && line[1] == 'E' && line[2] == 'T') {
            return HttpMethod.GET;
        }
        if (end == 4 && line[0] == 'P' && line[1] == 'O' && line[2] == 'S' && line[3] == 'T') {
            return HttpMethod.POST;
        }
        return HttpMethod.valueOf(new String(line, 0, end, ISO_8859_1));
    }

    /** A higher minor version is treated as the one that is known (RFC 9110, 2.5). */
    private HttpVersion version(int begin, int end) {
        boolean isOne = end - begin == VERSION.length() + 3
                && line[begin + VERSION.length() + 1] == '.'
                && isDigit(line[begin + VERSION.length()])
                && isDigit(line[end - 1]);
        for (int i = 0; isOne && i < VERSION.length(); i++) {
            isOne = line[begin + i] == VERSION.charAt(i);
        }
        require(isOne, "the version is none of HTTP");
        if (line[begin + VERSION.length()] != '1') {
            throw unsupported(505, "this version of HTTP is not spoken here (expected: HTTP/1.1)");
        }
        return line[end - 1] == '0' ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1;
    }

    // The fields.

    private void fields(ByteBuf in, List<Object> out) {
        int end = line(in, longestHead - headBytes);
        while (end > 0) {
            field(end);
            end = line(in, longestHead - headBytes);
        }
        if (end == 0) {
            complete(out);
        }
    }

    private void field(int end) {
        int nameEnd = nameEnd(end);
        FieldName name = FieldName.of(line, nameEnd, nameHash);
        String value = value(nameEnd + 1, end);
        fields.add(name.text(), (CharSequence) value);
        if (name.mark() == FieldName.CONNECTION) {
            connection(value);
        } else if (name.mark() != 0) {
            single(name, value);
        }
    }

    /** Vert.x sees that a client closes only where it says nothing else in the field (RFC 9112, 9.6). */
    private void connection(String value) {
        if (value.indexOf(',') < 0) {
            return;
        }
        for (String option : value.split(",", -1)) {
            if (option.trim().equalsIgnoreCase("close")) {
                fields.add(HttpHeaderNames.CONNECTION, (CharSequence) HttpHeaderValues.CLOSE);
            }
        }
    }

    /** Checks a line of a field, or of a trailer; where it has a colon. */
    private int nameEnd(int end) {
        headBytes += end;
        if (++fieldCount > MOST_FIELDS) {
            throw new GatewayFailure.HeadTooLong(431, "there are more than " + MOST_FIELDS + " header fields")
                    .asException();
        }
        byte[] octets = line;
        int nameEnd = 0;
        int hash = 0;
        while (nameEnd < end && Octets.inToken(octets[nameEnd])) {
            hash = FieldName.hash(hash, octets[nameEnd++]);
        }
        require(nameEnd > 0 || !isSpace(octets[0]), "a field is folded over several lines");
        require(nameEnd > 0 && nameEnd < end && octets[nameEnd] == ':', "a field is not a name, a colon and a value");
        nameHash = hash;
        int at = nameEnd + 1;
        while (at < end && Octets.inText(octets[at])) {
            at++;
        }
        require(at == end, "a field has a control character");
        return nameEnd;
    }

    private String value(int begin, int end) {
        int from = begin;
        int to = end;
        while (from < to && isSpace(line[from])) {
            from++;
        }
        while (to > from && isSpace(line[to - 1])) {
            to--;
        }
        return new String(line, from, to - from, ISO_8859_1);
    }

    private void single(FieldName name, String value) {
        if ((singles & name.mark()) != 0) {
            throw wrong("there is more than one " + name.text() + " field");
        }
        singles |= name.mark();
        switch (name.mark()) {
            case FieldName.HOST -> host = value;
            case FieldName.CONTENT_LENGTH -> length = value;
            case FieldName.TRANSFER_ENCODING -> codings = value;
            default -> {}
        }
    }

    private void complete(List<Object> out) {
        new RequestForm(method, target, version, host).check();
        boolean chunked = codings != null;
        if (chunked) {
            checkCodings();
        }
        left = length == null ? 0 : length();
        if (length != null && !length.equals(Long.toString(left))) {
            fields.set(HttpHeaderNames.CONTENT_LENGTH, (CharSequence) Long.toString(left));
        }
        if ((singles & FieldName.EXPECT) != 0 && version.equals(HttpVersion.HTTP_1_0)) {
            // A client of HTTP/1.0 would take a 100 for the answer (RFC 9110, 10.1.1).
            fields.remove(HttpHeaderNames.EXPECT);
        }
        DefaultHttpRequest request = new DefaultHttpRequest(version, method, target, fields, false);
        fields = null;
        requests++;
        out.add(request);
        if (chunked) {
            state = State.CHUNK_SIZE;
        } else if (left > 0) {
            state = State.BODY;
        } else {
            end(out);
            if (method.equals(HttpMethod.GET) && request.headers().contains(HttpHeaderNames.UPGRADE)) {
                state = State.UNDECIDED;
            }
        }
    }

    private void checkCodings() {
        require(length == null, "it has both Content-Length and Transfer-Encoding");
        require(!version.equals(HttpVersion.HTTP_1_0), "HTTP/1.0 has no Transfer-Encoding");
        if (codings.equalsIgnoreCase("chunked")) {
            return;
        }
        TransferCodings.check(codings);
        throw unsupported(501, "no transfer coding but chunked is known here");
    }

    private long length() {
        long value = 0;
        require(!length.isEmpty(), "the Content-Length is no number");
        for (int i = 0; i < length.length(); i++) {
            int digit = length.charAt(i) - '0';
            require(digit >= 0 && digit <= 9, "the Content-Length is no number");
            require(value <= (Long.MAX_VALUE - digit) / 10, "the Content-Length is too large to be one");
            value = value * 10 + digit;
        }
        return value;
    }

    // The body.

    private void end(List<Object> out) {
        state = State.WAITING;
        out.add(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    private void body(ByteBuf in, List<Object> out) {
        int piece = (int) Math.min(left, Math.min(in.readableBytes(), longestPiece));
        out.add(new DefaultHttpContent(in.readRetainedSlice(piece)));
        left -= piece;
        if (left == 0 && state == State.BODY) {
            end(out);
        } else if (left == 0) {
            state = State.CHUNK_END;
        }
    }

    /**
     * Once some small ones that came together have gone on, the others go on together, but wait for none that is still on its
     * way. Each by itself would take a hundred times its bytes until somebody takes it.
     */
    private void chunk(ByteBuf in, List<Object> out) {
        if (left >= SMALL_CHUNK || in.readableBytes() <= left + LINE_END) {
            smallOnes = 0;
            body(in, out);
        } else if (++smallOnes <= MOST_SMALL_CHUNKS) {
            body(in, out);
        } else {
            smallOnes = 0;
            ByteBuf together = VertxByteBufAllocator.DEFAULT.heapBuffer(Math.min(in.readableBytes(), SMALL_CHUNK));
            try {
                gather(in, together);
            } finally {
                out.add(new DefaultHttpContent(together));
            }
        }
    }

    private void gather(ByteBuf in, ByteBuf together) {
        do {
            int piece = (int) Math.min(left, in.readableBytes());
            together.writeBytes(in, piece);
            left -= piece;
            if (left == 0) {
                state = State.CHUNK_END;
                toNextChunk(in);
            }
        } while (state == State.CHUNK
                && left < SMALL_CHUNK
                && in.isReadable()
                && together.readableBytes() + left <= longestPiece);
    }

    private void toNextChunk(ByteBuf in) {
        int before = 0;
        while (before != in.readerIndex() && in.isReadable()) {
            before = in.readerIndex();
            switch (state) {
                case CHUNK_END -> chunkEnd(in);
                case CHUNK_SIZE -> chunkSize(in);
                default -> {
                    return;
                }
            }
        }
    }

    private void chunkSize(ByteBuf in) {
        int end = line(in, LONGEST_CHUNK_LINE);
        if (end == NOT_WHOLE) {
            return;
        }
        int at = 0;
        long size = 0;
        for (int digit; at < end && (digit = Character.digit(line[at], 16)) >= 0; at++) {
            require(at < MOST_SIZE_DIGITS && size <= Long.MAX_VALUE >> 4, "a chunk is too large to be one");
            size = (size << 4) | digit;
        }
        require(at > 0, "the size of a chunk is no hexadecimal number");
        checkExtensions(at, end);
        left = size;
        headBytes = 0;
        fieldCount = 0;
        state = size == 0 ? State.TRAILERS : State.CHUNK;
    }

    /** They are for this hop alone and nobody here knows any, but they must be some (RFC 9112, 7.1.1). */
    private void checkExtensions(int begin, int end) {
        int at = begin;
        while (at < end && isSpace(line[at])) {
            at++;
        }
        require(at == end ? begin == end : line[at] == ';', "there is something behind the size of a chunk");
        for (; at < end; at++) {
            require(Octets.inText(line[at]), "the extension of a chunk has a control character");
        }
    }

    private void chunkEnd(ByteBuf in) {
        require(in.getByte(in.readerIndex()) == CR, "a chunk is longer than it says");
        if (in.readableBytes() > 1) {
            require(in.getByte(in.readerIndex() + 1) == LF, "a chunk is longer than it says");
            in.skipBytes(2);
            state = State.CHUNK_SIZE;
        }
    }

    /** Vert.x has no way to tell of them, so they end here, as RFC 9110, 6.5.1 allows. */
    private void trailers(ByteBuf in, List<Object> out) {
        int end = line(in, longestHead - headBytes);
        while (end > 0) {
            nameEnd(end);
            end = line(in, longestHead - headBytes);
        }
        if (end == 0) {
            end(out);
        }
    }

    // Lines.

    /** Takes the next line into {@link #line}. @return its length without CRLF */
    private int line(ByteBuf in, int longest) {
        int begin = in.readerIndex();
        int within = Math.min(in.readableBytes(), longest + 2);
        int end = in.indexOf(begin + searched, begin + within, LF);
        if (end < 0) {
            if (within == longest + 2) {
                throw tooLong();
            }
            searched = within;
            return NOT_WHOLE;
        }
        searched = 0;
        require(end > begin && in.getByte(end - 1) == CR, "a line does not end in CR and LF");
        in.getBytes(begin, line, 0, end - 1 - begin);
        in.readerIndex(end + 1);
        return end - 1 - begin;
    }

    private FailureException tooLong() {
        return switch (state) {
            case LINE -> new GatewayFailure.HeadTooLong(414, "the request's target is too long").asException();
            case CHUNK_SIZE -> wrong("the line with a chunk's size is too long");
            default -> new GatewayFailure.HeadTooLong(431, "the request's header fields are too long").asException();
        };
    }

    private static boolean isSpace(byte octet) {
        return octet == SP || octet == TAB;
    }

    private static boolean isDigit(byte octet) {
        return octet >= '0' && octet <= '9';
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw wrong(otherwise);
        }
    }

    static FailureException wrong(String found) {
        return new GatewayFailure.InvalidRequest(found + " (expected: a request as RFC 9112 has it)").asException();
    }

    private static FailureException unsupported(int status, String detail) {
        return new GatewayFailure.Unsupported(status, detail).asException();
    }
}
