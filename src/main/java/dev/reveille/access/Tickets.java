package dev.reveille.access;

import dev.reveille.session.SessionId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Passes for those who may know how sessions are and cannot show a key, such as a page in a browser. A ticket is good for
 * a few minutes, for reading, for one session alone or for all of a tenant's, and at each node that has the same secret. May
 * be used from every thread.
 *
 * <pre>
 *   {session_id, or nothing: all}.{tenant}.{good until, seconds since 1970}.{HMAC-SHA256 of what is before, base64url}
 * </pre>
 */
public final class Tickets {
    private static final String ALGORITHM = "HmacSHA256";

    /** Nothing else that is ever signed with the same secret can be taken for a ticket. */
    private static final String PURPOSE = "reveille ticket 1\n";

    /** More than the longest names and a signature come to. */
    private static final int LONGEST = 512;

    private final Supplier<byte[]> secret;
    private final Duration goodFor;
    private final InstantSource clock;

    /**
     * @param secret what signs; asked each time, as nodes may come to agree on another one
     * @param goodFor from minting a ticket to its end
     */
    public Tickets(Supplier<byte[]> secret, Duration goodFor, InstantSource clock) {
        this.secret = Objects.requireNonNull(secret, "secret");
        this.goodFor = Objects.requireNonNull(goodFor, "goodFor");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /**
     * What a ticket allows.
     *
     * @param session whose events may be read; empty: all of the tenant's
     * @param tenant on whose behalf
     */
    public record Grant(Optional<SessionId> session, String tenant) {
        public Grant {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(tenant, "tenant");
        }

        /** Whether it is good for that session, if that is the tenant's. */
        public boolean opens(SessionId id) {
            return session.map(id::equals).orElse(true);
        }
    }

    /**
     * A new ticket.
     *
     * @param text of characters that need no escaping in a URL
     * @param expiresAt when it ends
     */
    public record Ticket(String text, Instant expiresAt) {
        public Ticket {
            Objects.requireNonNull(text, "text");
            Objects.requireNonNull(expiresAt, "expiresAt");
        }

        /** Without what it opens. */
        @Override
        public String toString() {
            return "Ticket[expiresAt=" + expiresAt + "]";
        }
    }

    /** For one session; see {@link #issue}. */
    public String mint(SessionId session, String tenant) {
        return issue(Optional.of(session), tenant).text();
    }

    /**
     * A new ticket. It is up to the caller whether its holder may have it.
     *
     * @param session empty: for all of {@code tenant}'s
     */
    public Ticket issue(Optional<SessionId> session, String tenant) {
        long end = clock.instant().plus(goodFor).getEpochSecond();
        String signed = session.map(SessionId::value).orElse("") + "." + tenant + "." + end;
        return new Ticket(signed + "." + signature(signed), Instant.ofEpochSecond(end));
    }

    /** @return empty if {@code ticket} was not made here, was changed, or has ended */
    public Optional<Grant> verify(String ticket) {
        int end = ticket.length() > LONGEST ? -1 : ticket.lastIndexOf('.');
        if (end < 0) {
            return Optional.empty();
        }
        String signed = ticket.substring(0, end);
        byte[] expected = signature(signed).getBytes(StandardCharsets.UTF_8);
        byte[] given = ticket.substring(end + 1).getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(expected, given) ? stillGood(signed) : Optional.empty();
    }

    /** For what was signed here, so it has the form that {@link #mint} gave it. */
    private Optional<Grant> stillGood(String signed) {
        int tenant = signed.indexOf('.') + 1;
        int until = signed.lastIndexOf('.') + 1;
        Instant end = Instant.ofEpochSecond(Long.parseLong(signed.substring(until)));
        Optional<SessionId> session = Optional.of(signed.substring(0, tenant - 1))
                .filter(id -> !id.isEmpty())
                .map(SessionId::new);
        Grant grant = new Grant(session, signed.substring(tenant, until - 1));
        return clock.instant().isBefore(end) ? Optional.of(grant) : Optional.empty();
    }

    private String signature(String signed) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.get(), ALGORITHM));
            byte[] code = mac.doFinal((PURPOSE + signed).getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(code);
        } catch (GeneralSecurityException every) {
            throw new IllegalStateException("every Java has HMAC-SHA256", every);
        }
    }
}
