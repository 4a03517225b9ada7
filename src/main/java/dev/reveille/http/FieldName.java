package dev.reveille.http;

import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A name of a header field that comes again and again, so that it need not be made for each request; and whether a request
 * may have the field but once, or it is looked at.
 *
 * @param text as it is spelled
 * @param mark a bit of its own if the field may come once only, {@link #CONNECTION}, else 0
 */
record FieldName(AsciiString text, int mark) {
    static final int HOST = 1;
    static final int CONTENT_LENGTH = 1 << 1;
    static final int TRANSFER_ENCODING = 1 << 2;
    static final int EXPECT = 1 << 5;

    /** May come more than once. */
    static final int CONNECTION = 1 << 7;

    /**
     * Of two of these, whoever comes behind us may go by another one than we did. {@code Transfer-Encoding} may come twice
     * by right, but not with a coding that we know.
     */
    private static final List<FieldName> MARKED = List.of(
            new FieldName(AsciiString.cached("Host"), HOST),
            new FieldName(AsciiString.cached("Content-Length"), CONTENT_LENGTH),
            new FieldName(AsciiString.cached("Transfer-Encoding"), TRANSFER_ENCODING),
            new FieldName(AsciiString.cached("Authorization"), 1 << 3),
            new FieldName(AsciiString.cached("Content-Type"), 1 << 4),
            new FieldName(AsciiString.cached("Expect"), EXPECT),
            new FieldName(AsciiString.cached("X-Session-API-Key"), 1 << 6),
            new FieldName(AsciiString.cached("Connection"), CONNECTION));

    private static final int SLOTS = 512;
    private static final FieldName[] KNOWN = new FieldName[SLOTS];

    static {
        Stream.of(
                        "Accept",
                        "Accept-Encoding",
                        "Accept-Language",
                        "Cache-Control",
                        "Cookie",
                        "If-Modified-Since",
                        "If-None-Match",
                        "Keep-Alive",
                        "Origin",
                        "Pragma",
                        "Priority",
                        "Range",
                        "Referer",
                        "Sec-Ch-Ua",
                        "Sec-Ch-Ua-Mobile",
                        "Sec-Ch-Ua-Platform",
                        "Sec-Fetch-Dest",
                        "Sec-Fetch-Mode",
                        "Sec-Fetch-Site",
                        "Sec-Fetch-User",
                        "Sec-WebSocket-Extensions",
                        "Sec-WebSocket-Key",
                        "Sec-WebSocket-Protocol",
                        "Sec-WebSocket-Version",
                        "Traceparent",
                        "Tracestate",
                        "Upgrade",
                        "Upgrade-Insecure-Requests",
                        "User-Agent",
                        "X-API-Key",
                        "X-Forwarded-For",
                        "X-Forwarded-Host",
                        "X-Forwarded-Port",
                        "X-Forwarded-Proto",
                        "X-Request-ID")
                .map(name -> new FieldName(AsciiString.cached(name), 0))
                .forEach(FieldName::learn);
        MARKED.forEach(FieldName::learn);
    }

    /** One step of the hash of a name, which does not see the case of letters. */
    static int hash(int before, byte letter) {
        return 31 * before + (letter | 0x20);
    }

    /**
     * The name at the begin of {@code line}.
     *
     * @param length of the name
     * @param hash of all its letters, from 0 on
     */
    static FieldName of(byte[] line, int length, int hash) {
        for (int slot = hash & (SLOTS - 1); KNOWN[slot] != null; slot = (slot + 1) & (SLOTS - 1)) {
            if (KNOWN[slot].isAt(line, length)) {
                return KNOWN[slot];
            }
        }
        AsciiString text = new AsciiString(line, 0, length, true);
        return new FieldName(text, mark(text));
    }

    /** The bit of {@code name}; 0 if the field may come more than once. */
    static int single(CharSequence name) {
        return mark(name) & ~CONNECTION;
    }

    private static int mark(CharSequence name) {
        for (FieldName marked : MARKED) {
            if (marked.text.contentEqualsIgnoreCase(name)) {
                return marked.mark;
            }
        }
        return 0;
    }

    private boolean isAt(byte[] line, int length) {
        if (text.length() != length) {
            return false;
        }
        byte[] own = text.array();
        for (int i = 0; i < length; i++) {
            if (own[i] != line[i]) {
                return false;
            }
        }
        return true;
    }

    /** As most clients spell it, and in lower case as some do. */
    private void learn() {
        enter();
        new FieldName(AsciiString.cached(text.toString().toLowerCase(Locale.ROOT)), mark).enter();
    }

    private void enter() {
        int hash = 0;
        for (int i = 0; i < text.length(); i++) {
            hash = hash(hash, text.byteAt(i));
        }
        int slot = hash & (SLOTS - 1);
        while (KNOWN[slot] != null) {
            slot = (slot + 1) & (SLOTS - 1);
        }
        KNOWN[slot] = this;
    }
}
