package dev.reveille.http;

/**
 * Whom a request is for, as {@code Host} and {@code :authority} say it: a name or an address, and perhaps a port. Narrower
 * than a URI's, in which names may have letters and escapes that no host has.
 */
final class Authority {
    private static final int LONGEST_PORT = 5;

    private Authority() {}

    static boolean isOne(CharSequence authority) {
        String text = authority.toString();
        int at = text.startsWith("[") ? endOfAddress(text) : endOfName(text);
        if (at <= 0 || at == text.length()) {
            return at > 0;
        }
        int digits = text.length() - at - 1;
        if (text.charAt(at) != ':' || digits < 1 || digits > LONGEST_PORT) {
            return false;
        }
        int port = 0;
        for (int i = at + 1; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            port = port * 10 + digit;
        }
        return port <= 65_535;
    }

    private static int endOfName(String text) {
        int end = 0;
        while (end < text.length() && Octets.inHost(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /** Behind the bracket; negative if it is no IPv6 address. */
    private static int endOfAddress(String text) {
        int close = text.indexOf(']');
        boolean isOne = close > 2;
        for (int i = 1; isOne && i < close; i++) {
            isOne = text.charAt(i) == ':' || text.charAt(i) == '.' || Character.digit(text.charAt(i), 16) >= 0;
        }
        return isOne ? close + 1 : -1;
    }
}
