package dev.reveille.webhook;

import dev.reveille.session.SessionId;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.CRC32C;

/** Which node posts for a session: of all members the one that draws the highest number for it. */
final class Duty {
    private Duty() {}

    static boolean isOf(String node, SessionId session, Set<String> members) {
        long own = number(node, session);
        for (String other : members) {
            long number = number(other, session);
            if (number > own || (number == own && other.compareTo(node) > 0)) {
                return false;
            }
        }
        return true;
    }

    /** Spread well: neighbours in one input are none in the other. */
    private static long number(String node, SessionId session) {
        CRC32C sum = new CRC32C();
        sum.update((node + " " + session).getBytes(StandardCharsets.UTF_8));
        long mixed = sum.getValue() * 0x9E37_79B9_7F4A_7C15L;
        return (mixed ^ (mixed >>> 32)) & Long.MAX_VALUE;
    }
}
