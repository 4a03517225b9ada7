package dev.reveille.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * The extension permessage-deflate, as it was agreed on with a client: without a context in our direction, so that nothing is
 * kept between messages, and a message is the same for all. Netty's own would keep a compressor for each socket.
 *
 * @param window how far back, as a power of two, what we compress may refer
 * @param clientKeeps whether what the client compresses refers to earlier messages. We might ask it not to, unasked, but
 *     some clients, such as Netty's, then give up the connection
 */
record Deflate(int window, boolean clientKeeps) {
    private static final String NAME = "permessage-deflate";
    private static final String SERVER_WINDOW = "server_max_window_bits";
    private static final String CLIENT_WINDOW = "client_max_window_bits";
    private static final String CLIENT_FORGETS = "client_no_context_takeover";
    private static final String AGREED = NAME + "; server_no_context_takeover";
    private static final int SMALLEST_WINDOW = 8;
    private static final int LARGEST_WINDOW = 15;

    /** Ends a message, and is left out of it (RFC 7692, 7.2.1). */
    private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};

    private static final int PIECE = 8 * 1024;

    /**
     * Takes the first offer that can be met.
     *
     * @param offers the values of {@code Sec-WebSocket-Extensions}
     * @return empty if there is none: it goes without
     */
    static Optional<Deflate> agree(List<String> offers) {
        return offers.stream()
                .flatMap(value -> List.of(value.split(",", -1)).stream())
                .flatMap(offer -> agree(offer).stream())
                .findFirst();
    }

    private static Optional<Deflate> agree(String offer) {
        String[] parts = offer.split(";", -1);
        if (!parts[0].trim().equalsIgnoreCase(NAME)) {
            return Optional.empty();
        }
        int window = LARGEST_WINDOW;
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            String name = pair[0].trim().toLowerCase(Locale.ROOT);
            Optional<String> value = pair.length == 1 ? Optional.empty() : Optional.of(unquoted(pair[1].trim()));
            if (!seen.add(name) || !isKnown(name, value)) {
                return Optional.empty();
            }
            if (name.equals(SERVER_WINDOW)) {
                window = Integer.parseInt(value.orElseThrow());
            }
        }
        return Optional.of(new Deflate(window, !seen.contains(CLIENT_FORGETS)));
    }

    private static boolean isKnown(String name, Optional<String> value) {
        return switch (name) {
            case "server_no_context_takeover", CLIENT_FORGETS -> value.isEmpty();
            case SERVER_WINDOW -> value.filter(Deflate::isWindow).isPresent();
            case CLIENT_WINDOW -> value.map(Deflate::isWindow).orElse(true);
            default -> false;
        };
    }

    private static boolean isWindow(String bits) {
        return bits.matches("[89]|1[0-5]");
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    Deflate {
        if (window < SMALLEST_WINDOW || window > LARGEST_WINDOW) {
            throw new IllegalArgumentException(
                    "window: " + window + " (expected: " + SMALLEST_WINDOW + " to " + LARGEST_WINDOW + ")");
        }
    }

    /** What the client is answered. */
    String answer() {
        return AGREED
                + (clientKeeps ? "" : "; " + CLIENT_FORGETS)
                + (window == LARGEST_WINDOW ? "" : "; " + SERVER_WINDOW + "=" + window);
    }

    /**
     * Whether a message of that length may be compressed. The JDK's compressor always refers as far back as it can; in a short
     * message that is not too far. Where all is allowed, nothing is too long.
     */
    boolean reaches(int length) {
        return window == LARGEST_WINDOW || length <= 1 << window;
    }

    /** One message. Makes a compressor and ends it: many a socket costs no more than one. */
    static byte[] compress(byte[] payload) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        try {
            deflater.setInput(payload);
            ByteArrayOutputStream out = new ByteArrayOutputStream(Math.max(64, payload.length / 2));
            byte[] piece = new byte[Math.min(PIECE, payload.length + 64)];
            int made;
            do {
                made = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
                out.write(piece, 0, made);
            } while (made == piece.length);
            byte[] all = out.toByteArray();
            return Arrays.copyOf(all, all.length - TAIL.length);
        } finally {
            deflater.end();
        }
    }

    /** One message that refers to no other; into {@code out}. Fails as {@link #decompress(Inflater, ByteBuf, int, ByteBuf)}. */
    static void decompress(ByteBuf message, int longest, ByteBuf out) {
        Inflater inflater = new Inflater(true);
        try {
            decompress(inflater, message, longest, out);
        } finally {
            inflater.end();
        }
    }

    /**
     * One message; into {@code out}.
     *
     * @param inflater has read what the message refers to
     * @param longest the most bytes that may come of it
     * @throws CorruptedWebSocketFrameException 1009 if there are more, 1007 if it was not compressed like this
     */
    static void decompress(Inflater inflater, ByteBuf message, int longest, ByteBuf out) {
        byte[] in = new byte[message.readableBytes() + TAIL.length];
        message.getBytes(message.readerIndex(), in, 0, message.readableBytes());
        System.arraycopy(TAIL, 0, in, in.length - TAIL.length, TAIL.length);
        inflater.setInput(in);
        byte[] piece = new byte[PIECE];
        try {
            while (true) {
                int made = inflater.inflate(piece);
                if (out.readableBytes() + made > longest) {
                    throw new CorruptedWebSocketFrameException(
                            WebSocketCloseStatus.MESSAGE_TOO_BIG, "a message of more than " + longest + " bytes");
                }
                out.writeBytes(piece, 0, made);
                if (made == 0 && !goesOn(inflater, in)) {
                    return;
                }
            }
        } catch (DataFormatException wrong) {
            throw new CorruptedWebSocketFrameException(
                    WebSocketCloseStatus.INVALID_PAYLOAD_DATA, "a message that was not compressed as agreed", wrong);
        }
    }

    /** A block that says that it is the last need not be (RFC 7692, 7.2.3.5). */
    private static boolean goesOn(Inflater inflater, byte[] in) {
        if (!inflater.finished()) {
            return false;
        }
        int left = inflater.getRemaining();
        inflater.reset();
        inflater.setInput(in, in.length - left, left);
        return left > 0;
    }
}
