package dev.reveille.http;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What {@code Transfer-Encoding} may say (RFC 9112, 6.1 and 7). */
final class TransferCodings {
    private static final String CHUNKED = "chunked";

    private TransferCodings() {}

    /**
     * Whether {@code codings} tell at least where the body ends, though one of them is not known here.
     *
     * @throws dev.reveille.session.FailureException if they do not
     */
    static void check(String codings) {
        String[] all = codings.toLowerCase(Locale.ROOT).split(",", -1);
        for (int i = 0; i < all.length; i++) {
            String coding = all[i].strip();
            boolean isLast = i == all.length - 1;
            if (!isToken(coding) || coding.equals(CHUNKED) != isLast) {
                throw RequestDecoder.wrong("the Transfer-Encoding does not end in one chunked");
            }
        }
    }

    /** Whether an answer with these fields is itself again once its chunks are put together. */
    static boolean areUndone(List<String> fields) {
        if (fields.size() == 1 && fields.get(0).equalsIgnoreCase(CHUNKED)) {
            return true;
        }
        List<String> all = fields.stream()
                .map(field -> field.strip().toLowerCase(Locale.ROOT))
                // Some frameworks add the field to one that is there, and encode once.
                .distinct()
                .flatMap(field -> Stream.of(field.split(",")))
                .map(String::strip)
                // It did nothing, and is no longer one.
                .filter(coding -> !coding.isEmpty() && !coding.equals("identity"))
                .toList();
        return all.isEmpty() || all.equals(List.of(CHUNKED));
    }

    private static boolean isToken(String coding) {
        return !coding.isEmpty() && coding.chars().allMatch(c -> c < 0x80 && Octets.inToken((byte) c));
    }
}
