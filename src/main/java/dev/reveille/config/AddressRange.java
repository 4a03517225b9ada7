package dev.reveille.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;

/** IP addresses that begin alike, written {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or as one address. */
public final class AddressRange {
    private static final Pattern LENGTH = Pattern.compile("0|[1-9][0-9]{0,2}");
    private static final String EXPECTED = "IP addresses or ranges such as 10.0.0.0/8 or 2001:db8::/32";

    private final String text;

    /** 4 or 16 of them; those behind the prefix are zero. */
    private final byte[] bytes;

    /** How many bits count. */
    private final int prefix;

    private AddressRange(String text, byte[] bytes, int prefix) {
        this.text = text;
        this.bytes = bytes;
        this.prefix = prefix;
    }

    static AddressRange read(String text) throws MismatchException {
        int slash = text.indexOf('/');
        String host = Hosts.bare(slash < 0 ? text : text.substring(0, slash));
        byte[] bytes = address(host);
        String length = slash < 0 ? Integer.toString(bytes.length * 8) : text.substring(slash + 1);
        if (!LENGTH.matcher(length).matches() || Integer.parseInt(length) > bytes.length * 8) {
            throw new MismatchException("a prefix length of 0 to " + bytes.length * 8 + " behind the slash");
        }
        int prefix = Integer.parseInt(length);
        byte[] network = masked(bytes, prefix);
        if (!Arrays.equals(network, bytes)) {
            throw new MismatchException(
                    "no bits behind the prefix; did you mean " + shown(network) + "/" + prefix + "?");
        }
        return new AddressRange(slash < 0 ? host : host + "/" + prefix, bytes, prefix);
    }

    /** Whether {@code address}, 4 or 16 bytes, is one of them. An IPv4 address that is dressed as IPv6 is taken as it is meant. */
    public boolean contains(byte[] address) {
        byte[] meant = plain(address);
        if (meant.length != bytes.length) {
            return false;
        }
        int whole = prefix / 8;
        int mask = (0xff00 >> (prefix % 8)) & 0xff;
        return Arrays.equals(meant, 0, whole, bytes, 0, whole)
                && (mask == 0 || (meant[whole] & mask) == (bytes[whole] & mask));
    }

    /** The bytes of an address that is written with digits; null if {@code text} is none. Asks no name server. */
    public static byte[] bytesOf(String text) {
        try {
            return address(Hosts.bare(text));
        } catch (MismatchException none) {
            return null;
        }
    }

    @Override
    public String toString() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AddressRange range && prefix == range.prefix && Arrays.equals(bytes, range.bytes);
    }

    @Override
    public int hashCode() {
        return Objects.hash(prefix, Arrays.hashCode(bytes));
    }

    private static byte[] address(String host) throws MismatchException {
        if (!Hosts.isAddress(host)) {
            throw new MismatchException(EXPECTED);
        }
        try {
            return plain(InetAddress.getByName(host.indexOf(':') < 0 ? host : "[" + host + "]")
                    .getAddress());
        } catch (UnknownHostException odd) {
            throw new MismatchException(EXPECTED);
        }
    }

    private static String shown(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] masked(byte[] bytes, int prefix) {
        byte[] masked = bytes.clone();
        for (int bit = prefix; bit < masked.length * 8; bit++) {
            masked[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        return masked;
    }

    /** {@code ::ffff:a.b.c.d} is {@code a.b.c.d} (RFC 4291, 2.5.5.2): a listener for both kinds shows clients so. */
    private static byte[] plain(byte[] address) {
        if (address.length != 16 || address[10] != -1 || address[11] != -1) {
            return address;
        }
        for (int i = 0; i < 10; i++) {
            if (address[i] != 0) {
                return address;
            }
        }
        return Arrays.copyOfRange(address, 12, 16);
    }
}
