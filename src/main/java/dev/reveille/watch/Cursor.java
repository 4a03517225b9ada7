package dev.reveille.watch;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * How far a stream of all sessions of a tenant had come, in two ways. For the hub that made it: behind which of its news. For
 * every other: all changes up to a moment were told, and of the sessions that changed after it those up to a revision.
 * Whether sessions were forgotten since, of which no record tells, shows in the census: the sum of what each session that
 * was known, and was created before the moment, gives to it. It is text without meaning to clients, and grants nothing: what
 * it leads to are changes that its bearer may see anyway.
 *
 * <pre>
 *   base64url: 2, hub, census (8 bytes each), number, horizon, count or 0 if there were too many, {print (5 bytes), revision} …
 * </pre>
 *
 * @param hub which hub made it
 * @param number of its last news that was told
 * @param horizon all changes until then were told, in milliseconds since 1970
 * @param census the sum of the {@link #share} of each session that was created until the horizon, and not forgotten
 * @param later the revision that was told last of each session that changed after the horizon, by its {@link #print}
 * @param whole whether {@code later} has all of them; else only the hub that made it can go on
 */
record Cursor(long hub, long number, long horizon, long census, Map<Long, Long> later, boolean whole) {
    /** So many sessions that changed lately: about 800 characters. */
    static final int MOST = 100;

    private static final int VERSION = 2;

    /** It had no census. */
    private static final int FORMER_VERSION = 1;

    private static final int SHORTEST_FORMER = 12;
    private static final int PRINT_BYTES = 5;
    private static final long PRINT_MASK = (1L << (8 * PRINT_BYTES)) - 1;
    private static final int LONGEST = 4 * (2 * 8 + 1 + 3 * 10 + MOST * (PRINT_BYTES + 10)) / 3 + 4;
    private static final int LONGEST_NUMBER = 9;

    Cursor {
        Objects.requireNonNull(later, "later");
    }

    /** Tells a session, and this life of it, from others: FNV-1a, as each node has to come to the same. */
    static long print(SessionId id, Instant createdAt) {
        long hash = 0xcbf29ce484222325L;
        String text = id.value();
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        long millis = createdAt.toEpochMilli();
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            hash = (hash ^ ((millis >>> shift) & 0xff)) * 0x100000001b3L;
        }
        return (hash ^ (hash >>> 40)) & PRINT_MASK;
    }

    static long print(Session session) {
        return print(session.id(), session.createdAt());
    }

    /** What a session gives to the census: numbers that look alike give nothing alike (SplitMix64). */
    static long share(long print) {
        long mixed = (print + 1) * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** The same, after one more change of a session was told. */
    Cursor behind(long print, long revision) {
        return behind(Map.of(print, revision));
    }

    /** The same for whoever was told up to these revisions, be it elsewhere. No hub knows that but by them. */
    Cursor behind(Map<Long, Long> told) {
        Map<Long, Long> longer = new LinkedHashMap<>(later);
        told.forEach((print, revision) -> longer.merge(print, revision, Math::max));
        return longer.size() > MOST
                ? new Cursor(0, 0, horizon, 0, Map.of(), false)
                : new Cursor(0, 0, horizon, census, longer, whole);
    }

    /** The same, after it was told that a session was forgotten. */
    Cursor without(TenantView.Gone gone) {
        Map<Long, Long> shorter = new LinkedHashMap<>(later);
        shorter.remove(gone.print());
        return new Cursor(0, 0, horizon, gone.beganBy(horizon) ? census - share(gone.print()) : census, shorter, whole);
    }

    String encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(VERSION);
        out.writeBytes(
                ByteBuffer.allocate(2 * Long.BYTES).putLong(hub).putLong(census).array());
        write(out, number);
        write(out, horizon);
        write(out, whole ? later.size() + 1 : 0);
        if (whole) {
            later.forEach((print, revision) -> {
                for (int shift = 8 * (PRINT_BYTES - 1); shift >= 0; shift -= 8) {
                    out.write((int) (print >>> shift));
                }
                write(out, revision);
            });
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(out.toByteArray());
    }

    private static void write(ByteArrayOutputStream out, long number) {
        long rest = number;
        while (rest > 0x7f) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    /** @throws FailureException {@code invalid_request} if {@link #encode} gives no such text */
    static Cursor parse(String text) {
        try {
            if (text.length() <= LONGEST) {
                byte[] bytes = Base64.getUrlDecoder().decode(text);
                if (bytes[0] == FORMER_VERSION && bytes.length >= SHORTEST_FORMER) {
                    return new Cursor(0, 0, 0, 0, Map.of(), false);
                }
                Cursor cursor = read(ByteBuffer.wrap(bytes));
                if (cursor.encode().equals(text)) {
                    return cursor;
                }
            }
        } catch (RuntimeException odd) {
            // Said below: base64, numbers and lengths are wrong in many ways.
        }
        throw new GatewayFailure.InvalidRequest(
                        "since: " + Quoted.shortly(text) + " (expected: the id of a message of this stream)")
                .asException();
    }

    private static Cursor read(ByteBuffer in) {
        if (in.get() != VERSION) {
            throw new IllegalArgumentException("version");
        }
        long hub = in.getLong();
        long census = in.getLong();
        long number = readNumber(in);
        long horizon = readNumber(in);
        long size = readNumber(in) - 1;
        Map<Long, Long> later = new LinkedHashMap<>();
        for (int i = 0; i < Math.min(size, MOST); i++) {
            long print = 0;
            for (int b = 0; b < PRINT_BYTES; b++) {
                print = (print << 8) | (in.get() & 0xff);
            }
            later.put(print, readNumber(in));
        }
        if (in.hasRemaining() || size > MOST || later.size() != Math.max(0, size)) {
            throw new IllegalArgumentException("length");
        }
        return new Cursor(hub, number, horizon, census, later, size >= 0);
    }

    private static long readNumber(ByteBuffer in) {
        long number = 0;
        for (int i = 0; i < LONGEST_NUMBER; i++) {
            byte part = in.get();
            number |= (long) (part & 0x7f) << (7 * i);
            if (part >= 0) {
                return number;
            }
        }
        throw new IllegalArgumentException("number");
    }
}
