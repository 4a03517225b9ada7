package dev.reveille.http;

import java.util.Locale;

/** What {@code Transfer-Encoding} may say (RFC 9112, 6.1 and 7). */
final class TransferCodings {
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
            if (!isToken(coding) || coding.equals("chunked") != isLast) {
                throw RequestDecoder.wrong("the Transfer-Encoding does not end in one chunked");
            }
        }
    }

    private static boolean isToken(String coding) {
        return !coding.isEmpty() && coding.chars().allMatch(c -> c < 0x80 && Octets.inToken((byte) c));
    }
}
