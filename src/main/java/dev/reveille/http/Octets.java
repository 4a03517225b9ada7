package dev.reveille.http;

/** What each octet of a request's head may be part of (RFC 9110, 5.5 and 5.6.2; RFC 9112, 3.2). */
final class Octets {
    private static final int TOKEN = 1;
    private static final int TARGET = 1 << 1;
    private static final int HOST = 1 << 2;
    private static final int TEXT = 1 << 3;
    private static final byte[] KINDS = new byte[256];

    static {
        for (int octet = 0; octet < KINDS.length; octet++) {
            boolean letterOrDigit =
                    (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9');
            boolean visible = octet > ' ' && octet < 0x7f;
            int kinds = letterOrDigit || (visible && "!#$%&'*+-.^_`|~".indexOf(octet) >= 0) ? TOKEN : 0;
            kinds |= visible && octet != '#' ? TARGET : 0;
            kinds |= letterOrDigit || (visible && "-._~".indexOf(octet) >= 0) ? HOST : 0;
            kinds |= octet == '\t' || (octet >= ' ' && octet != 0x7f) ? TEXT : 0;
            KINDS[octet] = (byte) kinds;
        }
    }

    private Octets() {}

    /** In a method, or the name of a field. */
    static boolean inToken(byte octet) {
        return (KINDS[octet & 0xff] & TOKEN) != 0;
    }

    /**
     * In a target. Some that a URI must write as escapes are let through, since they are told apart from the rest and
     * clients do not always escape them.
     */
    static boolean inTarget(byte octet) {
        return (KINDS[octet & 0xff] & TARGET) != 0;
    }

    /** In a name or an IPv4 address, as anybody has one: a URI could have more. */
    static boolean inHost(char octet) {
        return octet < KINDS.length && (KINDS[octet] & HOST) != 0;
    }

    /** In the value of a field: visible ones, spaces, tabs, and whatever has the highest bit set. */
    static boolean inText(byte octet) {
        return (KINDS[octet & 0xff] & TEXT) != 0;
    }
}
